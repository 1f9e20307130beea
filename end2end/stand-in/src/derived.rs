//! The metrics that the collector derives from events, and what it stores by agent, as
//! `core/src/files/derived_metrics.rs` and the template `otel-config.yaml` configure it.

use crate::records::Labels;

/// A sample: the metric's name, its labels, and its value.
pub type Derived = (&'static str, Labels, f64);

const TOKENS: [(&str, &str); 4] = [
    ("input_tokens", "input"),
    ("output_tokens", "output"),
    ("cache_read_tokens", "cacheRead"),
    ("cache_creation_tokens", "cacheCreation"),
];

/// What has no sessions and is stored once.
const WITHOUT_SESSIONS: [&str; 5] = [
    "clawker_request_duration",
    "clawker_request_attempts",
    "clawker_tool_duration",
    "clawker_last_step",
    "clawker_managed_settings",
];

/// The events that tell what an agent is doing.
const STEPS: [&str; 9] = [
    "user_prompt",
    "api_request",
    "assistant_response",
    "api_error",
    "api_retries_exhausted",
    "api_refusal",
    "tool_decision",
    "tool_result",
    "hook_execution_start",
];

/// The labels that a series by agent keeps.
const BY_AGENT: [&str; 12] = [
    "project",
    "agent",
    "clawker_simulated",
    "service_version",
    "event_name",
    "model",
    "type",
    "status_code",
    "tool_name",
    "success",
    "decision",
    "temporality",
];

/// The series by agent of a series by session. `None` if it is stored once.
pub fn by_agent(name: &str, labels: &Labels) -> Option<(String, Labels)> {
    let kept = |label: &str| BY_AGENT.contains(&label);
    let labels = labels.iter().filter(|(label, _)| kept(label)).map(|(label, value)| (label.clone(), value.clone()));
    (!WITHOUT_SESSIONS.contains(&name)).then(|| (format!("agent_{name}"), labels.collect()))
}

/// The samples derived from an event of Claude Code at a time in milliseconds since 1970.
pub fn derive(event: &Labels, at: i64) -> Vec<Derived> {
    let with = |names: &[&str], more: &[(&str, &str)]| -> Labels {
        let names = ["project", "agent", "clawker_simulated"].iter().chain(names);
        let own = names.filter_map(|name| Some(((*name).to_owned(), event.get(*name)?.clone())));
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own.chain(more).collect()
    };
    let delta = [("temporality", "delta")];
    let number = |field: &str| event.get(field).and_then(|text| text.parse::<f64>().ok());
    let seconds = at.div_euclid(1000) as f64;
    let mut derived = vec![
        ("clawker_events", with(&["event_name", "session_id"], &delta), 1.0),
        ("clawker_last_event", with(&["session_id", "service_version"], &[]), seconds),
    ];
    let name = event.get("event_name").map_or("", String::as_str);
    if STEPS.contains(&name) {
        derived.push((
            "clawker_last_step",
            with(&["event_name", "tool_name", "decision", "hook_event"], &[]),
            at as f64,
        ));
    }
    match name {
        "api_request" => {
            let by = ["session_id", "model"];
            let cost = number("cost_usd").map(|cost| ("clawker_request_cost_usd", with(&by, &delta), cost));
            derived.extend(cost);
            derived.extend(TOKENS.iter().filter_map(|(field, kind)| {
                Some(("clawker_request_tokens", with(&by, &[delta[0], ("type", kind)]), number(field)?))
            }));
        }
        "api_error" => {
            let by = ["session_id", "model", "status_code"];
            derived.push(("clawker_request_errors", with(&by, &delta), 1.0));
            let attempts = number("attempt");
            derived.extend(attempts.map(|count| ("clawker_request_attempts", with(&by[1..], &delta), count)));
        }
        "tool_result" => {
            derived.push(("clawker_tool_calls", with(&["session_id", "tool_name", "success"], &delta), 1.0));
            let duration = number("duration_ms");
            derived.extend(duration.map(|ms| ("clawker_tool_duration", with(&["tool_name"], &delta), ms)));
        }
        "tool_decision" => {
            derived.push(("clawker_tool_decisions", with(&["session_id", "tool_name", "decision"], &delta), 1.0));
        }
        "managed_settings_resolved" => {
            let by = ["managed_settings_sources", "managed_settings_helper_applied"];
            derived.push(("clawker_managed_settings", with(&by, &[]), seconds));
        }
        _ => {}
    }
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_an_event_its_cost_and_its_tokens() {
        let event = [("agent", "a"), ("event_name", "api_request"), ("cost_usd", "0.5"), ("output_tokens", "7")];
        let event = event.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let derived = derive(&event, 5999);
        let text: Vec<String> =
            derived.iter().map(|(name, labels, value)| format!("{name} {labels:?} {value}")).collect();
        assert_eq!(
            text,
            [
                r#"clawker_events {"agent": "a", "event_name": "api_request", "temporality": "delta"} 1"#,
                r#"clawker_last_event {"agent": "a"} 5"#,
                r#"clawker_last_step {"agent": "a", "event_name": "api_request"} 5999"#,
                r#"clawker_request_cost_usd {"agent": "a", "temporality": "delta"} 0.5"#,
                r#"clawker_request_tokens {"agent": "a", "temporality": "delta", "type": "output"} 7"#,
            ]
        );
    }

    #[test]
    fn series_by_agent_have_no_sessions() {
        let labels: Labels = [("agent", "a"), ("session_id", "1"), ("user_id", "u"), ("type", "input")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let (name, kept) = by_agent("clawker_request_tokens", &labels).expect("it has sessions");
        assert_eq!(format!("{name} {kept:?}"), r#"agent_clawker_request_tokens {"agent": "a", "type": "input"}"#);
        assert_eq!(by_agent("clawker_tool_duration", &labels), None);
    }
}
