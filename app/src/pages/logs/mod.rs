//! The logs page: the last lines of a service, followed live once the page is hydrated.

mod buffer;
#[cfg(feature = "hydrate")]
mod follow;
mod page;
mod viewer;

use leptos::{prelude::*, wasm_split::wasm_split};
use leptos_router::LazyRoute;

use crate::parts::{NotLoaded, page_or_note};
use page::LogsPage;

/// The route, whose page is in a part of the WebAssembly of its own.
#[derive(Debug)]
pub struct LogsRoute;

impl LazyRoute for LogsRoute {
    fn data() -> Self {
        LogsRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(logs_part().await)
    }
}

/// The page; in the browser, once its part is loaded.
#[wasm_split(logs, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn logs_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <LogsPage /> }.into_any())
}
