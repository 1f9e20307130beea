//! Individual sessions and events.

use super::OWNER;
use crate::{
    dashboard::{
        PanelId, UID,
        datasource::Source::{Loki, Prometheus},
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{
            ALL_CALLS, Query, by_session, cost_by_session, event, events as every_event, last_event, tokens_by_session,
        },
        variable,
    },
    telemetry::stores::queries::deltas::Metric,
};

/// One line of text per event: its name and the fields it has.
const SHORT: &str = concat!(
    "| line_format `{{.event_name}}",
    "{{with .tool_name}} {{.}}{{end}}{{with .model}} {{.}}{{end}}{{with .decision}} {{.}}{{end}}",
    "{{with .success}} success={{.}}{{end}}{{with .duration_ms}} {{.}} ms{{end}}{{with .cost_usd}} {{.}} USD{{end}}",
    "{{with .input_tokens}} in={{.}}{{end}}{{with .output_tokens}} out={{.}}{{end}}",
    "{{with .status_code}} status={{.}}{{end}}{{with .error}} {{.}}{{end}}",
    "{{with .tool_parameters}} {{.}}{{end}}{{with .prompt}} {{.}}{{end}}`",
);

pub fn session() -> Row {
    let by = format!("{OWNER}, session_id");
    let choose = format!(
        "/d/{UID}?${{__url_time_range}}&${{{project}:queryparam}}&${{{agent}:queryparam}}&${{{simulated}:queryparam}}&var-{session}=${{__value.raw}}",
        project = variable::PROJECT,
        agent = variable::AGENT,
        simulated = variable::SIMULATED,
        session = variable::SESSION,
    );
    let table = Panel::new(PanelId::SessionTable, "Sessions", Visual::Table, Unit::Count)
        .description("Select a session to filter by it. Clear the Session field above to see all sessions.")
        .column("session_id", "Session", None)
        .linked("Show only this session", choose)
        .column("project", "Project", None)
        .column("agent", "Agent", None)
        .column("Value #A", "Estimated cost", Some(Unit::Dollars))
        .column("Value #B", "Requests", Some(Unit::Count))
        .column("Value #C", "Output tokens", Some(Unit::Count))
        .column("Value #D", "Tool calls", Some(Unit::Count))
        .column("Value #E", "Last seen", Some(Unit::Ago));
    let questions = [
        cost_by_session(&by),
        by_session().total(Metric::Events.with(r#"event_name="api_request""#), &by),
        tokens_by_session("output", &by),
        by_session().total(ALL_CALLS, &by),
        last_event(&by),
    ];
    Row {
        id: PanelId::SessionRow,
        title: "Session detail",
        panels: vec![
            questions
                .into_iter()
                .fold(table, |table, question| table.query(Query::once(Prometheus, question, "{{session_id}}"))),
            logs(PanelId::SessionTimeline, "All events of the selected sessions", &every_event()).size(24, 14),
        ],
    }
}

pub fn events() -> Row {
    let any = |names: &str| format!(r#"{} | event_name=~"{names}""#, every_event());
    Row {
        id: PanelId::EventsRow,
        title: "Events",
        panels: vec![
            logs(PanelId::ApiRequests, "Requests", &event("api_request")).size(12, 10),
            logs(PanelId::ToolEvents, "Tools", &any("tool_result|tool_decision")).size(12, 10),
            logs(PanelId::Errors, "Errors", &any("api_error|api_retries_exhausted|api_refusal|internal_error")),
        ],
    }
}

fn logs(id: PanelId, title: &'static str, lines: &str) -> Panel {
    Panel::new(id, title, Visual::Logs, Unit::Count).query(Query::over_time(Loki, format!("{lines} {SHORT}"), ""))
}
