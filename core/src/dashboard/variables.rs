//! The dashboard's variables.

use serde_json::{Value, json};

use super::{datasource::Source, variable};
use crate::telemetry::CLAUDE_CODE_SERVICE;

/// When Grafana reloads the values. It then drops selected values that are missing from the list.
#[derive(Clone, Copy)]
enum Refresh {
    /// When the dashboard is opened, and when a variable used in the query changes.
    Once = 1,
    /// Also when the time range changes.
    WithTheRange = 2,
}

/// All variables, in the order they are shown.
///
/// Projects and agents come from Loki's labels: an agent's first event arrives seconds after its start, a metric only
/// after it has counted something.
///
/// The session is a text field, not a list. Loki only lists label values, and a label with one value per session would
/// create unlimited streams; Prometheus knows a session only after its first metric, and Grafana would replace an
/// unknown session with all of them. The table `Sessions` serves as the list: it comes from events and fills in this
/// field.
pub(super) fn all() -> Vec<Value> {
    let projects = r#", project=~"$project""#;
    let everyone = format!(r#"{{service_name="{CLAUDE_CODE_SERVICE}"}}"#);
    let agents = format!(r#"{{service_name="{CLAUDE_CODE_SERVICE}"{projects}}}"#);
    let containers = format!(r#"{{service_name="envoy", source="agent_map"{projects}, agent=~"$agent"}}"#);
    vec![
        choice(variable::PROJECT, "Project", &everyone, "project", Refresh::WithTheRange),
        choice(variable::AGENT, "Agent", &agents, "agent", Refresh::WithTheRange),
        text(
            variable::SESSION,
            "Session",
            "A session ID or its prefix; empty for all. Selecting a session in the Sessions table fills it in.",
        ),
        // An agent announces its address once; a shorter range without the announcement must not drop the selection.
        choice(variable::CLIENT_IP, "Container address (egress)", &containers, "client_ip", Refresh::Once),
    ]
}

/// A list of the values of a label in matching streams. Several values can be selected; `All` is a pattern that also
/// matches streams without the label, for agents without a project.
fn choice(name: &str, title: &str, streams: &str, label: &str, refresh: Refresh) -> Value {
    json!({
        "name": name,
        "label": title,
        "type": "query",
        "datasource": Source::Loki.reference(),
        // 1 is Grafana's number for "label values".
        "query": { "type": 1, "stream": streams, "label": label, "refId": label },
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        "refresh": refresh as u32,
        "sort": 1,
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}

/// A text field, initially empty.
fn text(name: &str, title: &str, description: &str) -> Value {
    json!({
        "name": name,
        "label": title,
        "description": description,
        "type": "textbox",
        "query": "",
        "options": [{ "text": "", "value": "", "selected": true }],
        "current": { "text": "", "value": "" },
    })
}
