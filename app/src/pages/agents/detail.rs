//! The page of one agent: how its telemetry stands and why, what it did and cost, and its events as they arrive.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use monitor_core::{
    agent_page::AgentPage as Page,
    agents::Agent,
    error::StackError,
    links::{About, Holds, Links},
    status::ContainerState,
    telemetry::Range,
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
    charts::figure::way,
    components::{ErrorNote, Icon, Tone},
    live::{Carried, Live},
    reactive::{Derived, show_if},
};

/// `/agents/{container}`, `/agents/{container}?range=1h`.
#[component]
pub fn AgentPage() -> impl IntoView {
    let parameters = use_params_map();
    let container = Derived::new(move || parameters.with(|parameters| parameters.get("container")).unwrap_or_default());
    view! {
        {move || view! { <OneAgent container=container.get() /> }.into_any()}
    }
}

#[component]
fn OneAgent(container: String) -> impl IntoView {
    let live = Live::get();
    let asked = use_query_map();
    let range = Derived::new(move || {
        asked.with(|pairs| pairs.get("range")).and_then(|name| Range::from_name(&name)).unwrap_or_default()
    });
    let first = range.get_untracked();
    // Once it was there it is shown, also when it was removed since; before that it is looked for again when it comes.
    let seen = {
        let container = container.clone();
        let now = live.derive(move |snapshot| snapshot.agent(&container).is_some());
        let ever = StoredValue::new(false);
        Derived::new(move || {
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
            <Transition fallback=|| view! { <p class="muted">"Looking at the agent…"</p> }>
                {move || {
                    let container = container.clone();
                    Suspend::new(async move {
                        match page.await.0 {
                            Ok(page) => view! { <Loaded page range /> }.into_any(),
                            Err(ApiError::Stack(StackError::UnknownAgent { .. })) => {
                                view! { <NoAgent container /> }.into_any()
                            }
                            Err(error) => {
                                let title = "The agent could not be looked at".to_owned();
                                view! { <BackToAgents /> <ErrorNote title error /> }.into_any()
                            }
                        }
                    })
                }}
            </Transition>
        </div>
    }
}

/// There is none of that name, now.
#[component]
fn NoAgent(container: String) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_status(404);
    view! {
        <header class="page-header">
            <h1>"There is no such agent"</h1>
            <p class="lead">
                "No container called " <code>{container}</code>
                " is an agent’s. It may have been removed, or is yet to be made; this page shows it then."
            </p>
            <p class="actions">
                <a class="button" data-rank="primary" href="/agents">
                    "Go to all agents"
                </a>
            </p>
        </header>
    }
}

#[component]
fn Loaded(page: Page, range: Derived<Range>) -> impl IntoView {
    let live = Live::get();
    let container = page.agent.container.clone();
    let first = page.events.clone();
    let page = RwSignal::new(page);
    let present = {
        let container = container.clone();
        live.derive(move |snapshot| snapshot.agent(&container).cloned())
    };
    // Of a removed container the last is shown that was known.
    let last = StoredValue::new(page.with_untracked(|page| page.agent.clone()));
    let agent = Derived::new(move || match present.get() {
        Some(agent) => {
            last.set_value(agent.clone());
            agent
        }
        None => Agent { state: ContainerState::Missing, started_at: None, ..last.get_value() },
    });
    let gone = Derived::new(move || present.with(Option::is_none));
    refresh_when_changed(container.clone(), page, agent, range);
    let links = live.derive(Links::of);
    let about = Derived::new(move || page.with(about));
    let events = Derived::new(move || links.with(|links| about.with(|about| links.events(about))));
    let missing = Derived::new(move || page.with(|page| page.missing.clone()));
    let now = live.now();
    view! {
        <Opening agent />
        {show_if(gone, || view! {
            <section class="note" data-tone="off">
                <h2><Icon shape=Tone::Off.shape() /> "Its container was removed"</h2>
                <p>"Below is what was known of it last. What it sent stays in the stores."</p>
            </section>
        })}
        <Causes agent />
        <Stores missing />
        <section class="card" aria-labelledby="measures">
            <div class="card-head">
                <h2 id="measures">"What it did"</h2>
                <RangeTabs container=container.clone() range />
                {move || {
                    links.with(|links| about.with(|about| way(links.dashboard(about), "Grafana", "Its dashboard in Grafana".into())))
                }}
                {move || {
                    links.with(|links| about.with(|about| way(links.traces(about), "Traces", "Its traces in Jaeger".into())))
                }}
            </div>
            {move || links.with(|links| page.with(|page| about.with(|about| measures(page, links, about))))}
        </section>
        <section class="card" aria-labelledby="sessions">
            <div class="card-head"><h2 id="sessions">"Sessions"</h2></div>
            {move || {
                links.with(|links| page.with(|page| about.with(|about| sessions(&page.sessions, links, about, now))))
            }}
        </section>
        <Events container first link=events />
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
                <p class="muted">"Where its connections went, as the firewall saw it."</p>
            </div>
            {move || page.with(|page| egress(&page.egress, page.range))}
        </section>
        <Facts page agent now />
        <section class="card agent-variables" aria-labelledby="variables">
            <div class="card-head">
                <h2 id="variables">"Telemetry variables"</h2>
                <p class="muted">"Others are not read: they may hold secrets."</p>
            </div>
            {move || page.with(|page| variables(&page.variables))}
        </section>
    }
}

fn about(page: &Page) -> About {
    let egress = (!page.egress.addresses.is_empty()).then_some(!page.egress.domains.is_empty());
    let exporter = page.variables.iter().find(|variable| variable.name == "OTEL_TRACES_EXPORTER");
    let traces = exporter.map(|variable| !matches!(variable.found.as_deref(), None | Some("" | "none")));
    About {
        owner: page.agent.owner(),
        untagged: page.agent.owner() == Default::default(),
        session: None,
        range: page.range,
        addresses: page.egress.addresses.clone(),
        holds: Holds { egress, traces, ..Holds::from(&page.numbers) },
    }
}
