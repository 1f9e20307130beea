//! The page for an address that leads nowhere, with the way back.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, answers 404, and offers the pages there are.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_status(404);
    let path = leptos_router::hooks::use_location().pathname;
    view! {
        <Title text="Not found" />
        <header class="page-header">
            <h1>"There is no page here"</h1>
            <p class="lead">"Nothing is kept at " <code>{move || path.get()}</code> "."</p>
            <p class="actions">
                <a class="button" data-rank="primary" href="/">
                    "Go to the stack"
                </a>
            </p>
        </header>
    }
}
