//! The page of all agents: their state, whether new agents will report, and the list.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use monitor_core::{agents::unlisted_agents, telemetry::Numbers};

use super::{
    cost_chart::CostChart,
    headline::headline,
    list_context::ListContext,
    new_agents::NewAgentsChip,
    query::{Query, Simulated},
    stores::Stores,
    table::Table,
    toolbar::Toolbar,
    totals::{TotalsCard, totals},
};
use crate::{
    api::load_agent_numbers,
    components::{ErrorNote, Prose, show_if},
    live::{Carried, Live},
};

/// `/agents`, `/agents?project=shop&sort=cost&order=desc`.
#[component]
pub fn AgentsPage() -> impl IntoView {
    let live = Live::get();
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(|pairs| Query::read(|name| pairs.get(name))));
    // Loaded once. Later numbers arrive by the stream, and when another range is selected.
    let first = query.get_untracked().range;
    let numbers = Resource::new_str_blocking(|| (), move |()| async move { Carried(load_agent_numbers(first).await) });
    let headline = live.derive(headline);
    let lead = Memo::new(move |_| headline.with(|headline| headline.text.clone()));
    view! {
        <Title text="Agents" />
        <div class="page agents">
            <header class="page-header">
                <h1 class="page-name">"Agents"</h1>
                <div role="status">
                    <p class="headline">{move || headline.with(|headline| headline.title.clone())}</p>
                    <p class="lead">{move || view! { <Prose text=lead.get() /> }.into_any()}</p>
                </div>
                <NewAgentsChip />
            </header>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    let (numbers, error) = match numbers.await.0 {
                        Ok(numbers) => (Some(numbers), None),
                        Err(error) => (None, Some(error)),
                    };
                    view! {
                        {error.map(|error| view! { <ErrorNote title="The numbers could not be loaded".to_owned() error /> })}
                        <Loaded query numbers />
                    }
                    .into_any()
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Loaded(query: Memo<Query>, numbers: Option<Numbers>) -> impl IntoView {
    let numbers = RwSignal::new(numbers);
    let list = ListContext::new(query, numbers);
    let range = Memo::new(move |_| query.with(|query| query.range));
    #[cfg(feature = "hydrate")]
    super::numbers_stream::follow_numbers(range, numbers);
    let unlisted = Live::get().derive(|snapshot| snapshot.unlisted_agents);
    let any = Memo::new(move |_| list.rows.with(|rows| !rows.all().is_empty()));
    let sums = Memo::new(move |_| {
        let count_simulated = query.with(|query| query.simulated == Simulated::Counted);
        list.shown.with(|rows| totals(rows, count_simulated))
    });
    view! {
        <Stores missing=Memo::new(move |_| list.row_context.with(|context| context.missing.clone())) />
        {show_if(any, move || view! {
            <TotalsCard totals=sums range />
            <CostChart list numbers />
            <section class="card agent-list" aria-labelledby="agent-list">
                <h2 id="agent-list" class="visually-hidden">"All agents"</h2>
                <Toolbar list />
                <Table list />
                {move || unlisted_agents(unlisted.get()).map(|text| view! { <p class="empty-message">{text}</p> }).into_any()}
            </section>
        })}
    }
}
