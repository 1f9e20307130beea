//! Stores that did not answer: which, why, what is not known for that reason, and what to do.

use leptos::prelude::*;
use monitor_core::telemetry::Missing;

use crate::{
    components::{Icon, Prose, Tone},
    reactive::Derived,
    words,
};

/// The note; nothing where all answered.
#[component]
pub fn Stores(missing: Derived<Vec<Missing>>) -> impl IntoView {
    view! {
        {move || {
            let missing = missing.get();
            if missing.is_empty() {
                return ().into_any();
            }
            let titles: Vec<&str> = missing.iter().map(|missing| missing.store.title()).collect();
            let title = format!("{} {} not answer", words::list(&titles), if titles.len() == 1 { "does" } else { "do" });
            let lines = missing
                .iter()
                .map(|missing| {
                    let text = format!("{}: {}. Not known: {}.", missing.store.title(), missing.error, missing.lacks);
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
                        "See on the "
                        <a href="/">"stack’s page"</a>
                        " whether it runs. The page goes on asking, and what is known is shown."
                    </p>
                </section>
            }
            .into_any()
        }}
    }
}
