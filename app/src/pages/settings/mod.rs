//! The settings page: a form for every setting, the preview of what a change would do, and how settings, files,
//! containers and agents stand to one another.
//!
//! What is wrong is found by the server's own code (`monitor_core::settings`), in the browser as one types.

mod apply;
mod back;
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

use crate::parts::NotLoaded;
use page::SettingsPage;
use preview::PreviewPage;

/// The pages in this part of the WebAssembly.
#[derive(Debug, Clone, Copy)]
pub enum SettingsPart {
    /// The form.
    Form,
    /// The preview of a change.
    Preview,
}

/// One of the pages. In the browser they are loaded with their part of the WebAssembly. One function returns both: each
/// split function loads separately, and all of a page's code must be loaded before it is hydrated.
#[wasm_split(settings, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn settings_part(page: SettingsPart) -> Result<AnyView, NotLoaded> {
    Ok(match page {
        SettingsPart::Form => view! { <SettingsPage /> }.into_any(),
        SettingsPart::Preview => view! { <PreviewPage /> }.into_any(),
    })
}
