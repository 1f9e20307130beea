//! The note about stores that could not be reached: which, why, what is unavailable, and what to do.

use leptos::prelude::*;
use monitor_core::telemetry::Missing;

use crate::{
    components::{Icon, Prose, Tone},
    words,
};

/// The note; empty where all stores were reached.
#[component]
pub fn Stores(missing: Memo<Vec<Missing>>) -> impl IntoView {
    view! {
        {move || {
            let missing = missing.get();
            if missing.is_empty() {
                return ().into_any();
            }
            let titles: Vec<&str> = missing.iter().map(|missing| missing.store.title()).collect();
            let title = format!("Can't reach {}", words::join_names(&titles));
            let lines = missing
                .iter()
                .map(|missing| {
                    let text = format!("{}: {}. Unavailable: {}.", missing.store.title(), missing.error, missing.lacks);
                    view! { <p><Prose text /></p> }
                })
                .collect_view();
            view! {
                <section class="note" data-tone="warn">
                    <h2>
                        <Icon shape=Tone::Warn.shape() />
                        {title}
                    </h2>
                    {lines}
                    <p class="hint">
                        <b>"Next: "</b>
                        "Check on the "
                        <a href="/">"stack page"</a>
                        " that it is running. We keep retrying."
                    </p>
                </section>
            }
            .into_any()
        }}
    }
}
