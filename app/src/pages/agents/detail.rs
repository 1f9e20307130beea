//! The page of one agent: the state of its telemetry, its activity and cost, and its events as they arrive.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use monitor_core::{
    agent_page::AgentPage as Page,
    agents::{Agent, AgentKind},
    error::StackError,
    links::{KnownData, LinkContext, Links},
    live::EngineState,
    status::ContainerState,
    telemetry::{Missing, Range},
};

use super::{
    egress::egress,
    facts::Facts,
    measures::measures,
    opening::{BackToAgents, Causes, Opening},
    panels::panels,
    range_tabs::RangeTabs,
    refresh::refresh_when_changed,
    sessions::sessions,
    stores::Stores,
    timeline::Events,
    variables::variables,
};
use crate::{
    api::{ApiError, load_agent},
    charts::figure::external_link,
    components::{ErrorNote, Icon, Tone, show_if},
    live::{Carried, Live},
};

/// `/agents/{container}`, `/agents/{container}?range=1h`.
#[component]
pub fn AgentPage() -> impl IntoView {
    let parameters = use_params_map();
    let container = Memo::new(move |_| parameters.with(|parameters| parameters.get("container")).unwrap_or_default());
    view! {
        {move || view! { <OneAgent container=container.get() /> }.into_any()}
    }
}

#[component]
fn OneAgent(container: String) -> impl IntoView {
    let live = Live::get();
    let asked = use_query_map();
    let range = Memo::new(move |_| {
        asked.with(|pairs| pairs.get("range")).and_then(|name| Range::from_name(&name)).unwrap_or_default()
    });
    let first = range.get_untracked();
    // An agent that was removed is still shown. One that does not exist yet is loaded when it appears.
    let seen = {
        let container = container.clone();
        let now = live.derive(move |snapshot| snapshot.agent(&container).is_some());
        let ever = StoredValue::new(false);
        Memo::new(move |_| {
            ever.update_value(|ever| *ever |= now.get());
            ever.get_value()
        })
    };
    let page = {
        let container = container.clone();
        Resource::new_str_blocking(
            move || seen.get(),
            move |_| {
                let container = container.clone();
                async move { Carried(load_agent(container, first).await) }
            },
        )
    };
    let name = container.clone();
    view! {
        <Title text=name />
        <div class="page agent">
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || {
                    let container = container.clone();
                    Suspend::new(async move {
                        match page.await.0 {
                            Ok(page) => view! { <Loaded page range /> }.into_any(),
                            Err(ApiError::Stack(StackError::UnknownAgent { .. })) => {
                                view! { <NoAgent container /> }.into_any()
                            }
                            Err(error) => {
                                let title = "The agent could not be loaded".to_owned();
                                view! { <BackToAgents /> <ErrorNote title error /> }.into_any()
                            }
                        }
                    })
                }}
            </Transition>
        </div>
    }
}

/// There is no agent of that name at the moment.
#[component]
fn NoAgent(container: String) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_status(404);
    view! {
        <header class="page-header">
            <h1>"Agent not found"</h1>
            <p class="lead">
                "There is no agent " <code>{container}</code>
                ". It may have been removed. Once it reports or is created, it appears here."
            </p>
            <p class="actions">
                <a class="button" data-rank="primary" href="/agents">
                    "View all agents"
                </a>
            </p>
        </header>
    }
}

