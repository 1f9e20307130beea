//! Results of the work: lines, commits, pull requests, and edit decisions.

use crate::{
    dashboard::{
        PanelId,
        datasource::Source::Prometheus,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{Query, each_step, whole},
    },
    telemetry::stores::queries::deltas::Metric,
};

const EDITING_TOOLS: &str = r#"tool_name=~"Edit|MultiEdit|Write|NotebookEdit""#;

pub fn coding() -> Row {
    let once = |question, name| Query::once(Prometheus, question, name);
    let decisions = Metric::ToolDecisions.with(EDITING_TOOLS);
    let edits = whole().preferring(Metric::EditDecisions, decisions, "tool_name, decision");
    Row {
        id: PanelId::CodingRow,
        title: "Coding activity",
        panels: vec![
            Panel::new(PanelId::LinesOverTime, "Lines added and removed", Visual::StackedBars, Unit::Count)
                .query(Query::over_time(Prometheus, each_step().total(Metric::Lines, "type"), "{{type}}")),
            Panel::new(PanelId::Commits, "Commits and pull requests", Visual::Stat, Unit::Count)
                .size(4, 8)
                .query(once(whole().total(Metric::Commits, ""), "Commits"))
                .query(once(whole().total(Metric::PullRequests, ""), "Pull requests")),
            Panel::new(PanelId::EditDecisions, "Edits accepted and rejected", Visual::Bars, Unit::Count)
                .description("Decided by a user or by a rule.")
                .size(8, 8)
                .query(once(edits, "{{tool_name}}: {{decision}}")),
        ],
    }
}
