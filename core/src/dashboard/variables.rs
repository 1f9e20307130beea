//! The dashboard's variables.

use serde_json::{Value, json};

use super::{datasource::Source, query::SHOWN, simulated, variable};

/// When Grafana reloads the values. It then drops selected values that are missing from the list.
#[derive(Clone, Copy)]
enum Refresh {
    /// When the dashboard is opened, and when a variable used in the query changes.
    Once = 1,
    /// Also when the time range changes.
    WithTheRange = 2,
}

/// What lists projects and agents: everyone who sends events has the one, everyone who sends metrics the other.
const EVERYONE: &str = r#"__name__=~"agent_clawker_last_(event|metric)""#;

/// All variables, in the order they are shown.
///
/// The session is a text field, not a list: a list of all sessions of the range would be long, and Grafana would replace
/// a session that is not in the list with all of them. The table `Sessions` serves as the list and fills in this field.
pub(super) fn all() -> Vec<Value> {
    let projects = format!("{EVERYONE}, {SHOWN}");
    let agents = format!(r#"{projects}, project=~"$project""#);
    let containers = r#"{service_name="envoy", source="agent_map", project=~"$project", agent=~"$agent"}"#;
    vec![
        choice(variable::PROJECT, "Project", Refresh::WithTheRange, Source::Prometheus, &projects, "project"),
        choice(variable::AGENT, "Agent", Refresh::WithTheRange, Source::Prometheus, &agents, "agent"),
        text(
            variable::SESSION,
            "Session",
            "A session ID or its prefix; empty for all. Selecting a session in the Sessions table fills it in.",
        ),
        options(
            variable::SIMULATED,
            "Simulated agents",
            "Data of `clawker-monitor simulate`. It is in no number unless you show it.",
            &[("Hide", simulated::HIDE), ("Show", simulated::SHOW), ("Only", simulated::ONLY)],
        ),
        // An agent announces its address once; a shorter range without the announcement must not drop the selection.
        choice(variable::CLIENT_IP, "Container address (egress)", Refresh::Once, Source::Loki, containers, "client_ip"),
    ]
}

/// A list of the values of a label in matching series or streams. Several values can be selected; `All` is a pattern
/// that also matches those without the label, for agents without a project.
fn choice(name: &str, title: &str, refresh: Refresh, source: Source, among: &str, label: &str) -> Value {
    let query = match source {
        // 1 is Grafana's number for "label values", in both data sources.
        Source::Loki => json!({ "type": 1, "stream": among, "label": label, "refId": label }),
        Source::Prometheus => {
            json!({ "qryType": 1, "query": format!("label_values({{{among}}}, {label})"), "refId": label })
        }
    };
    json!({
        "name": name,
        "label": title,
        "type": "query",
        "datasource": source.reference(),
        "query": query,
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        "refresh": refresh as u32,
        "sort": 1,
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}

/// A fixed list of options, of which the first is selected initially. Texts and values contain no commas or colons.
fn options(name: &str, title: &str, description: &str, options: &[(&str, &str)]) -> Value {
    let all: Vec<Value> = options
        .iter()
        .enumerate()
        .map(|(place, (text, value))| json!({ "text": text, "value": value, "selected": place == 0 }))
        .collect();
    let query: Vec<String> = options.iter().map(|(text, value)| format!("{text} : {value}")).collect();
    json!({
        "name": name,
        "label": title,
        "description": description,
        "type": "custom",
        "query": query.join(", "),
        "includeAll": false,
        "multi": false,
        "current": all.first(),
        "options": all,
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
