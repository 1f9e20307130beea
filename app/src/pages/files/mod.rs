//! The files page: the files on disk, whether they match the settings, and what each is for.

mod highlight;
mod page;

use leptos::{prelude::*, wasm_split::wasm_split};

use crate::parts::NotLoaded;
use page::FilesPage;

/// The page. In the browser it is loaded with its part of the WebAssembly.
#[wasm_split(files, wasm_split_path = ::leptos::wasm_split, preload(load_part), fallible)]
pub fn files_part() -> Result<AnyView, NotLoaded> {
    Ok(view! { <FilesPage /> }.into_any())
}
