//! Tool calls: which tools, how long they take, and which fail.

use crate::{
    dashboard::{
        PanelId,
        datasource::Source::Prometheus,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{ALL_CALLS, EACH_STEP, FAILED_CALLS, IN_ALL, Query, all_sessions, total},
    },
    telemetry::stores::queries::deltas::Metric,
};

const TOOL: &str = "tool_name";
const TOOL_NAME: &str = "{{tool_name}}";

/// A rejected call has no result event; only its decision is logged.
const REJECTED: &str = r#"decision="reject""#;

pub fn tools() -> Row {
    let once = |question| Query::once(Prometheus, question, TOOL_NAME);
    let over_time = |question| Query::over_time(Prometheus, question, TOOL_NAME);
    let (all, failed) = (total(IN_ALL, ALL_CALLS, ""), total(IN_ALL, FAILED_CALLS, ""));
    let duration = all_sessions(IN_ALL).mean(Metric::ToolDuration, Metric::ToolCalls, TOOL);
    Row {
        id: PanelId::ToolsRow,
        title: "Tool usage",
        panels: vec![
            Panel::new(PanelId::ToolActivity, "Tool calls", Visual::StackedBars, Unit::Count).query(over_time(total(
                EACH_STEP,
                Metric::ToolCalls,
                TOOL,
            ))),
            Panel::new(PanelId::ToolFailures, "Failed tool calls", Visual::StackedBars, Unit::Count)
                .query(over_time(total(EACH_STEP, FAILED_CALLS, TOOL))),
            // Without failures they have no result; with calls, the rate is then 0.
            Panel::new(PanelId::ToolFailureRate, "Tool failure rate", Visual::Stat, Unit::Share)
                .size(4, 8)
                .query(Query::once(Prometheus, format!("({failed} or vector(0)) / {all}"), "Failed")),
            Panel::new(PanelId::SlowestTools, "Slowest tools (mean)", Visual::Bars, Unit::Milliseconds)
                .description("All sessions of the selected agents.")
                .size(10, 8)
                .query(once(format!("topk(10, {duration})"))),
            Panel::new(PanelId::TopFailingTools, "Top failing tools", Visual::Bars, Unit::Count)
                .size(10, 8)
                .query(once(format!("topk(10, {})", total(IN_ALL, FAILED_CALLS, TOOL)))),
            Panel::new(PanelId::ToolBreakdown, "All tools", Visual::Table, Unit::Count)
                .description("The mean duration is of all sessions of the selected agents.")
                .query(once(total(IN_ALL, Metric::ToolCalls, TOOL)))
                .query(once(total(IN_ALL, FAILED_CALLS, TOOL)))
                .query(once(duration))
                .query(once(total(IN_ALL, Metric::ToolDecisions.with(REJECTED), TOOL)))
                .column(TOOL, "Tool", None)
                .column("Value #A", "Calls", Some(Unit::Count))
                .column("Value #B", "Failed", Some(Unit::Count))
                .column("Value #C", "Mean duration", Some(Unit::Milliseconds))
                .column("Value #D", "Rejected", Some(Unit::Count)),
        ],
    }
}
