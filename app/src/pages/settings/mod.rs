//! The settings page: the form, the preview of a change, and the sync status of settings, files, containers, and agents.
//!
//! Problems are found while typing, in the browser, by the same code as on the server (`monitor_core::settings`).

mod apply;
mod back;
mod broken;
mod diff;
mod dom;
mod drift;
mod editing;
mod editor;
mod effects;
mod environment;
mod field;
mod form;
mod misspelled;
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
