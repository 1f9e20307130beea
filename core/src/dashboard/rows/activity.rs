//! Results of the work: lines, commits, pull requests, and edit decisions.

use crate::{
    dashboard::{
        PanelId,
        datasource::Source::Prometheus,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{EACH_STEP, IN_ALL, Query, edits, total},
    },
    telemetry::stores::queries::deltas::Metric,
};

pub fn coding() -> Row {
    let once = |question, name| Query::once(Prometheus, question, name);
    Row {
        id: PanelId::CodingRow,
        title: "Coding activity",
        panels: vec![
            Panel::new(PanelId::LinesOverTime, "Lines added and removed", Visual::StackedBars, Unit::Count)
                .query(Query::over_time(Prometheus, total(EACH_STEP, Metric::Lines, "type"), "{{type}}")),
            Panel::new(PanelId::Commits, "Commits and pull requests", Visual::Stat, Unit::Count)
                .size(4, 8)
                .query(once(total(IN_ALL, Metric::Commits, ""), "Commits"))
                .query(once(total(IN_ALL, Metric::PullRequests, ""), "Pull requests")),
            Panel::new(PanelId::EditDecisions, "Edits accepted and rejected", Visual::Bars, Unit::Count)
                .description("Decided by a user or by a rule.")
                .size(8, 8)
                .query(once(edits("tool_name, decision"), "{{tool_name}}: {{decision}}")),
        ],
    }
}
