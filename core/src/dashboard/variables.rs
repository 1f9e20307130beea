//! The choices above the dashboard.

use serde_json::{Value, json};

use super::{datasource::Source, query::EVENTS, variable};

/// All of them, in the order in which they are shown.
///
/// Projects and agents come from Loki's labels: an agent's first event is there seconds after its start, a metric only
/// once it has counted something. A session is no label of Loki's, so sessions come from the first metric that any
/// session sends.
pub(super) fn all() -> Vec<Value> {
    let projects = r#", project=~"$project""#;
    let agents = format!(r#"{{service_name="{EVENTS}"{projects}}}"#);
    let containers = format!(r#"{{service_name="envoy", source="agent_map"{projects}, agent=~"$agent"}}"#);
    vec![
        choice(
            variable::PROJECT,
            "Project",
            Source::Loki,
            label(&format!(r#"{{service_name="{EVENTS}"}}"#), "project"),
        ),
        choice(variable::AGENT, "Agent", Source::Loki, label(&agents, "agent")),
        choice(
            variable::SESSION,
            "Session",
            Source::Prometheus,
            json!({
                "query": r#"label_values({__name__=~"claude_code_.+", project=~"$project", agent=~"$agent"}, session_id)"#,
                "refId": "sessions",
            }),
        ),
        choice(variable::CLIENT_IP, "Container address (egress)", Source::Loki, label(&containers, "client_ip")),
    ]
}

/// Loki's form of "the values of a label among the streams that match"; 1 is that kind of question.
fn label(streams: &str, label: &str) -> Value {
    json!({ "type": 1, "stream": streams, "label": label, "refId": label })
}

/// Several can be chosen, and `All` is a pattern that also takes what has no such label: an agent without a project.
fn choice(name: &str, label: &str, source: Source, query: Value) -> Value {
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": source.reference(),
        "query": query,
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        // Asked again whenever the time range changes.
        "refresh": 2,
        "sort": 1,
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}
