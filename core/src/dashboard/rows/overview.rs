//! Totals, overall and per agent.

use super::{OWNER, OWNER_NAME};
use crate::dashboard::{
    PanelId,
    datasource::Source::{Loki, Prometheus},
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, WHOLE, event, events, growth, growth_of_all, last_seen, sessions, sum},
};

pub fn overview() -> Row {
    let requests = event("api_request");
    let tokens = |id, title, field: &str| {
        Panel::new(id, title, Visual::Stat, Unit::Count).query(Query::once(
            Loki,
            sum(&requests, field, WHOLE, ""),
            title,
        ))
    };
    let cached = sum(&requests, "cache_read_tokens", WHOLE, "");
    let fresh = sum(&requests, "input_tokens", WHOLE, "");
    let written = sum(&requests, "cache_creation_tokens", WHOLE, "");
    Row {
        id: PanelId::OverviewRow,
        title: "Overview",
        panels: vec![
            Panel::new(PanelId::Sessions, "Sessions", Visual::Stat, Unit::Count)
                .description("Claude Code sessions with events in this time range.")
                .query(Query::once(Loki, sessions(""), "Sessions")),
            Panel::new(PanelId::Cost, "Estimated cost", Visual::Stat, Unit::Dollars)
                .description("Claude Code's own estimate from list prices; what is billed can differ.")
                .query(Query::once(Loki, sum(&requests, "cost_usd", WHOLE, ""), "Estimated cost")),
            tokens(PanelId::InputTokens, "Input tokens", "input_tokens")
                .description("Excluding cache reads and writes."),
            tokens(PanelId::OutputTokens, "Output tokens", "output_tokens"),
            tokens(PanelId::CacheReads, "Cache reads", "cache_read_tokens"),
            tokens(PanelId::CacheWrites, "Cache writes", "cache_creation_tokens"),
            Panel::new(PanelId::CacheReadRatio, "Input from cache", Visual::Stat, Unit::Share)
                .description("Cache reads as a share of all input tokens. Higher is cheaper.")
                .query(Query::once(Loki, format!("{cached} / ({cached} + {fresh} + {written})"), "Input from cache")),
            Panel::new(PanelId::LinesChanged, "Lines changed", Visual::Stat, Unit::Count)
                .size(8, 4)
                .query(Query::once(Prometheus, growth("claude_code_lines_of_code_count_total", "type"), "{{type}}")),
            Panel::new(PanelId::ActiveTime, "Active time", Visual::Stat, Unit::Seconds)
                .description("`user`: typing and reading. `cli`: tools running and the model responding.")
                .size(8, 4)
                .query(Query::once(Prometheus, growth("claude_code_active_time_seconds_total", "type"), "{{type}}")),
            Panel::new(PanelId::LostData, "Lost data", Visual::Stat, Unit::Count)
                .description("Metric points and events that the collector refused or could not deliver, and events that Loki discarded.")
                .query(Query::once(Prometheus, growth_of_all(LOST), "Lost data")),
        ],
    }
}

/// The collector has separate counters for each kind of data, with common prefixes.
const LOST: &str = concat!(
    "otelcol_receiver_refused_.+|otelcol_exporter_send_failed_.+|otelcol_exporter_enqueue_failed_.+|",
    "loki_discarded_samples_total",
);

pub fn owners() -> Row {
    let requests = event("api_request");
    let tokens = ["input_tokens", "output_tokens"].map(|field| sum(&requests, field, WHOLE, OWNER)).join(" + ");
    let bars = |id, title, unit| Panel::new(id, title, Visual::Bars, unit).size(8, 8);
    Row {
        id: PanelId::OwnersRow,
        title: "By project and agent",
        panels: vec![
            bars(PanelId::CostByOwner, "Estimated cost", Unit::Dollars).query(Query::once(
                Loki,
                sum(&requests, "cost_usd", WHOLE, OWNER),
                OWNER_NAME,
            )),
            bars(PanelId::TokensByOwner, "Input and output tokens", Unit::Count)
                .query(Query::once(Loki, tokens, OWNER_NAME)),
            bars(PanelId::SessionsByOwner, "Sessions", Unit::Count).query(Query::once(
                Loki,
                sessions(OWNER),
                OWNER_NAME,
            )),
            Panel::new(PanelId::LastSeen, "Last seen", Visual::Table, Unit::Ago)
                .size(24, 6)
                .query(Query::once(Loki, last_seen(&events(), OWNER), OWNER_NAME))
                .column("project", "Project", None)
                .column("agent", "Agent", None)
                .column("Value #A", "Last seen", Some(Unit::Ago)),
        ],
    }
}
