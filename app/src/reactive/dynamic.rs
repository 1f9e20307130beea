//! The parts of a page that change.
//!
//! Every closure is a type of its own, and everything that keeps a part of a page current is compiled anew for each
//! type: some kilobytes apiece. Boxed, all of them share one.

use std::sync::Arc;

use leptos::prelude::*;

use super::Derived;

/// A text that changes.
pub fn text(words: impl FnMut() -> String + Send + 'static) -> Box<dyn FnMut() -> String + Send> {
    Box::new(words)
}

/// An attribute that changes and may be absent.
pub fn attribute(value: impl FnMut() -> Option<String> + Send + 'static) -> Box<dyn FnMut() -> Option<String> + Send> {
    Box::new(value)
}

/// A part that changes as a whole.
pub fn part(view: impl FnMut() -> AnyView + Send + 'static) -> Box<dyn FnMut() -> AnyView + Send> {
    Box::new(view)
}

/// A list whose items are known by a key each: what stays is left alone.
pub fn keyed(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    view: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    type View = dyn Fn(String) -> AnyView + Send + Sync;
    fn boxed(keys: Box<dyn Fn() -> Vec<String> + Send + Sync>, view: Arc<View>) -> AnyView {
        view! { <For each=move || keys() key=String::clone children=move |key| view(key) /> }.into_any()
    }
    boxed(Box::new(keys), Arc::new(view))
}

/// A part that is there or not.
pub fn part_if(
    condition: Derived<bool>,
    view: impl FnMut() -> AnyView + Send + 'static,
) -> Box<dyn FnMut() -> AnyView + Send> {
    fn boxed(
        condition: Derived<bool>,
        mut view: Box<dyn FnMut() -> AnyView + Send>,
    ) -> Box<dyn FnMut() -> AnyView + Send> {
        Box::new(move || if condition.get() { view() } else { ().into_any() })
    }
    boxed(condition, Box::new(view))
}
