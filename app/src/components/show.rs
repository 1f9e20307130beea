//! Parts of a page that come and go.

use std::sync::Arc;

use leptos::prelude::*;

/// A list whose items are identified by a key each. Items that stay keep their elements.
///
/// `For` is compiled for each pair of closures; boxed, all lists share one.
pub fn keyed_list(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    view: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    type View = dyn Fn(String) -> AnyView + Send + Sync;
    fn boxed(keys: Box<dyn Fn() -> Vec<String> + Send + Sync>, view: Arc<View>) -> AnyView {
        view! { <For each=move || keys() key=String::clone children=move |key| view(key) /> }.into_any()
    }
    boxed(Box::new(keys), Arc::new(view))
}

/// Shows the view while the condition holds.
///
/// `Show` is compiled for each view; here all share one type, `AnyView`.
pub fn show_if<V: IntoAny>(condition: Memo<bool>, view: impl Fn() -> V + Send + Sync + 'static) -> AnyView {
    fn boxed(condition: Memo<bool>, view: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
        view! { {move || if condition.get() { view() } else { ().into_any() }} }.into_any()
    }
    boxed(condition, Box::new(move || view().into_any()))
}
