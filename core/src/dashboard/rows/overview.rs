//! Totals, overall and per agent.

use super::{OWNER, OWNER_NAME};
use crate::{
    dashboard::{
        PanelId,
        datasource::Source::Prometheus,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{IN_ALL, Query, by_session, cost, growth, last_event, last_step, tokens, total},
    },
    telemetry::stores::queries::{deltas::Metric, promql::NOT_RETRIED},
};

pub fn overview() -> Row {
    let once = |question, name| Query::once(Prometheus, question, name);
    let tokens_of = |id, title, kind: &str| {
        Panel::new(id, title, Visual::Stat, Unit::Count).query(once(tokens(IN_ALL, kind, ""), title))
    };
    let [cached, others] = ["cacheRead", "input|cacheCreation"].map(|kinds| tokens(IN_ALL, kinds, ""));
    let [receivers, exporters] = lost();
    Row {
        id: PanelId::OverviewRow,
        title: "Overview",
        panels: vec![
            Panel::new(PanelId::Sessions, "Sessions", Visual::Stat, Unit::Count)
                .description("Claude Code sessions that sent events or metrics in this time range.")
                .query(once(by_session().sessions(""), "Sessions")),
            Panel::new(PanelId::Cost, "Estimated cost", Visual::Stat, Unit::Dollars)
                .description("Claude Code's own estimate from list prices; what is billed can differ.")
                .query(once(cost(IN_ALL, ""), "Estimated cost")),
            tokens_of(PanelId::InputTokens, "Input tokens", "input").description("Excluding cache reads and writes."),
            tokens_of(PanelId::OutputTokens, "Output tokens", "output"),
            tokens_of(PanelId::CacheReads, "Cache reads", "cacheRead"),
            tokens_of(PanelId::CacheWrites, "Cache writes", "cacheCreation"),
            Panel::new(PanelId::CacheReadRatio, "Input from cache", Visual::Stat, Unit::Share)
                .description("Cache reads as a share of all input tokens. Higher is cheaper.")
                // Cached by all, with each asked once: without cache reads, the quotient is infinite and the share 0.
                .query(once(format!("1 / (1 + {others} / {cached})"), "Input from cache")),
            Panel::new(PanelId::LinesChanged, "Lines changed", Visual::Stat, Unit::Count)
                .size(8, 4)
                .query(once(total(IN_ALL, Metric::Lines, "type"), "{{type}}")),
            Panel::new(PanelId::ActiveTime, "Active time", Visual::Stat, Unit::Seconds)
                .description("`user`: typing and reading. `cli`: tools running and the model responding.")
                .size(8, 4)
                .query(once(total(IN_ALL, Metric::ActiveTime, "type"), "{{type}}")),
            Panel::new(PanelId::LostData, "Lost data", Visual::Stat, Unit::Count)
                .description(
                    "Metric points, events, and spans that the collector refused or could not deliver, and events that \
                     Loki discarded. Metric points are stored by session and by agent, so each counts twice. Agents send \
                     again what was refused because a queue is full. The causes are in Lost data by cause.",
                )
                .query(once(growth(&[&receivers, &exporters], ""), "Lost data")),
            Panel::new(PanelId::LostDataByCause, "Lost data by cause", Visual::Bars, Unit::Count)
                .description(
                    "Some are counted twice here, to say why. `enqueue_failed`: a queue is full, so the receiver \
                     refused. `too_old`: a metric point is older than Prometheus takes. `out_of_order`, `out_of_bound`: \
                     Prometheus has another value for that time, or the time is in the future.",
                )
                .size(24, 6)
                .query(once(
                    growth(&[&receivers, &exporters, CAUSES], "counter, exporter, receiver, reason"),
                    "{{counter}} {{exporter}}{{receiver}} {{reason}}",
                )),
        ],
    }
}

/// Counters of data that was lost, each loss in one of them: what the receiver refused, what a store refused for good,
/// and what Loki discarded. One event that Loki refuses counts there; the collector would count its whole request. The
/// exporter `prometheus` only serves other scrapers.
fn lost() -> [String; 2] {
    [
        format!(r#"__name__=~"otelcol_receiver_(refused|failed)_.+|loki_discarded_samples_total", {NOT_RETRIED}"#),
        r#"__name__=~"otelcol_exporter_send_failed_.+", exporter!="prometheus", exporter!="otlp_http/loki""#.to_owned(),
    ]
}

/// Why the collector refused or could not deliver: a full queue, and samples that Prometheus does not take. Both are
/// part of what `lost` counts.
const CAUSES: &str = concat!(
    r#"__name__=~"otelcol_exporter_enqueue_failed_.+|prometheus_tsdb_(too_old|out_of_order|out_of_bound)_samples_total", "#,
    r#"exporter!="prometheus""#,
);

pub fn owners() -> Row {
    let bars = |id, title, unit, question| {
        Panel::new(id, title, Visual::Bars, unit).size(8, 8).query(Query::once(Prometheus, question, OWNER_NAME))
    };
    Row {
        id: PanelId::OwnersRow,
        title: "By project and agent",
        panels: vec![
            bars(PanelId::CostByOwner, "Estimated cost", Unit::Dollars, cost(IN_ALL, OWNER)),
            bars(PanelId::TokensByOwner, "Input and output tokens", Unit::Count, tokens(IN_ALL, "input|output", OWNER)),
            bars(PanelId::SessionsByOwner, "Sessions", Unit::Count, by_session().sessions(OWNER)),
            Panel::new(PanelId::LastStep, "What agents are doing", Visual::Table, Unit::Ago)
                .description(
                    "The last step of each agent. `user_prompt`, `tool_result`: the model is working. `tool_decision`: the \
                     call runs, unless it was rejected. `api_request`, `assistant_response`: the model answered; without a \
                     next step, its turn ended or it asks for a permission. `api_error`: a request failed. A long time \
                     since such a step means that it waits, is idle, or is stuck; the agents page of clawker-monitor tells \
                     which, from the whole session.",
                )
                .size(24, 8)
                .query(Query::once(Prometheus, last_step(), OWNER_NAME))
                .column("project", "Project", None)
                .column("agent", "Agent", None)
                .column("event_name", "Last step", None)
                .column("detail", "Detail", None)
                .column("Value #A", "Since", Some(Unit::Ago)),
            Panel::new(PanelId::LastSeen, "Last seen", Visual::Table, Unit::Ago)
                .description("Time of the last event.")
                .size(24, 6)
                .query(Query::once(Prometheus, last_event(OWNER), OWNER_NAME))
                .column("project", "Project", None)
                .column("agent", "Agent", None)
                .column("Value #A", "Last seen", Some(Unit::Ago)),
        ],
    }
}
