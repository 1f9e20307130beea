//! The totals of the rows that are shown.

use std::sync::Arc;

use leptos::prelude::*;
use monitor_core::{
    agents::{AgentKind, Verdict},
    telemetry::{Owner, Range, Tokens},
};

use super::rows::Row;
use crate::words;

/// The totals. `None`: unknown for every row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of agents that report.
    pub reporting: usize,
    /// The number of agents.
    pub agents: usize,
    /// Millionths of a dollar.
    pub cost_micro_usd: Option<u64>,
    /// Tokens.
    pub tokens: Option<Tokens>,
    /// Tool calls.
    pub tool_calls: Option<u64>,
    /// Tool calls that failed.
    pub tool_failures: Option<u64>,
}

/// Adds up the rows. Numbers that several containers share count once; simulated data counts only if asked for.
pub fn totals(rows: &[Arc<Row>], count_simulated: bool) -> Totals {
    let mut totals = Totals::default();
    let mut counted: Vec<&Owner> = Vec::new();
    for row in rows.iter().filter(|row| count_simulated || !row.simulated()) {
        if let Some(agent) = row.agent.as_ref().filter(|agent| agent.kind != AgentKind::Untagged) {
            totals.agents += 1;
            totals.reporting += usize::from(agent.verdict == Verdict::Reporting);
        }
        let Some(numbers) = row.numbers.as_ref().filter(|_| !row.shared || !counted.contains(&&row.owner)) else {
            continue;
        };
        if row.shared {
            counted.push(&row.owner);
        }
        add(&mut totals.cost_micro_usd, numbers.cost_micro_usd);
        add(&mut totals.tool_calls, numbers.tool_calls);
        add(&mut totals.tool_failures, numbers.tool_failures);
        if let Some(more) = numbers.tokens {
            let sum = totals.tokens.get_or_insert_default();
            sum.input += more.input;
            sum.output += more.output;
            sum.cache_read += more.cache_read;
            sum.cache_creation += more.cache_creation;
        }
    }
    totals
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default() + more);
    }
}

/// The totals, above the list.
#[component]
pub fn TotalsCard(totals: Memo<Totals>, range: Memo<Range>) -> impl IntoView {
    let cell = move |title: &'static str, of: fn(&Totals) -> (String, String)| {
        view! {
            <div>
                <dt>{title}</dt>
                <dd title=move || totals.with(|totals| of(totals).1)>
                    {move || totals.with(|totals| of(totals).0)}
                </dd>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card totals" aria-labelledby="sums">
            <h2 id="sums" class="visually-hidden">{move || format!("Totals of the {}", range.with(|range| range.label()))}</h2>
            <dl>
                {cell("Reporting", |it| {
                    let agents = words::plural(it.agents, "agent", "agents");
                    (if it.agents == 0 { "–".into() } else { format!("{} of {}", it.reporting, it.agents) }, agents)
                })}
                {cell("Estimated cost", |it| short_and_exact(it.cost_micro_usd, words::dollars, words::dollars_exact))}
                {cell("Tokens", |it| short_and_exact(it.tokens.map(|tokens| tokens.sum()), words::compact, words::exact))}
                {cell("Tool calls", |it| short_and_exact(it.tool_calls, words::compact, words::exact))}
                {cell("Failed calls", |it| {
                    let share = it.tool_failures.zip(it.tool_calls);
                    let words = share.and_then(|(failed, calls)| words::percent(failed, calls));
                    let exact = share.map(|(failed, calls)| {
                        format!("{} of {} tool calls", words::exact(failed), words::exact(calls))
                    });
                    (words.unwrap_or_else(|| "–".into()), exact.unwrap_or_else(|| "Unavailable".into()))
                })}
            </dl>
        </section>
    }
}

fn short_and_exact(count: Option<u64>, short: fn(u64) -> String, exact: fn(u64) -> String) -> (String, String) {
    match count {
        Some(count) => (short(count), exact(count)),
        None => ("–".into(), "Unavailable".into()),
    }
}
