//! Results of the work: lines, commits, pull requests, and edit decisions.

use crate::dashboard::{
    PanelId,
    datasource::Source::{Loki, Prometheus},
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, WHOLE, count, event, growth, growth_over_time},
};

pub fn coding() -> Row {
    let edits = format!(r#"{} | tool_name=~"Edit|MultiEdit|Write|NotebookEdit""#, event("tool_decision"));
    Row {
        id: PanelId::CodingRow,
        title: "Coding activity",
        panels: vec![
            Panel::new(PanelId::LinesOverTime, "Lines added and removed", Visual::StackedBars, Unit::Count).query(
                Query::over_time(
                    Prometheus,
                    growth_over_time("claude_code_lines_of_code_count_total", "type"),
                    "{{type}}",
                ),
            ),
            Panel::new(PanelId::Commits, "Commits and pull requests", Visual::Stat, Unit::Count)
                .size(4, 8)
                .query(Query::once(Prometheus, growth("claude_code_commit_count_total", ""), "Commits"))
                .query(Query::once(Prometheus, growth("claude_code_pull_request_count_total", ""), "Pull requests")),
            Panel::new(PanelId::EditDecisions, "Edits accepted and rejected", Visual::Bars, Unit::Count)
                .description("Decided by a user or by a rule.")
                .size(8, 8)
                .query(Query::once(Loki, count(&edits, WHOLE, "tool_name, decision"), "{{tool_name}}: {{decision}}")),
        ],
    }
}
