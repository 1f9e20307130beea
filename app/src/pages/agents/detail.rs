//! The page of one agent: how its telemetry stands and why, what it did and cost, and its events as they arrive.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use monitor_core::{
    agent_page::AgentPage as Page,
    agents::{Agent, Cause},
    error::StackError,
    links::{About, Holds, Links},
    status::ContainerState,
    telemetry::Range,
};

use super::{
    cause::{remedy, tone},
    egress::egress,
    facts::Facts,
    measures::measures,
    panels::panels,
    query::{NO_PROJECT, Query},
    sessions::sessions,
    stores::Stores,
    timeline::Events,
    toolbar::range_words,
    variables::variables,
};
use crate::{
    address,
    api::{ApiError, load_agent},
    charts::figure::way,
    components::{Chip, ErrorNote, Icon, Tone},
    live::{Carried, Live},
    reactive::{Derived, attribute, part, part_if, text},
};

/// `/agents/{container}`, `/agents/{container}?range=1h`.
#[component]
pub fn AgentPage() -> impl IntoView {
    let parameters = use_params_map();
    let container = Derived::new(move || parameters.with(|parameters| parameters.get("container")).unwrap_or_default());
    part(move || view! { <OneAgent container=container.get() /> }.into_any())
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
            <Transition fallback=|| view! { <p class="fact">"Looking at the agent…"</p> }>
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
                                view! { <Back /> <ErrorNote title error /> }.into_any()
                            }
                        }
                    })
                }}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Back() -> impl IntoView {
    view! { <p class="back"><a href="/agents">"All agents"</a></p> }
}

