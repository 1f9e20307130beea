//! The questions to Loki and Prometheus. Cost, tokens and tool calls are asked of Loki, where each event is one line
//! and a sum is exact; Prometheus is asked only for what no event says: active time, lines, commits, pull requests.
//!
//! Rules kept here, once: no `| json`, because an event's fields are structured metadata; `event_name` is compared
//! whole, because `api_request` is also the beginning of `api_request_body`; labels are compared behind the pipe, which
//! finds them as labels and, in data older than this stack, as metadata; outside `sum(…)`, `by` stands inside, at the
//! range aggregation, or Loki makes a series of every line.

use serde_json::{Value, json};

use super::{datasource::Source, panel::Visual};

/// The service name under which agents send.
pub(super) const EVENTS: &str = "claude-code";

/// The whole range of the dashboard, for one number.
pub(super) const WHOLE: &str = "$__range";
/// One step of a graph; Loki's data source knows this variable.
pub(super) const STEP: &str = "$__auto";
/// One step of a graph, as Prometheus' data source calls it.
const INTERVAL: &str = "$__interval";

/// How far back a counter's last value is looked for: as long as the collector keeps a session's sums. A laptop that
/// slept, or a stack that was stopped, leaves a hole in which Prometheus knows no value at all.
const MEMORY: &str = "96h";

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
    format!(r#"{{service_name="{EVENTS}"}} | project=~"$project" | agent=~"$agent" | session_id=~"$session_id.*""#)
}

/// The events with one name.
pub(super) fn event(name: &str) -> String {
    format!(r#"{} | event_name="{name}""#, events())
}

/// How many lines, by these labels.
pub(super) fn count(lines: &str, range: &str, by: &str) -> String {
    format!("sum{} (count_over_time({lines} [{range}]))", by_labels(by))
}

/// The sum of a field, by these labels.
pub(super) fn sum(lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"sum{} (sum_over_time({} [{range}]))"#, by_labels(by), numbers(lines, field))
}

/// The mean of a field, by these labels.
pub(super) fn mean(lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"avg_over_time({} [{range}]){}"#, numbers(lines, field), by_labels(by))
}

/// A quantile of a field, by these labels.
pub(super) fn quantile(share: &str, lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"quantile_over_time({share}, {} [{range}]){}"#, numbers(lines, field), by_labels(by))
}

/// Different sessions, by these labels.
pub(super) fn sessions(by: &str) -> String {
    let inner = if by.is_empty() { "session_id".to_owned() } else { format!("{by}, session_id") };
    format!(r#"count{} ({})"#, by_labels(by), count(&format!(r#"{} | session_id!="""#, events()), WHOLE, &inner))
}

/// When such a line was written last, in milliseconds since 1970, by these labels.
pub(super) fn last_seen(lines: &str, by: &str) -> String {
    format!(
        "max_over_time({lines} | label_format ts=`{{{{ __timestamp__ | unixEpoch }}}}` | unwrap ts | __error__=\"\" [{WHOLE}]){} * 1000",
        by_labels(by),
    )
}

/// How much a counter of Claude Code grew over the whole range, by these labels.
///
/// A counter belongs to one session. `increase` would guess at both ends of the range and miss what a new session
/// begins with; the difference of what it is and what it was misses nothing. Only where the collector was started
/// anew in between, and counts from nothing again, is `increase` the better answer. A counter that was never seen
/// before, or is below what it was because it began anew while nobody looked, counts whole.
pub(super) fn growth(metric: &str, by: &str) -> String {
    let counter = counter(metric);
    let now = format!("max_over_time({counter}[{WHOLE}])");
    format!(
        "sum{} ((round(increase({counter}[{WHOLE}])) and resets({counter}[{WHOLE}]) > 0) \
         or ({now} - {} >= 0) or {now})",
        by_labels(by),
        before(&counter, WHOLE),
    )
}

/// How much a counter of Claude Code grows in each step of a graph, by these labels.
///
/// The steps add up to `growth`: each begins with the value at which the one before it ended. `increase` would show
/// nothing at all of a session that counts once, say its only commit.
pub(super) fn growth_over_time(metric: &str, by: &str) -> String {
    let counter = counter(metric);
    format!("sum{} (({counter} - {} >= 0) or {counter})", by_labels(by), before(&counter, INTERVAL))
}

/// How much all the counters grew whose names match, over the whole range, in one number.
///
/// Counters with different names may carry the same labels, which functions like `increase` refuse because they drop
/// the name. `last_over_time` keeps it, and as a label it stays while the difference is taken.
pub(super) fn growth_of_all(names: &str) -> String {
    let counters = format!(r#"{{__name__=~"{names}"}}"#);
    let named = |values: String| format!(r#"label_replace({values}, "counter", "$1", "__name__", "(.+)")"#);
    let now = named(format!("last_over_time({counters}[{WHOLE}])"));
    let before = named(before(&counters, WHOLE));
    format!("sum(({now} - {before} >= 0) or {now})")
}

/// What a counter was when the range began, however long ago that was seen; no answer if it never was.
fn before(counter: &str, range: &str) -> String {
    format!("last_over_time({counter}[{MEMORY}] offset {range})")
}

fn counter(metric: &str) -> String {
    format!(r#"{metric}{{project=~"$project", agent=~"$agent", session_id=~"$session_id.*"}}"#)
}

/// Lines that lack the field, or hold no number in it, are left out.
fn numbers(lines: &str, field: &str) -> String {
    format!(r#"{lines} | unwrap {field} | __error__="""#)
}

fn by_labels(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!(" by ({labels})") }
}
