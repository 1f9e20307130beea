//! The questions to Loki and Prometheus. Cost, tokens and tool calls are asked of Loki, where each event is one line
//! and a sum is exact; Prometheus is asked only for what no event says: active time, lines, commits, pull requests.
//!
//! The forms are `telemetry::stores::queries`', in which the panel asks as well; here they get Grafana's variables.

use serde_json::{Value, json};

use super::{datasource::Source, panel::Visual};
use crate::telemetry::{
    CLAUDE_CODE_SERVICE,
    stores::queries::{logql, promql},
};

pub(super) use logql::{count, mean, quantile, sum};

/// The whole range of the dashboard, for one number.
pub(super) const WHOLE: &str = "$__range";
/// One step of a graph; Loki's data source knows this variable.
pub(super) const STEP: &str = "$__auto";
/// One step of a graph, as Prometheus' data source calls it.
const INTERVAL: &str = "$__interval";

/// A question to one store.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub source: Source,
    pub expression: String,
    /// How a series is called, in Grafana's template: `{{model}}`.
    pub legend: &'static str,
    /// One answer for the whole range, not one for each step.
    pub instant: bool,
}

impl Query {
    /// One answer for the whole range.
    pub fn once(source: Source, expression: String, legend: &'static str) -> Query {
        Query { source, expression, legend, instant: true }
    }

    /// An answer for each step of a graph, or the lines themselves.
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

/// Every event of the chosen agents.
pub(super) fn events() -> String {
    format!(
        r#"{{service_name="{CLAUDE_CODE_SERVICE}"}} | project=~"$project" | agent=~"$agent" | session_id=~"$session_id.*""#
    )
}

/// The events with one name.
pub(super) fn event(name: &str) -> String {
    format!(r#"{} | event_name="{name}""#, events())
}

/// Different sessions of the chosen agents, by these labels.
pub(super) fn sessions(by: &str) -> String {
    logql::sessions(&events(), WHOLE, by)
}

/// When such a line was written last, in milliseconds since 1970, by these labels.
pub(super) fn last_seen(lines: &str, by: &str) -> String {
    format!("{} * 1000", logql::last_seen(lines, WHOLE, by))
}

/// How much a counter of Claude Code grew over the whole range, by these labels.
pub(super) fn growth(metric: &str, by: &str) -> String {
    promql::growth(&counter(metric), WHOLE, by, promql::Counts::Whole)
}

/// How much a counter of Claude Code grows in each step of a graph, by these labels.
pub(super) fn growth_over_time(metric: &str, by: &str) -> String {
    promql::growth_over_time(&counter(metric), INTERVAL, by)
}

/// How much all the counters grew whose names match, over the whole range, in one number.
pub(super) fn growth_of_all(names: &str) -> String {
    promql::growth_of_all(names, WHOLE, "")
}

fn counter(metric: &str) -> String {
    format!(r#"{metric}{{project=~"$project", agent=~"$agent", session_id=~"$session_id.*"}}"#)
}
