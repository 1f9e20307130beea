//! The choices above the dashboard.

use serde_json::{Value, json};

use super::{datasource::Source, variable};
use crate::telemetry::CLAUDE_CODE_SERVICE;

/// When Grafana asks for the values to choose from. It then drops a chosen value that is not among them.
#[derive(Clone, Copy)]
enum Refresh {
    /// When the dashboard is opened, and whenever a choice that the question names changes.
    Once = 1,
    /// Whenever the time range changes as well.
    WithTheRange = 2,
}

/// All of them, in the order in which they are shown.
///
/// Projects and agents come from Loki's labels: an agent's first event is there seconds after its start, a metric only
/// once it has counted something.
///
/// A session is a text to fill in, not a list to choose from. Loki lists values of labels only, and a label with a
/// value for each session would make streams without end; Prometheus knows a session only from its first metric on,
/// and Grafana would replace a chosen session that Prometheus does not list by all of them. The table `Sessions` is the
/// list: it comes from events, begins with a session's first one, and fills this text in.
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
        // An agent says its address once; a shorter range that lacks this must not take the choice back.
        choice(variable::CLIENT_IP, "Container address (egress)", &containers, "client_ip", Refresh::Once),
    ]
}

/// The values of a label among the streams that match. Several can be chosen, and `All` is a pattern that also takes
/// what has no such label: an agent without a project.
fn choice(name: &str, title: &str, streams: &str, label: &str, refresh: Refresh) -> Value {
    json!({
        "name": name,
        "label": title,
        "type": "query",
        "datasource": Source::Loki.reference(),
        // 1 is Grafana's number for "the values of a label".
        "query": { "type": 1, "stream": streams, "label": label, "refId": label },
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        "refresh": refresh as u32,
        "sort": 1,
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}

/// A text that people fill in; empty at first.
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
