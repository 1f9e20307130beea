//! The frame of every page: the rail, the routes, and the live view they share.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{A, FlatRoutes, Route, Router},
    path,
};
use monitor_core::live::EngineState;

use crate::{
    components::{Chip, Icon, Shape, Tone},
    frame::LinkBanner,
    live::{Carried, Link, Live, Seed},
    pages::{
        agents::{AgentRoute, AgentsRoute},
        files::FilesRoute,
        logs::LogsRoute,
        not_found::NotFound,
        settings::{PreviewRoute, SettingsRoute},
        stack::StackPage,
    },
    parts::fetch_ahead,
    reactive::{part, part_if},
};

/// The whole panel.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Live::start(SharedValue::new_str(|| Carried(Seed::gather())).into_inner().0);
    view! {
        <Title formatter=|page: String| format!("{page} · clawker-monitor") />
        <Router>
            <a class="skip" href="#content">
                "Skip to the content"
            </a>
            <div class="frame">
                <Rail />
                <main id="content" tabindex="-1">
                    <LinkBanner />
                    <FlatRoutes fallback=|| view! { <NotFound /> }>
                        <Route path=path!("/") view=StackPage ssr=SsrMode::Async />
                        <Route path=path!("/agents") view={Lazy::<AgentsRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/agents/:container") view={Lazy::<AgentRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/settings") view={Lazy::<SettingsRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/settings/preview") view={Lazy::<PreviewRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/files") view={Lazy::<FilesRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/logs") view={Lazy::<LogsRoute>::new()} ssr=SsrMode::Async />
                        <Route path=path!("/logs/:service") view={Lazy::<LogsRoute>::new()} ssr=SsrMode::Async />
                    </FlatRoutes>
                </main>
            </div>
        </Router>
    }
}

#[component]
fn Rail() -> impl IntoView {
    view! {
        <header class="rail">
            <a class="brand" href="/">
                <Mark />
                <span>"clawker-monitor"</span>
            </a>
            <nav aria-label="Pages">
                <ul>
                    <li>
                        <A href="/" exact=true>
                            <Icon shape=Shape::Layers />
                            <span>"Stack"</span>
                        </A>
                    </li>
                    <li on:pointerenter=|_| fetch_ahead("/agents")>
                        <A href="/agents">
                            <Icon shape=Shape::Prompt />
                            <span>"Agents"</span>
                        </A>
                    </li>
                    <li on:pointerenter=|_| fetch_ahead("/settings")>
                        <A href="/settings">
                            <Icon shape=Shape::Sliders />
                            <span>"Settings"</span>
                        </A>
                    </li>
                    <li on:pointerenter=|_| fetch_ahead("/files")>
                        <A href="/files">
                            <Icon shape=Shape::File />
                            <span>"Files"</span>
                        </A>
                    </li>
                    <li on:pointerenter=|_| fetch_ahead("/logs")>
                        <A href="/logs">
                            <Icon shape=Shape::Lines />
                            <span>"Logs"</span>
                        </A>
                    </li>
                </ul>
            </nav>
            <EngineFoot />
        </header>
    }
    .into_any()
}

/// The sign of the product: a prompt's chevron whose tail becomes a pulse.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9"></rect>
            <path d="M8 10l5.5 6L8 22M14.5 22h2l2-6 3 9 2.2-5H25"></path>
        </svg>
    }
}

/// How the page and the Engine stand, in the foot of the rail.
#[component]
fn EngineFoot() -> impl IntoView {
    let live = Live::get();
    let engine = live.derive(|snapshot| match &snapshot.engine {
        EngineState::Connecting => (Tone::Busy, "Asking Docker", Vec::new()),
        EngineState::Connected { version, api_version, endpoint } => (
            Tone::Ok,
            "Docker answers",
            vec![format!("Engine {version} · API {api_version}"), endpoint.trim_start_matches("unix://").to_owned()],
        ),
        EngineState::Unreachable { .. } => (Tone::Bad, "No Docker Engine", Vec::new()),
    });
    let link = live.link();
    let link = move || match link.get() {
        Link::Opening => (Tone::Off, "Not live yet"),
        Link::Live => (Tone::Ok, "Live"),
        Link::Lost => (Tone::Bad, "Connection lost"),
    };
    view! {
        <div class="foot">
            {part_if(live.hydrated(), move || view! {
                <p>
                    <Chip tone=Signal::derive(move || link().0) word=Signal::derive(move || link().1.to_owned()) />
                </p>
            }.into_any())}
            <p>
                <Chip
                    tone=Signal::derive(move || engine.get().0)
                    word=Signal::derive(move || engine.get().1.to_owned())
                />
            </p>
            {part(move || {
                engine.get().2.into_iter().map(|line| view! { <p class="fact">{line}</p> }).collect_view().into_any()
            })}
        </div>
    }
    .into_any()
}
