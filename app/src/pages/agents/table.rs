//! The table of agents. Laid out as a list on narrow screens. Each row updates by itself.

use std::sync::Arc;

use leptos::prelude::*;
use monitor_core::agents::Verdict;

use super::{
    list_context::ListContext,
    query::{Query, Sort},
    row_view::row_view,
    rows::Row,
};
use crate::components::{keyed_list, show_if};

/// The table. Its roles are explicit, because browsers drop the implicit ones where the table is laid out as a list.
#[component]
pub fn Table(list: ListContext) -> impl IntoView {
    let keys = Memo::new(move |_| list.shown.with(|rows| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>()));
    let none = Memo::new(move |_| keys.with(Vec::is_empty));
    // Where a single agent is not reporting, its cause is unfolded.
    let dark = |row: &&Arc<Row>| row.verdict() == Some(Verdict::Dark);
    let alone = list.rows.with_untracked(|rows| rows.all().iter().filter(dark).count() == 1);
    view! {
        <table role="table" aria-labelledby="agent-list" aria-busy=move || list.loading.get().to_string()>
            <thead role="rowgroup">
                <tr role="row">
                    {head(list.query, Sort::Agent, "Agent", false)}
                    {head(list.query, Sort::Telemetry, "Telemetry", false)}
                    {head(list.query, Sort::Seen, "Last seen", true)}
                    {head(list.query, Sort::Cost, "Est. cost", true)}
                    <th role="columnheader" scope="col" class="trend">"Cost trend"</th>
                    {head(list.query, Sort::Tokens, "Tokens", true)}
                    {head(list.query, Sort::Tools, "Tool calls", true)}
                    {head(list.query, Sort::Failed, "Failed calls", true)}
                    <th role="columnheader" scope="col" class="trend">"Activity"</th>
                    <th role="columnheader" scope="col" class="link-cell"><span class="visually-hidden">"Dashboard"</span></th>
                </tr>
            </thead>
            {keyed_list(move || keys.get(), move |key| view! { <RowOf key list alone /> }.into_any())}
        </table>
        {show_if(none, move || view! {
            <p class="empty-message">
                "No matching agents. "
                <a
                    href=move || Some(list.query.with(|query| query.unfiltered().address()))
                    data-noscroll="true"
                >
                    "Clear filters"
                </a>
            </p>
        })}
    }
}

/// The header of a column, which sorts the rows by it.
fn head(query: Memo<Query>, sort: Sort, words: &'static str, number: bool) -> AnyView {
    let sorted = move || {
        query.with(|query| (query.sort == sort).then(|| if query.descends() { "descending" } else { "ascending" }))
    };
    let address = move || query.with(|query| query.sorted_by(sort).address());
    view! {
        <th
            role="columnheader"
            scope="col"
            class=if number { "number" } else { "" }
            aria-sort=move || sorted().map(str::to_owned)
        >
            <a href=move || Some(address()) data-noscroll="true">{words}</a>
        </th>
    }
    .into_any()
}

#[component]
fn RowOf(key: String, list: ListContext, alone: bool) -> impl IntoView {
    let row = {
        let key = key.clone();
        Memo::new(move |_| list.rows.with(|rows| rows.find(&key).cloned()))
    };
    view! {
        <tbody role="rowgroup" data-row=key data-verdict=move || row.with(|row| verdict_name(row.as_deref()).to_owned())>
            {move || match row.get() {
                Some(row) => list.row_context.with(|context| row_view(&row, context, list.signals, alone)),
                None => ().into_any(),
            }}
        </tbody>
    }
}

/// The verdict in `data-verdict`; `none` where only numbers are known.
fn verdict_name(row: Option<&Row>) -> &'static str {
    row.and_then(Row::verdict).map_or("none", Verdict::name)
}
