//! The logs page: the last lines of a service, followed live once the page is hydrated.

mod buffer;
mod page;
mod viewer;

use leptos::{prelude::*, wasm_split::wasm_split};

use crate::parts::NotLoaded;
use page::LogsPage;

/// The page. In the browser it is loaded with its part of the WebAssembly.
#[wasm_split(logs, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn logs_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <LogsPage /> }.into_any())
}
