//! The metrics that the collector derives from Claude Code's events and data points. `telemetry::stores::queries` asks
//! Prometheus for them.
//!
//! In Prometheus, dots become underscores, and there is no suffix, because the sums are not declared monotonic (run with
//! collector 0.148 and Prometheus 3.10).

use crate::telemetry::stores::queries::ACTIVITY_EVENTS;

/// A metric of the connector `signal_to_metrics`. Its texts contain no single quotes, in which the template puts them.
pub(super) struct DerivedMetric {
    pub name: &'static str,
    pub description: &'static str,
    /// The resource attributes that are kept; the others would multiply the series.
    pub resource: Vec<&'static str>,
    /// Empty for all.
    pub condition: String,
    pub attributes: Vec<Attribute>,
    /// `sum`, `gauge` or `exponential_histogram`.
    pub kind: &'static str,
    pub value: String,
}

/// An attribute of the metric, which becomes a label.
pub(super) enum Attribute {
    /// Only events that have it count.
    Required(&'static str),
    /// Events without it count as well.
    Optional(&'static str),
    /// Always has this value: events have no attribute of this name.
    Fixed(&'static str, &'static str),
}

impl Attribute {
    /// As a YAML flow mapping.
    pub fn to_yaml(&self) -> String {
        match self {
            Attribute::Required(key) => format!("{{key: {key}}}"),
            Attribute::Optional(key) => format!("{{key: {key}, optional: true}}"),
            Attribute::Fixed(key, value) => format!("{{key: {key}, default_value: {value}}}"),
        }
    }
}

const OWNER: [&str; 3] = ["project", "agent", "clawker.simulated"];
const SESSION: &str = "session.id";

/// What a series by agent keeps of a series by session.
pub(super) const BY_AGENT_ATTRIBUTES: [&str; 11] = [
    OWNER[0],
    OWNER[1],
    OWNER[2],
    "service.version",
    "event.name",
    "model",
    "type",
    "status_code",
    "tool_name",
    "success",
    "decision",
];

/// The fields of a request with a number of tokens, and the types that Claude Code's own metric has for them.
const TOKENS: [(&str, &str); 4] = [
    ("input_tokens", "input"),
    ("output_tokens", "output"),
    ("cache_read_tokens", "cacheRead"),
    ("cache_creation_tokens", "cacheCreation"),
];

/// The metrics derived from Claude Code's own data points.
pub(super) fn derived_from_metrics() -> Vec<DerivedMetric> {
    vec![DerivedMetric {
        condition: r#"IsMatch(metric.name, "^claude_code[.]")"#.to_owned(),
        value: "UnixSeconds(datapoint.time)".to_owned(),
        ..time("clawker.last_metric", "Time of the last data point in seconds since 1970", None).by(&[SESSION])
    }]
}

/// The metrics derived from events.
pub(super) fn derived_from_events() -> Vec<DerivedMetric> {
    let requests = "api_request";
    let mut metrics = vec![
        DerivedMetric {
            attributes: vec![Attribute::Required("event.name"), Attribute::Optional(SESSION)],
            ..count("clawker.events", "Events", None)
        },
        sum("clawker.request.cost_usd", "Estimated cost of requests in US dollars", requests, "cost_usd")
            .by(&[SESSION, "model"]),
    ];
    metrics.extend(TOKENS.map(|(field, kind)| {
        let mut metric =
            sum("clawker.request.tokens", "Tokens of requests by type", requests, field).by(&[SESSION, "model"]);
        metric.attributes.push(Attribute::Fixed("type", kind));
        metric
    }));
    metrics.extend([
        DerivedMetric {
            kind: "exponential_histogram",
            ..sum("clawker.request.duration", "Duration of requests in milliseconds", requests, "duration_ms")
                .by(&["model"])
        },
        count("clawker.request.errors", "Requests that failed after all retries", Some("api_error")).by(&[
            SESSION,
            "model",
            "status_code",
        ]),
        sum("clawker.request.attempts", "Attempts of requests that failed", "api_error", "attempt")
            .by(&["model", "status_code"]),
        count("clawker.tool.calls", "Tool calls that ran", Some("tool_result")).by(&[SESSION, "tool_name", "success"]),
        sum("clawker.tool.duration", "Duration of tool calls in milliseconds", "tool_result", "duration_ms")
            .by(&["tool_name"]),
        count("clawker.tool.decisions", "Decisions about tool calls", Some("tool_decision")).by(&[
            SESSION,
            "tool_name",
            "decision",
        ]),
        DerivedMetric {
            resource: [&OWNER[..], &["service.version"]].concat(),
            ..time("clawker.last_event", "Time of the last event in seconds since 1970", None).by(&[SESSION])
        },
        DerivedMetric {
            condition: format!(r#"IsMatch(log.attributes["event.name"], "^({})$")"#, ACTIVITY_EVENTS.join("|")),
            // Two steps within a second have an order.
            value: "UnixMilli(log.time)".to_owned(),
            ..time(
                "clawker.last_step",
                "Time of the last event of its kind that tells what an agent is doing in milliseconds since 1970",
                None,
            )
            .by(&["event.name", "tool_name", "decision", "hook_event"])
        },
        time(
            "clawker.managed_settings",
            "Time of the last report on managed settings in seconds since 1970",
            Some("managed_settings_resolved"),
        )
        .by(&["managed_settings.sources", "managed_settings.helper.applied"]),
    ]);
    metrics
}

impl DerivedMetric {
    /// Whether it is also stored by agent.
    pub fn has_session(&self) -> bool {
        self.attributes.iter().any(|attribute| matches!(attribute, Attribute::Optional(key) if *key == SESSION))
    }

    fn by(self, keys: &[&'static str]) -> DerivedMetric {
        DerivedMetric { attributes: keys.iter().copied().map(Attribute::Optional).collect(), ..self }
    }
}

/// The number of events with this name, or of all.
fn count(name: &'static str, description: &'static str, event: Option<&str>) -> DerivedMetric {
    DerivedMetric {
        name,
        description,
        resource: OWNER.to_vec(),
        condition: event.map(is_event).unwrap_or_default(),
        attributes: Vec::new(),
        kind: "sum",
        value: "1".to_owned(),
    }
}

/// The sum of a field. Claude Code before 2.1.122 sends numbers as text.
fn sum(name: &'static str, description: &'static str, event: &str, field: &str) -> DerivedMetric {
    DerivedMetric {
        condition: format!(r#"{} and log.attributes["{field}"] != nil"#, is_event(event)),
        value: format!(r#"Double(log.attributes["{field}"])"#),
        ..count(name, description, None)
    }
}

/// When the last event was sent.
fn time(name: &'static str, description: &'static str, event: Option<&str>) -> DerivedMetric {
    DerivedMetric { kind: "gauge", value: "UnixSeconds(log.time)".to_owned(), ..count(name, description, event) }
}

fn is_event(name: &str) -> String {
    format!(r#"log.attributes["event.name"] == "{name}""#)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::telemetry::stores::queries::deltas::Metric;

    #[test]
    fn what_is_queried_is_what_is_derived() {
        let all = derived_from_events().into_iter().chain(derived_from_metrics());
        let derived: BTreeSet<(String, bool)> =
            all.map(|metric| (metric.name.replace('.', "_"), metric.has_session())).collect();
        let names = Metric::ALL.into_iter().map(|metric| (metric.name().to_owned(), metric.has_session()));
        let queried: BTreeSet<(String, bool)> = names.filter(|(name, _)| name.starts_with("clawker_")).collect();
        assert_eq!(queried, derived);
    }
}
