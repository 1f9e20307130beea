//! The whole panel: the live view, the router, and what surrounds every page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Router};

use crate::{
    frame::{LinkBanner, Sidebar},
    live::{Carried, Live, Seed},
    pages::not_found::NotFound,
    routes::routes,
    unsaved::Unsaved,
};

/// The whole panel.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Live::start(SharedValue::new_str(|| Carried(Seed::gather())).into_inner().0);
    let unsaved = Unsaved::start();
    view! {
        <Title formatter=|page: String| format!("{page} · clawker-monitor") />
        <Router>
            <a class="skip-link" href="#content">
                "Skip to content"
            </a>
            <div class="app-layout" on:click=move |event| unsaved.ask_before_leaving(&event)>
                <Sidebar />
                <main id="content" tabindex="-1">
                    <LinkBanner />
                    <FlatRoutes fallback=|| view! { <NotFound /> } children=ToChildren::to_children(routes) />
                </main>
            </div>
        </Router>
    }
}
