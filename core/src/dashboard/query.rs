//! The dashboard's queries. Numbers come from Prometheus, also those about events, from which the collector derives
//! metrics; their cost does not grow with the number of events. Loki is asked for lists of events only.
//!
//! The query forms are shared with the panel in `telemetry::stores::queries`; here they get Grafana's variables.

use serde_json::{Value, json};

use super::{datasource::Source, panel::Visual};
use crate::telemetry::{
    CLAUDE_CODE_SERVICE,
    stores::queries::{
        deltas::{Deltas, Metric, Selection},
        logql, promql,
    },
};

pub(super) use logql::count;

/// The dashboard's whole range, for single numbers.
pub(super) const WHOLE: &str = "$__range";
/// One step of a graph, as Loki's data source calls it.
pub(super) const STEP: &str = "$__auto";
/// One step of a graph, as Prometheus' data source calls it. It equals the interval at which the query is evaluated,
/// which is what makes the steps of a graph adjacent.
const INTERVAL: &str = "$__interval";
/// The shortest step of a graph. Agents send metrics every 10 s by Clawker's default.
const MINIMUM_STEP: &str = "15s";
/// Maximum number of lines in a list of events.
pub(super) const MAX_LINES: u32 = 500;

/// The data that may be shown: real data, unless simulated data is asked for.
pub(super) const SHOWN: &str = r#"clawker_simulated=~"$simulated""#;
const OWNERS: &str = r#"project=~"$project", agent=~"$agent", clawker_simulated=~"$simulated""#;
const SESSIONS: &str = r#"session_id=~"$session_id.*""#;
/// As long as no session is chosen, numbers are read by agent, else by session. The matchers let only one of the two find
/// anything, and `temporality` is on every delta.
const OWNERS_UNLESS_SESSION: &str =
    r#"project=~"$project", agent=~"$agent", clawker_simulated=~"$simulated", temporality=~"delta$session_id""#;
const SESSIONS_IF_CHOSEN: &str = r#"session_id=~"$session_id.*", temporality!~"delta$session_id""#;

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

    /// Whether Loki has to read all matching lines to answer, and not just the newest: every aggregation of LogQL begins
    /// with a function, every list of lines with a selector.
    pub fn aggregates_lines(&self) -> bool {
        self.source == Source::Loki && !self.expression.starts_with('{')
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
                if !self.instant {
                    target["interval"] = MINIMUM_STEP.into();
                }
            }
        }
        if visual == Visual::Logs {
            target["maxLines"] = MAX_LINES.into();
            target["direction"] = "backward".into();
        }
        target
    }
}

/// One number for the whole range.
pub(super) const IN_ALL: Deltas<'static> = Deltas::within(WHOLE);
/// One number for each step of a graph.
pub(super) const EACH_STEP: Deltas<'static> = Deltas::in_steps(INTERVAL, WHOLE);

/// A number of the selected agents, or of the session if one is chosen.
fn chosen(time: Deltas<'static>, number: impl Fn(Deltas<'static>) -> String) -> String {
    let by_agent = number(time.of_owners(OWNERS_UNLESS_SESSION));
    let by_session = number(time.of_owners(OWNERS).of_sessions(SESSIONS_IF_CHOSEN));
    format!("({by_agent} or {by_session})")
}

/// Sum of a metric, grouped by these labels.
pub(super) fn total(time: Deltas<'static>, of: impl Into<Selection<'static>>, by: &str) -> String {
    let of = of.into();
    chosen(time, |deltas| deltas.total(of, by))
}

/// Cost in dollars, grouped by these labels.
pub(super) fn cost(time: Deltas<'static>, by: &str) -> String {
    chosen(time, |deltas| deltas.preferring(Metric::Cost, Metric::RequestCost, by))
}

/// Tokens, grouped by these labels. `types` is a pattern of values of the label `type`; empty for all.
pub(super) fn tokens(time: Deltas<'static>, types: &str, by: &str) -> String {
    chosen(time, |deltas| tokens_of(deltas, types, by))
}

/// Cost in dollars, grouped by these labels, one of which is `session_id`.
pub(super) fn cost_by_session(by: &str) -> String {
    by_session().preferring(Metric::Cost, Metric::RequestCost, by)
}

/// Tokens of these types, grouped by these labels, one of which is `session_id`.
pub(super) fn tokens_by_session(types: &str, by: &str) -> String {
    tokens_of(by_session(), types, by)
}

fn tokens_of(deltas: Deltas<'static>, types: &str, by: &str) -> String {
    let matcher = if types.is_empty() { String::new() } else { format!(r#"type=~"{types}""#) };
    let [own, derived] = [Metric::Tokens, Metric::RequestTokens].map(|metric| metric.with(&matcher));
    deltas.preferring(own, derived, by)
}

/// Decisions on edits, grouped by these labels.
pub(super) fn edits(by: &str) -> String {
    let derived = Metric::ToolDecisions.with(r#"tool_name=~"Edit|MultiEdit|Write|NotebookEdit""#);
    chosen(IN_ALL, |deltas| deltas.preferring(Metric::EditDecisions, derived, by))
}

/// The metrics of the selected agents, whatever session is chosen.
pub(super) fn all_sessions(time: Deltas<'static>) -> Deltas<'static> {
    time.of_owners(OWNERS)
}

/// The metrics of each of the selected sessions: many series.
pub(super) fn by_session() -> Deltas<'static> {
    IN_ALL.of_owners(OWNERS).of_sessions(SESSIONS)
}

/// Time of the last event in milliseconds since 1970, grouped by these labels.
pub(super) fn last_event(by: &str) -> String {
    format!("{} * 1000", by_session().latest(Metric::LastEvent, by))
}

/// The last step of each agent: its time in milliseconds since 1970, by `event_name` and `detail`, which has the tool, the
/// decision, or the hook.
pub(super) fn last_step() -> String {
    let steps =
        all_sessions(IN_ALL).latest(Metric::LastStep, "project, agent, event_name, tool_name, decision, hook_event");
    let last = format!("topk by (project, agent) (1, {steps})");
    format!(
        r#"max by (project, agent, event_name, detail) (label_join({last}, "detail", " ", "tool_name", "decision", "hook_event"))"#
    )
}

/// All tool calls: each has one such event.
pub(super) const ALL_CALLS: Selection<'static> = Metric::Events.with(r#"event_name="tool_result""#);

/// Tool calls that failed.
pub(super) const FAILED_CALLS: Selection<'static> = Metric::ToolCalls.with(r#"success="false""#);

/// All events of the selected agents.
pub(super) fn events() -> String {
    format!(
        r#"{{service_name="{CLAUDE_CODE_SERVICE}"}} | {SHOWN} | project=~"$project" | agent=~"$agent" | session_id=~"$session_id.*""#
    )
}

/// The events with one name.
pub(super) fn event(name: &str) -> String {
    format!(r#"{} | event_name="{name}""#, events())
}

/// Time of the last matching line in milliseconds since 1970, grouped by these labels.
pub(super) fn last_seen(lines: &str, by: &str) -> String {
    format!("{} * 1000", logql::last_seen(lines, WHOLE, by))
}

/// Growth of the stack's own counters that match over the whole range, grouped by these labels. The label `counter` has
/// the name.
pub(super) fn growth(matchers: &[&str], by: &str) -> String {
    promql::growth_matching(matchers, WHOLE, by)
}
