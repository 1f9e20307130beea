//! The settings page: a form for every setting, the preview of what a change would do, and how settings, files,
//! containers and agents stand to one another.
//!
//! What is wrong is found by the server's own code (`monitor_core::settings`), in the browser as one types.

mod apply;
mod broken;
mod diff;
mod dom;
mod drift;
mod editing;
mod editor;
mod environment;
mod field;
mod follows;
mod form;
mod page;
mod port;
mod preview;
mod privacy;
mod query;
mod request;
#[cfg(test)]
mod tests;

use leptos::{prelude::*, wasm_split::wasm_split};
use leptos_router::LazyRoute;

use crate::parts::{NotLoaded, page_or_note};
use page::SettingsPage;
use preview::PreviewPage;

/// The route of the form. Its page is in a part of the WebAssembly of its own, together with the preview's.
#[derive(Debug)]
pub struct SettingsRoute;

impl LazyRoute for SettingsRoute {
    fn data() -> Self {
        SettingsRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(settings_part(false).await)
    }
}

/// The route of the preview.
#[derive(Debug)]
pub struct PreviewRoute;

impl LazyRoute for PreviewRoute {
    fn data() -> Self {
        PreviewRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(settings_part(true).await)
    }
}

/// The form, or the preview; in the browser, once their part is loaded. One function for both: each has a loading of its
/// own, and all of a page's must be over before it is hydrated.
#[wasm_split(settings, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn settings_part(preview: bool) -> Result<AnyView, NotLoaded> {
    Ok(match preview {
        true => view! { <PreviewPage /> }.into_any(),
        false => view! { <SettingsPage /> }.into_any(),
    })
}
