//! The page for an unknown address.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says that there is no such page, with status 404 and a link back.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_status(404);
    let path = leptos_router::hooks::use_location().pathname;
    view! {
        <Title text="Not found" />
        <header class="page-header">
            <h1>"Page not found"</h1>
            <p class="lead">"There is no page at " <code>{move || path.get()}</code> "."</p>
            <p class="actions">
                <a class="button" data-rank="primary" href="/">
                    "Go to the stack"
                </a>
            </p>
        </header>
    }
}
