//! The navigation, and the state of the connections below it.

use leptos::prelude::*;
use leptos_router::components::A;
use monitor_core::live::EngineState;

use crate::{
    components::{Chip, Icon, Tone, show_if},
    live::{Link, Live},
    routes::{Entry, PAGES, load_part_of},
};

/// The sidebar. On a narrow screen it is laid out above the page.
#[component]
pub fn Sidebar() -> impl IntoView {
    let entries = PAGES
        .iter()
        .filter_map(|page| page.entry.map(|entry| (page.path, entry)))
        .map(|(path, Entry { title, icon })| {
            view! {
                <li on:pointerenter=move |_| load_ahead(path)>
                    <A href=path exact={path == "/"}>
                        <Icon shape=icon />
                        <span>{title}</span>
                    </A>
                </li>
            }
        })
        .collect_view();
    view! {
        <header class="sidebar">
            <a class="brand" href="/">
                <Mark />
                <span>"clawker-monitor"</span>
            </a>
            <nav aria-label="Pages">
                <ul>{entries}</ul>
            </nav>
            <Connections />
        </header>
    }
}

/// The logo: a prompt's chevron that turns into a pulse.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9"></rect>
            <path d="M8 10l5.5 6L8 22M14.5 22h2l2-6 3 9 2.2-5H25"></path>
        </svg>
    }
}

/// Starts to load a page's part, because the pointer is over its link.
fn load_ahead(path: &'static str) {
    leptos::task::spawn_local(async move {
        // A failure is shown when the page is opened, which tries again.
        let _ = load_part_of(path).await;
    });
}

/// Whether the page is live and Docker is connected.
#[component]
fn Connections() -> impl IntoView {
    let live = Live::get();
    let engine = live.derive(|snapshot| match &snapshot.engine {
        EngineState::Connecting => (Tone::Busy, "Connecting to Docker", Vec::new()),
        EngineState::Connected { version, api_version, endpoint } => (
            Tone::Ok,
            "Docker connected",
            vec![format!("Engine {version} · API {api_version}"), endpoint.trim_start_matches("unix://").to_owned()],
        ),
        EngineState::Unreachable { .. } => (Tone::Bad, "Can't reach Docker", Vec::new()),
    });
    let link = live.link();
    let link = move || match link.get() {
        Link::Opening => (Tone::Off, "Connecting"),
        Link::Live => (Tone::Ok, "Live"),
        Link::Lost => (Tone::Bad, "Connection lost"),
    };
    view! {
        <div class="sidebar-footer">
            {show_if(live.hydrated(), move || view! {
                <p>
                    <Chip tone=Signal::derive(move || link().0) word=Signal::derive(move || link().1.to_owned()) />
                </p>
            })}
            <p>
                <Chip
                    tone=Signal::derive(move || engine.get().0)
                    word=Signal::derive(move || engine.get().1.to_owned())
                />
            </p>
            {move || {
                engine.get().2.into_iter().map(|line| view! { <p class="muted">{line}</p> }).collect_view().into_any()
            }}
        </div>
    }
}
