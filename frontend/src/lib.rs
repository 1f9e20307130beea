//! The WebAssembly entry: takes over the page that the server rendered.

// A page's view is one deeply nested type, and its layout is computed here.
#![recursion_limit = "256"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the WebAssembly is instantiated.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    monitor_app::hydrate();
}
