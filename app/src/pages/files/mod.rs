//! The files page: what is on disk, how it compares with the settings, and what each file is for.

mod highlight;
mod page;

use leptos::{prelude::*, wasm_split::wasm_split};
use leptos_router::LazyRoute;

use crate::parts::{NotLoaded, page_or_note};
use page::FilesPage;

/// The route, whose page is in a part of the WebAssembly of its own.
#[derive(Debug)]
pub struct FilesRoute;

impl LazyRoute for FilesRoute {
    fn data() -> Self {
        FilesRoute
    }

    async fn view(_: Self) -> AnyView {
        page_or_note(files_part().await)
    }
}

/// The page; in the browser, once its part is loaded.
#[wasm_split(files, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn files_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <FilesPage /> }.into_any())
}
