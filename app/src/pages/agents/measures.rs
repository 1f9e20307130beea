//! An agent's numbers, each with a link to the panel it comes from.

use leptos::prelude::*;
use monitor_core::{
    agent_page::AgentPage,
    dashboard::PanelId,
    links::{Link, LinkContext, Links},
    timestamp::format_duration,
};

use crate::{
    charts::figure::{Figure, explain_unknown, figure},
    charts::spark::cost_spark,
    words,
};

/// The list of numbers.
pub fn measures(page: &AgentPage, links: &Links, about: &LinkContext) -> AnyView {
    let numbers = &page.numbers;
    let none = |what: &str| explain_unknown(Some(numbers), &page.missing, page.range, what);
    let active = match numbers.active_seconds {
        Some(seconds) => Figure {
            shown: Some(format_duration(seconds)),
            exact: format!("{} s of active use", words::exact(seconds)),
        },
        None => Figure { shown: None, exact: none("active time") },
    };
    let lines = match numbers.lines_added.zip(numbers.lines_removed) {
        Some((added, removed)) => Figure {
            shown: Some(format!("+{} −{}", words::compact(added), words::compact(removed))),
            exact: format!("{} lines added, {} removed", words::exact(added), words::exact(removed)),
        },
        None => Figure { shown: None, exact: none("lines") },
    };
    let one = |title: &'static str, shown: Figure, panel: PanelId, more: AnyView| {
        let link = if shown.shown.is_some() { links.panel(panel, about) } else { Link::default() };
        view! {
            <div>
                <dt>{title}</dt>
                <dd>{figure(shown, link)} {more}</dd>
            </div>
        }
        .into_any()
    };
    let nothing = || ().into_any();
    let failed = Figure::failed(numbers.tool_failures, numbers.tool_calls, || none("failures"));
    view! {
        <dl class="metrics">
            {one(
                "Estimated cost",
                Figure::cost(numbers.cost_micro_usd, || none("cost")),
                PanelId::CostOverTime,
                cost_spark(Some(numbers), page.range),
            )}
            {one("Tokens", Figure::tokens(numbers.tokens, || none("tokens")), PanelId::TokensByType, nothing())}
            {one(
                "Sessions",
                Figure::count(numbers.sessions, "sessions", || none("sessions")),
                PanelId::SessionTable,
                nothing(),
            )}
            {one(
                "Tool calls",
                Figure::count(numbers.tool_calls, "tool calls", || none("tool calls")),
                PanelId::ToolActivity,
                nothing(),
            )}
            {one("Failed calls", failed, PanelId::ToolFailures, nothing())}
            {one("Active time", active, PanelId::ActiveTime, nothing())}
            {one("Lines", lines, PanelId::LinesOverTime, nothing())}
        </dl>
    }
    .into_any()
}
