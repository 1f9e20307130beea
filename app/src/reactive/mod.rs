//! What pages use on top of Leptos to stay small in the browser: derived values, and views that change.

mod derived;
mod dynamic;

pub use derived::Derived;
pub use dynamic::{attribute, keyed, part, part_if, text};
