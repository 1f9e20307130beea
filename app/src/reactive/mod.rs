//! What pages use on top of Leptos to keep the WebAssembly small. `ARCHITECTURE.md`, "How a page is written here", says
//! what each piece saves.

mod derived;
mod show;

pub use derived::Derived;
pub use show::{keyed_list, show_if};
