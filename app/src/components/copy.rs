//! A button that copies a text to the clipboard. Shown only once the page is interactive.

use leptos::prelude::*;

use super::{Icon, Shape};

/// The button.
#[component]
pub fn Copy(
    /// The text to copy.
    text: std::sync::Arc<str>,
    /// What the text is, for screen readers.
    #[prop(optional)]
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let promise = window().navigator().clipboard().write_text(&text);
            leptos::task::spawn_local(async move {
                copied.set(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = &text;
    };
    view! {
        <button type="button" class="button" data-rank="quiet" on:click=copy>
            {move || {
                let shape = if copied.get() { Shape::Check } else { Shape::Copy };
                view! { <Icon shape /> }.into_any()
            }}
            <span role="status">{move || if copied.get() { "Copied" } else { "Copy" }.to_owned()}</span>
            {(!what.is_empty()).then(|| view! { <span class="visually-hidden">{what}</span> })}
        </button>
    }
}
