//! The view of one row. It is rendered again as a whole when the row changes.

use leptos::prelude::*;
use monitor_core::{
    agents::{AgentKind, Verdict},
    dashboard::PanelId,
    links::{KnownData, Link, LinkContext, Links},
    status::ContainerState,
    telemetry::{Missing, OwnerNumbers, Range},
    timestamp::Timestamp,
};

use super::{
    cause::{cause_tone, remedy, tone},
    rows::Row,
};
use crate::{
    address,
    charts::{
        figure::{Figure, dash, explain_unknown, external_link, figure},
        spark::{cost_spark, describe, spark},
    },
    components::{Ago, Tone, chip},
    words,
};

/// What all rows need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowContext {
    /// The range of the numbers.
    pub range: Range,
    /// Stores that could not be reached.
    pub missing: Vec<Missing>,
    /// Links to the services' pages.
    pub links: Links,
    /// Whether the Engine is connected, so that an unknown container does not exist.
    pub engine: bool,
}

/// What changes without a row changing.
#[derive(Debug, Clone, Copy)]
pub struct PageSignals {
    /// The server's clock.
    pub now: Memo<Timestamp>,
    /// Whether the page is interactive.
    pub hydrated: Memo<bool>,
}

/// The number of columns of the table.
pub const COLUMNS: &str = "10";

/// The row, and below it the cause of its verdict.
pub fn row_view(row: &Row, context: &RowContext, signals: PageSignals, open: bool) -> AnyView {
    let about = about(row, context);
    let below = row.cause().map(|cause| {
        let agent = row.agent.as_ref();
        let verdict = agent.map_or(Verdict::Unknown, |agent| agent.verdict);
        let tone = cause_tone(cause, verdict);
        let more = agent.map_or(0, |agent| agent.causes.len()).saturating_sub(1);
        let more = (more > 0).then(|| {
            let words = format!("{more} more {}", if more == 1 { "cause" } else { "causes" });
            view! { <p class="muted"><a href=page_of(row)>{words}</a></p> }
        });
        view! {
            <tr role="row" class="cause-row" data-tone=tone.name()>
                <td role="cell" colspan=COLUMNS>
                    <details open=open && verdict == Verdict::Dark>
                        <summary>{cause.code.sentence()}</summary>
                        {remedy(cause, signals.hydrated)}
                        {more}
                    </details>
                </td>
            </tr>
        }
    });
    view! {
        <tr role="row" data-has-causes=below.is_some().to_string()>
            {name(row)}
            <td role="cell" class="state">{telemetry(row, context)}</td>
            <td role="cell" class="number" data-label="Last seen">{last_seen(row, signals)}</td>
            {numbers(row, context, &about)}
            <td role="cell" class="link-cell">
                {external_link(context.links.dashboard(&about), "Grafana", format!("Grafana: {}", row.title()))}
            </td>
        </tr>
        {below}
    }
    .into_any()
}

/// What the row's links select.
fn about(row: &Row, context: &RowContext) -> LinkContext {
    let holds = match &row.numbers {
        Some(numbers) => KnownData::from(numbers),
        None if context.missing.is_empty() => KnownData::NOTHING,
        None => KnownData::default(),
    };
    let (range, untagged) = (context.range, row.owner.project.is_none() && row.owner.agent.is_none());
    let simulated = row.simulated();
    LinkContext { owner: row.owner.clone(), untagged, simulated, range, holds, ..LinkContext::default() }
}

fn page_of(row: &Row) -> String {
    format!("/agents/{}", address::encode_segment(&row.address()))
}

fn name(row: &Row) -> AnyView {
    let title = row.title().to_owned();
    let project = match (row.kind, row.project()) {
        (AgentKind::Untagged, _) => "no tags".to_owned(),
        (_, Some(project)) => project.to_owned(),
        (_, None) => "no project".to_owned(),
    };
    let marks = [
        (row.simulated(), "simulated"),
        (row.agent.as_ref().is_some_and(|it| it.kind == AgentKind::Container && !it.managed), "not managed by Clawker"),
        (row.shared, "numbers shared by several containers"),
    ];
    let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
    let marks = marks.map(|(_, mark)| view! { " " <span class="badge">{mark}</span> }).collect_view();
    view! {
        <th role="rowheader" scope="row">
            <a class="name" href=page_of(row) title=row.address()>{title}</a>
            <span class="project">{project} {marks}</span>
        </th>
    }
    .into_any()
}

