//! The page of all agents: how they stand, whether a new one would report, and the list.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use monitor_core::{
    links::Links,
    live::{EngineState, Snapshot},
    telemetry::{Numbers, Range},
};

use super::{
    headline::headline,
    new_agents::NewAgentsChip,
    query::Query,
    row_view::{Around, Moments},
    rows::{Row, Rows},
    stores::Stores,
    table::Table,
    toolbar::Toolbar,
    totals::{Sums, totals},
};
use crate::{
    api::load_agent_numbers,
    components::{ErrorNote, Prose},
    live::{Carried, Live},
    reactive::{Derived, part, part_if, text},
};

/// What the parts of the page share.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// What the address asks for.
    pub query: Derived<Query>,
    /// Every row there is.
    pub rows: Derived<Rows>,
    /// Those that were asked for, in the order that was asked for.
    pub shown: Derived<Vec<Arc<Row>>>,
    /// What rows share.
    pub around: Derived<Around>,
    /// The clock, and whether the page is interactive.
    pub moments: Moments,
    /// The numbers are of another range than the one that is asked for, and on their way.
    pub late: Derived<bool>,
}

/// `/agents`, `/agents?project=shop&sort=cost&order=desc`.
#[component]
pub fn AgentsPage() -> impl IntoView {
    let live = Live::get();
    let asked = use_query_map();
    let query = Derived::new(move || asked.with(|pairs| Query::read(|name| pairs.get(name))));
    // Loaded once; what comes later comes by the stream, or when another range is asked for.
    let first = query.get_untracked().range;
    let numbers = Resource::new_str_blocking(|| (), move |()| async move { Carried(load_agent_numbers(first).await) });
    let headline = live.derive(headline);
    let lead = Derived::new(move || headline.with(|headline| headline.text.clone()));
    view! {
        <Title text="Agents" />
        <div class="page agents">
            <header class="opening">
                <h1 class="eyebrow-title">"Agents"</h1>
                <div role="status">
                    <p class="headline">{text(move || headline.with(|headline| headline.title.clone()))}</p>
                    <p class="lead">{part(move || view! { <Prose text=lead.get() /> }.into_any())}</p>
                </div>
                <NewAgentsChip />
            </header>
            <Transition fallback=|| view! { <p class="fact">"Reading the numbers…"</p> }>
                {move || Suspend::new(async move {
                    let (numbers, error) = match numbers.await.0 {
                        Ok(numbers) => (Some(numbers), None),
                        Err(error) => (None, Some(error)),
                    };
                    view! {
                        {error.map(|error| view! { <ErrorNote title="The numbers could not be read".to_owned() error /> })}
                        <Loaded query numbers />
                    }
                    .into_any()
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Loaded(query: Derived<Query>, numbers: Option<Numbers>) -> impl IntoView {
    let numbers = RwSignal::new(numbers);
    let list = list(query, numbers);
    let range = Derived::new(move || query.with(|query| query.range));
    #[cfg(feature = "hydrate")]
    super::follow::numbers(range, numbers);
    let any = Derived::new(move || list.rows.with(|rows| !rows.all().is_empty()));
    view! {
        <Stores missing=Derived::new(move || list.around.with(|around| around.missing.clone())) />
        {part_if(any, move || view! {
            <Sums totals=Derived::new(move || list.shown.with(|rows| totals(rows))) range />
            <section class="card agent-list" aria-labelledby="agent-list">
                <h2 id="agent-list" class="unseen">"All agents"</h2>
                <Toolbar list />
                <Table list />
            </section>
        }.into_any())}
    }
    .into_any()
}

fn list(query: Derived<Query>, numbers: RwSignal<Option<Numbers>>) -> List {
    let live = Live::get();
    let known = StoredValue::new(Rows::default());
    let rows = live.derive(move |snapshot: &Snapshot| {
        let before = known.get_value();
        let rows = numbers.with(|numbers| Rows::merge(&before, &snapshot.agents, numbers.as_ref()));
        known.set_value(rows.clone());
        rows
    });
    let shown = Derived::new(move || query.with(|query| rows.with(|rows| query.choose(rows.all()))));
    let links = live.derive(Links::of);
    let engine = live.derive(|snapshot| matches!(snapshot.engine, EngineState::Connected { .. }));
    let around = Derived::new(move || {
        numbers.with(|numbers| Around {
            range: numbers.as_ref().map_or(Range::default(), |numbers| numbers.range),
            missing: numbers.as_ref().map(|numbers| numbers.missing.clone()).unwrap_or_default(),
            links: links.get(),
            engine: engine.get(),
        })
    });
    let late = Derived::new(move || {
        let range = query.with(|query| query.range);
        numbers.with(|numbers| numbers.as_ref().is_some_and(|numbers| numbers.range != range))
    });
    List { query, rows, shown, around, late, moments: Moments { now: live.now(), hydrated: live.hydrated() } }
}
