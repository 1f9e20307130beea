//! The dashboard's queries to Loki and Prometheus. Cost, tokens, and tool calls come from Loki, where each event is one
//! line and sums are exact; Prometheus is only used for data without events: active time, lines, commits, pull
//! requests.
//!
//! The query forms are shared with the panel in `telemetry::stores::queries`; here they get Grafana's variables.

use serde_json::{Value, json};

use super::{datasource::Source, panel::Visual};
use crate::telemetry::{
    CLAUDE_CODE_SERVICE,
    stores::queries::{logql, promql},
};

pub(super) use logql::{count, mean, quantile, sum};

/// The dashboard's whole range, for single numbers.
pub(super) const WHOLE: &str = "$__range";
/// One step of a graph, as Loki's data source calls it.
pub(super) const STEP: &str = "$__auto";
/// One step of a graph, as Prometheus' data source calls it.
const INTERVAL: &str = "$__interval";

/// A query to one store.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub source: Source,
    pub expression: String,
    /// The name of a series in Grafana's template syntax: `{{model}}`.
    pub legend: &'static str,
    /// One result for the whole range instead of one per step.
    pub instant: bool,
}

impl Query {
    /// One result for the whole range.
    pub fn once(source: Source, expression: String, legend: &'static str) -> Query {
        Query { source, expression, legend, instant: true }
    }

    /// One result per step, or the lines themselves.
    pub fn over_time(source: Source, expression: String, legend: &'static str) -> Query {
        Query { source, expression, legend, instant: false }
    }

    pub fn to_json(&self, letter: &str, visual: Visual) -> Value {
        let mut target = json!({
            "refId": letter,
            "datasource": self.source.reference(),
            "expr": self.expression,
            "legendFormat": self.legend,
        });
        match self.source {
            Source::Loki => target["queryType"] = if self.instant { "instant" } else { "range" }.into(),
            Source::Prometheus => {
                target["instant"] = self.instant.into();
                target["range"] = (!self.instant).into();
                target["format"] = "time_series".into();
            }
        }
        if visual == Visual::Logs {
            target["maxLines"] = 500.into();
        }
        target
    }
}

/// All events of the selected agents.
pub(super) fn events() -> String {
    format!(
        r#"{{service_name="{CLAUDE_CODE_SERVICE}"}} | project=~"$project" | agent=~"$agent" | session_id=~"$session_id.*""#
    )
}

/// The events with one name.
pub(super) fn event(name: &str) -> String {
    format!(r#"{} | event_name="{name}""#, events())
}

/// Distinct sessions of the selected agents, grouped by these labels.
pub(super) fn sessions(by: &str) -> String {
    logql::sessions(&events(), WHOLE, by)
}

/// Time of the last matching line in milliseconds since 1970, grouped by these labels.
pub(super) fn last_seen(lines: &str, by: &str) -> String {
    format!("{} * 1000", logql::last_seen(lines, WHOLE, by))
}

/// Growth of one of Claude Code's counters over the whole range, grouped by these labels.
pub(super) fn growth(metric: &str, by: &str) -> String {
    promql::growth(&counter(metric), WHOLE, by, promql::Counts::Whole)
}

/// Growth of one of Claude Code's counters per step, grouped by these labels.
pub(super) fn growth_over_time(metric: &str, by: &str) -> String {
    promql::growth_over_time(&counter(metric), INTERVAL, by)
}

/// Total growth of all counters with matching names over the whole range.
pub(super) fn growth_of_all(names: &str) -> String {
    promql::growth_of_all(names, WHOLE, "")
}

fn counter(metric: &str) -> String {
    format!(r#"{metric}{{project=~"$project", agent=~"$agent", session_id=~"$session_id.*"}}"#)
}
