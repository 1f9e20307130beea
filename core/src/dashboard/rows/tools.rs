//! Tool calls: which tools, how long they take, and which fail.

use crate::dashboard::{
    PanelId,
    datasource::Source::Loki,
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, STEP, WHOLE, count, event, mean},
};

const TOOL: &str = "tool_name";
const TOOL_NAME: &str = "{{tool_name}}";

pub fn tools() -> Row {
    let results = event("tool_result");
    let failures = format!(r#"{results} | success="false""#);
    let (all, failed) = (count(&results, WHOLE, ""), count(&failures, WHOLE, ""));
    Row {
        id: PanelId::ToolsRow,
        title: "Tool usage",
        panels: vec![
            Panel::new(PanelId::ToolActivity, "Tool calls", Visual::StackedBars, Unit::Count).query(Query::over_time(
                Loki,
                count(&results, STEP, TOOL),
                TOOL_NAME,
            )),
            Panel::new(PanelId::ToolFailures, "Failed tool calls", Visual::StackedBars, Unit::Count)
                .query(Query::over_time(Loki, count(&failures, STEP, TOOL), TOOL_NAME)),
            // Without failures there is no result; with calls, the rate is then 0.
            Panel::new(PanelId::ToolFailureRate, "Tool failure rate", Visual::Stat, Unit::Share)
                .size(4, 8)
                .query(Query::once(Loki, format!("({failed} or {all} * 0) / {all}"), "Failed")),
            Panel::new(PanelId::SlowestTools, "Slowest tools (mean)", Visual::Bars, Unit::Milliseconds)
                .size(10, 8)
                .query(Query::once(
                    Loki,
                    format!("topk(10, {})", mean(&results, "duration_ms", WHOLE, TOOL)),
                    TOOL_NAME,
                )),
            Panel::new(PanelId::TopFailingTools, "Top failing tools", Visual::Bars, Unit::Count)
                .size(10, 8)
                .query(Query::once(Loki, format!("topk(10, {})", count(&failures, WHOLE, TOOL)), TOOL_NAME)),
            Panel::new(PanelId::ToolBreakdown, "All tools", Visual::Table, Unit::Count)
                .query(Query::once(Loki, count(&results, WHOLE, TOOL), TOOL_NAME))
                .query(Query::once(Loki, count(&failures, WHOLE, TOOL), TOOL_NAME))
                .query(Query::once(Loki, mean(&results, "duration_ms", WHOLE, TOOL), TOOL_NAME))
                .query(Query::once(Loki, rejections(), TOOL_NAME))
                .column(TOOL, "Tool", None)
                .column("Value #A", "Calls", Some(Unit::Count))
                .column("Value #B", "Failed", Some(Unit::Count))
                .column("Value #C", "Mean duration", Some(Unit::Milliseconds))
                .column("Value #D", "Rejected", Some(Unit::Count)),
        ],
    }
}

/// A rejected call has no result event; only its decision is logged.
fn rejections() -> String {
    count(&format!(r#"{} | decision="reject""#, event("tool_decision")), WHOLE, TOOL)
}
