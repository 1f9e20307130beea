//! An agent's sessions, each with links to its dashboard and its events.

use leptos::prelude::*;
use monitor_core::{
    links::{LinkContext, Links},
    telemetry::Session,
    timestamp::Timestamp,
};

use crate::{
    charts::figure::{Figure, dash, external_link},
    components::Ago,
    words,
};

/// The table. `missing`: the store does not answer, so that there may be more.
pub fn sessions(
    sessions: &[Session],
    missing: bool,
    links: &Links,
    about: &LinkContext,
    now: Memo<Timestamp>,
) -> AnyView {
    if sessions.is_empty() {
        let words =
            if missing { "Unavailable.".to_owned() } else { format!("No sessions in the {}.", about.range.label()) };
        return view! { <p class="empty-message">{words}</p> }.into_any();
    }
    let rows = sessions.iter().map(|session| row(session, links, about, now)).collect_view();
    view! {
        <table role="table" aria-labelledby="sessions">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Session"</th>
                    <th role="columnheader" scope="col" class="number">"Last event"</th>
                    <th role="columnheader" scope="col" class="number">"Est. cost"</th>
                    <th role="columnheader" scope="col" class="number">"Requests"</th>
                    <th role="columnheader" scope="col" class="number">"Output tokens"</th>
                    <th role="columnheader" scope="col" class="number">"Tool calls"</th>
                    <th role="columnheader" scope="col" class="number">"Errors"</th>
                    <th role="columnheader" scope="col" class="link-cell"><span class="visually-hidden">"Events"</span></th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(session: &Session, links: &Links, about: &LinkContext, now: Memo<Timestamp>) -> AnyView {
    let about = LinkContext { session: Some(session.id.clone()), ..about.clone() };
    let short: String = session.id.chars().take(8).collect();
    let seen = match session.last_seen {
        Some(then) => view! { <Ago then now /> }.into_any(),
        None => dash("Unknown".into()),
    };
    let number = |count: u64, what: &str| {
        let shown = Figure::count(Some(count), what, String::new);
        view! { <span title=shown.exact>{shown.shown}</span> }
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {external_link(links.dashboard(&about), &short, format!("{short}: session {} in Grafana", session.id))}
            </th>
            <td role="cell" class="number" data-label="Last event">{seen}</td>
            <td role="cell" class="number" data-label="Est. cost">
                <span title=words::dollars_exact(session.cost_micro_usd)>{words::dollars(session.cost_micro_usd)}</span>
            </td>
            <td role="cell" class="number" data-label="Requests">{number(session.requests, "requests")}</td>
            <td role="cell" class="number" data-label="Output tokens">{number(session.output_tokens, "output tokens")}</td>
            <td role="cell" class="number" data-label="Tool calls">{number(session.tool_calls, "tool calls")}</td>
            <td role="cell" class="number" data-label="Errors" data-failing=(session.errors > 0).to_string()>
                {number(session.errors, "failed requests")}
            </td>
            <td role="cell" class="link-cell">{external_link(links.events(&about), "Explore", format!("Explore the events of {short}"))}</td>
        </tr>
    }
    .into_any()
}