/// There is none of that name, now.
#[component]
fn NoAgent(container: String) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_status(404);
    view! {
        <header class="opening">
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
    .into_any()
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
    keep_current(container.clone(), page, agent, range);
    let links = live.derive(Links::of);
    let about = Derived::new(move || page.with(about));
    let events = Derived::new(move || links.with(|links| about.with(|about| links.events(about))));
    let missing = Derived::new(move || page.with(|page| page.missing.clone()));
    let now = live.now();
    view! {
        <Opening agent />
        {part_if(gone, || view! {
            <section class="note" data-tone="off">
                <h2><Icon shape=Tone::Off.shape() /> "Its container was removed"</h2>
                <p>"Below is what was known of it last. What it sent stays in the stores."</p>
            </section>
        }.into_any())}
        <Causes agent />
        <Stores missing />
        <section class="card" aria-labelledby="measures">
            <div class="card-head">
                <h2 id="measures">"What it did"</h2>
                <Ranges container=container.clone() range />
                {part(move || {
                    links.with(|links| about.with(|about| way(links.dashboard(about), "Grafana", "Its dashboard in Grafana".into())))
                })}
                {part(move || {
                    links.with(|links| about.with(|about| way(links.traces(about), "Traces", "Its traces in Jaeger".into())))
                })}
            </div>
            {part(move || links.with(|links| page.with(|page| about.with(|about| measures(page, links, about)))))}
        </section>
        <section class="card" aria-labelledby="sessions">
            <div class="card-head"><h2 id="sessions">"Sessions"</h2></div>
            {part(move || {
                links.with(|links| page.with(|page| about.with(|about| sessions(&page.sessions, links, about, now))))
            })}
        </section>
        <Events container first link=events />
        <section class="card panels" aria-labelledby="panels">
            <div class="card-head"><h2 id="panels">"Panels"</h2></div>
            {part(move || {
                let embedding = page.with(|page| page.embedding);
                links.with(|links| about.with(|about| panels(links, about, embedding)))
            })}
        </section>
        <section class="card" aria-labelledby="egress">
            <div class="card-head">
                <h2 id="egress">"Egress"</h2>
                <p class="fact">"Where its connections went, as the firewall saw it."</p>
            </div>
            {part(move || page.with(|page| egress(&page.egress, page.range)))}
        </section>
        <Facts page agent now />
        <section class="card given" aria-labelledby="variables">
            <div class="card-head">
                <h2 id="variables">"Telemetry variables"</h2>
                <p class="fact">"Others are not read: they may hold secrets."</p>
            </div>
            {part(move || page.with(|page| variables(&page.variables)))}
        </section>
    }
    .into_any()
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

/// The list of the agents of its project.
fn siblings(project: Option<String>) -> String {
    Query { project: project.unwrap_or_else(|| NO_PROJECT.into()), ..Query::default() }.address()
}

#[component]
fn Opening(agent: Derived<Agent>) -> impl IntoView {
    let title = Derived::new(move || agent.with(|agent| agent.title().to_owned()));
    let project = Derived::new(move || agent.with(|agent| agent.project.clone()));
    view! {
        <header class="opening">
            <Back />
            <div class="eyebrow">
                <h1>{text(move || title.get())}</h1>
                <p class="fact">
                    <a href=attribute(move || Some(siblings(project.get())))>
                        {text(move || project.get().unwrap_or_else(|| "no project".into()))}
                    </a>
                </p>
            </div>
            <p class="verdict" role="status">
                <Chip
                    tone=Signal::derive(move || agent.with(|agent| tone(agent.verdict)))
                    word=Signal::derive(move || agent.with(|agent| agent.verdict.title().to_owned()))
                />
            </p>
        </header>
    }
    .into_any()
}

/// Why, the weightiest first and open.
#[component]
fn Causes(agent: Derived<Agent>) -> impl IntoView {
    let hydrated = Live::get().hydrated();
    let causes = Derived::new(move || agent.with(|agent| (agent.verdict, agent.causes.clone())));
    part(move || {
        let (verdict, causes) = causes.get();
        if causes.is_empty() {
            return ().into_any();
        }
        let tone = tone(verdict).name();
        let each = |(index, cause): (usize, &Cause)| {
            view! {
                <li>
                    <details open=index == 0>
                        <summary>{cause.code.sentence()}</summary>
                        {remedy(cause, hydrated)}
                    </details>
                </li>
            }
        };
        let causes = causes.iter().enumerate().map(each).collect_view();
        view! {
            <section class="card causes" data-tone=tone aria-labelledby="causes">
                <h2 id="causes" class="unseen">"Why"</h2>
                <ol>{causes}</ol>
            </section>
        }
        .into_any()
    })
}

/// How far back.
#[component]
fn Ranges(container: String, range: Derived<Range>) -> impl IntoView {
    let path = format!("/agents/{}", address::segment(&container));
    let choices = Range::ALL
        .into_iter()
        .map(|each| {
            let current = attribute(move || (range.get() == each).then(|| "true".to_owned()));
            view! {
                <li>
                    <a
                        href=format!("{path}?range={}", each.name())
                        aria-current=current
                        title=range_words(each)
                        data-noscroll="true"
                    >
                        {each.name()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs ranges" aria-label="Range of the numbers">
            <ul>{choices}</ul>
        </nav>
    }
    .into_any()
}

/// Asks again when another range is wanted, at once; and when the agent changed or was heard, not too often.
fn keep_current(container: String, page: RwSignal<Page>, agent: Derived<Agent>, range: Derived<Range>) {
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(3);
    #[derive(Default, Clone, Copy)]
    struct Asking {
        resting: bool,
        again: bool,
    }
    fn ask(container: String, page: RwSignal<Page>, range: Derived<Range>) {
        leptos::task::spawn_local(async move {
            let wanted = range.get_untracked();
            if let Ok(new) = load_agent(container, wanted).await
                && range.try_get_untracked() == Some(wanted)
            {
                page.try_set(new);
            }
        });
    }
    fn soon(asking: StoredValue<Asking>, container: String, page: RwSignal<Page>, range: Derived<Range>) {
        match asking.try_get_value() {
            Some(Asking { resting: true, .. }) => {
                asking.try_update_value(|asking| asking.again = true);
            }
            Some(_) => {
                asking.try_set_value(Asking { resting: true, again: false });
                ask(container.clone(), page, range);
                let rested = move || {
                    let again = asking.try_get_value().is_some_and(|asking| asking.again);
                    asking.try_set_value(Asking::default());
                    if again {
                        soon(asking, container, page, range);
                    }
                };
                set_timeout(rested, PAUSE);
            }
            None => {}
        }
    }
    let asking = StoredValue::new(Asking::default());
    let stamp = Derived::new(move || {
        agent.with(|agent| (agent.last_seen, agent.verdict, agent.state, agent.started_at, agent.causes.len()))
    });
    Effect::new({
        let container = container.clone();
        move |before: Option<_>| {
            let now = stamp.get();
            if before.is_some_and(|before| before != now) {
                soon(asking, container.clone(), page, range);
            }
            now
        }
    });
    Effect::new(move |before: Option<Range>| {
        let now = range.get();
        if before.is_some_and(|before| before != now) {
            ask(container.clone(), page, range);
        }
        now
    });
}