#[component]
fn Loaded(page: Page, range: Memo<Range>) -> impl IntoView {
    let live = Live::get();
    let container = page.agent.container.clone();
    let first = page.events.clone();
    let page = RwSignal::new(page);
    let present = {
        let container = container.clone();
        live.derive(move |snapshot| snapshot.agent(&container).cloned())
    };
    let has_container = page.with_untracked(|page| page.agent.kind == AgentKind::Container);
    // While Docker can't be reached, no container is known to be removed.
    let connected = live.derive(|snapshot| matches!(snapshot.engine, EngineState::Connected { .. }));
    let gone = Memo::new(move |_| has_container && connected.get() && present.with(Option::is_none));
    // A removed container is shown as it was last known.
    let last = StoredValue::new(page.with_untracked(|page| page.agent.clone()));
    let agent = Memo::new(move |_| match present.get() {
        Some(agent) => {
            last.set_value(agent.clone());
            agent
        }
        None if gone.get() => Agent { state: ContainerState::Missing, started_at: None, ..last.get_value() },
        None => last.get_value(),
    });
    refresh_when_changed(container.clone(), page, agent);
    #[cfg(feature = "hydrate")]
    super::numbers_stream::follow_page(&container, range, page);
    let links = live.derive(Links::of);
    let about = Memo::new(move |_| page.with(about));
    let events = Memo::new(move |_| links.with(|links| about.with(|about| links.events(about))));
    let missing = Memo::new(move |_| page.with(|page| page.missing.clone()));
    let events_missing = page.with_untracked(|page| reason(page, "events"));
    let now = live.now();
    view! {
        <Opening agent />
        {show_if(gone, || view! {
            <section class="note" data-tone="off">
                <h2><Icon shape=Tone::Off.shape() /> "Container removed"</h2>
                <p>"This is its last known state. The data it sent is kept."</p>
            </section>
        })}
        <Causes agent />
        <Stores missing />
        <section class="card" aria-labelledby="measures">
            <div class="card-head">
                <h2 id="measures">"Activity"</h2>
                <RangeTabs container=container.clone() range />
                {move || {
                    links.with(|links| about.with(|about| external_link(links.dashboard(about), "Grafana", "Dashboard in Grafana".into())))
                }}
                {move || {
                    links.with(|links| about.with(|about| external_link(links.traces(about), "Traces", "Traces in Jaeger".into())))
                }}
            </div>
            {move || links.with(|links| page.with(|page| about.with(|about| measures(page, links, about))))}
        </section>
        <section class="card" aria-labelledby="sessions">
            <div class="card-head"><h2 id="sessions">"Sessions"</h2></div>
            {move || {
                links.with(|links| page.with(|page| about.with(|about| {
                    let missing = reason(page, "sessions of this agent").is_some();
                    sessions(&page.sessions, missing, links, about, now)
                })))
            }}
        </section>
        <Events container first missing=events_missing link=events />
        <section class="card grafana-links" aria-labelledby="panels">
            <div class="card-head"><h2 id="panels">"Panels"</h2></div>
            {move || {
                let embedding = page.with(|page| page.embedding);
                links.with(|links| about.with(|about| panels(links, about, embedding)))
            }}
        </section>
        <section class="card" aria-labelledby="egress">
            <div class="card-head">
                <h2 id="egress">"Egress"</h2>
                <p class="muted">"Connections recorded by the firewall."</p>
            </div>
            {move || page.with(|page| egress(&page.egress, reason(page, "connections").is_some(), page.range))}
        </section>
        {has_container.then(|| view! {
            <Facts page agent now />
            <section class="card agent-variables" aria-labelledby="variables">
                <div class="card-head">
                    <h2 id="variables">"Telemetry variables"</h2>
                    <p class="muted">"Other variables are not shown; they may contain secrets."</p>
                </div>
                {move || page.with(|page| variables(&page.variables))}
            </section>
        })}
    }
}

/// Why this is unknown, if it is; named as in `Missing::lacks`.
fn reason(page: &Page, what: &str) -> Option<String> {
    let lacks = |missing: &&Missing| missing.lacks.split(", ").any(|lack| lack == what);
    page.missing.iter().find(lacks).map(|missing| missing.error.clone())
}

fn about(page: &Page) -> LinkContext {
    let egress = (!page.egress.addresses.is_empty()).then_some(!page.egress.destinations.is_empty());
    let exporter = page.variables.iter().find(|variable| variable.name == "OTEL_TRACES_EXPORTER");
    let traces = exporter.map(|variable| !matches!(variable.found.as_deref(), None | Some("" | "none")));
    LinkContext {
        owner: page.agent.owner(),
        untagged: page.agent.owner() == Default::default(),
        simulated: page.agent.kind == AgentKind::Simulated,
        session: None,
        range: page.range,
        addresses: page.egress.addresses.clone(),
        holds: KnownData { egress, traces, ..KnownData::from(&page.numbers) },
    }
}