fn telemetry(row: &Row, context: &RowContext) -> AnyView {
    let below = |words: String| view! { <span class="muted">{words}</span> };
    match (row.kind, &row.agent) {
        (AgentKind::Untagged, _) => chip(Tone::Warn, "Untagged"),
        (kind, Some(agent)) => {
            let place = match kind {
                AgentKind::NoContainer => "no container",
                AgentKind::Container if agent.state != ContainerState::Running => describe_container_state(agent.state),
                _ => "",
            };
            let doing = agent.activity.as_ref().map(|activity| activity.kind.title());
            let words: Vec<&str> = [Some(place), doing].into_iter().flatten().filter(|it| !it.is_empty()).collect();
            view! { {chip(tone(agent.verdict), agent.verdict.title())} {below(words.join(" · "))} }.into_any()
        }
        (_, None) if context.engine => chip(Tone::Off, "No container"),
        (_, None) => chip(Tone::Off, "Unknown"),
    }
}

/// Describes the state of a container that is not running.
pub const fn describe_container_state(state: ContainerState) -> &'static str {
    match state {
        ContainerState::Missing => "removed",
        ContainerState::Created => "never started",
        ContainerState::Running => "running",
        ContainerState::Paused => "paused",
        ContainerState::Restarting => "restarting",
        ContainerState::Removing => "being removed",
        ContainerState::Exited => "stopped",
        ContainerState::Dead => "dead",
    }
}

fn last_seen(row: &Row, signals: PageSignals) -> AnyView {
    match row.last_seen() {
        Some(then) => view! { <Ago then now=signals.now /> }.into_any(),
        None if row.agent.as_ref().is_some_and(|agent| agent.last_seen_unknown) => {
            dash("Unavailable: can't reach the stores.".into())
        }
        None => view! { <span class="no-value" title="No data in the last 7 days.">"never"</span> }.into_any(),
    }
}

/// The cells with numbers. Each number has its own cell, so that the columns can be compared.
fn numbers(row: &Row, context: &RowContext, about: &LinkContext) -> AnyView {
    let links = &context.links;
    let numbers = row.numbers.as_ref();
    let none = |what: &str| explain_unknown(numbers, &context.missing, context.range, what);
    let cost = Figure::cost(numbers.and_then(|it| it.cost_micro_usd), || none("cost"));
    let tokens = Figure::tokens(numbers.and_then(|it| it.tokens), || none("tokens"));
    let calls = numbers.and_then(|it| it.tool_calls);
    let tools = Figure::count(calls, "tool calls", || none("tool calls"));
    let failed = Figure::failed(numbers.and_then(|it| it.tool_failures), calls, || none("failures"));
    // A few failed calls are normal; one in ten is worth a look.
    let failing = numbers.and_then(|it| it.tool_failures.zip(it.tool_calls));
    let failing = failing.is_some_and(|(failures, calls)| failures > 0 && failures.saturating_mul(10) >= calls);
    let panel = |panel: PanelId, figure: &Figure| match figure.shown {
        Some(_) => links.panel(panel, about),
        None => Link::default(),
    };
    let (to_cost, to_tokens) = (panel(PanelId::CostOverTime, &cost), panel(PanelId::TokensByType, &tokens));
    let (to_tools, to_failed) = (panel(PanelId::ToolActivity, &tools), panel(PanelId::ToolFailures, &failed));
    view! {
        <td role="cell" class="number" data-label="Est. cost">{figure(cost, to_cost)}</td>
        <td role="cell" class="trend">{cost_spark(numbers, context.range)}</td>
        <td role="cell" class="number" data-label="Tokens">{figure(tokens, to_tokens)}</td>
        <td role="cell" class="number" data-label="Tool calls">{figure(tools, to_tools)}</td>
        <td role="cell" class="number" data-label="Failed calls" data-failing=failing.to_string()>{figure(failed, to_failed)}</td>
        <td role="cell" class="trend">{activity(numbers, context, about)}</td>
    }
    .into_any()
}

/// The events over the range, with a link to the events.
fn activity(numbers: Option<&OwnerNumbers>, context: &RowContext, about: &LinkContext) -> AnyView {
    let values = numbers.map(|it| it.events_over_time.as_slice()).unwrap_or_default();
    let bars = spark(values, format!("Events in the {}: {}", context.range.label(), describe(values, words::exact)));
    match context.links.events(about) {
        Link { href: Some(href), why } if !values.is_empty() => {
            let why = why.as_deref().map(crate::charts::figure::strip_backticks);
            view! {
                <a
                    class="metric"
                    href=href
                    target="_blank"
                    rel="noreferrer"
                    title=why.clone()
                    aria-description=why.clone()
                    data-empty=why.is_some().to_string()
                >
                    {bars}
                </a>
            }
            .into_any()
        }
        _ => bars,
    }
}
