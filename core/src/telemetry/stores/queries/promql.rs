//! Questions to Prometheus about counters that belong to one session each, come and go with it, and begin anew with the
//! collector. The dashboard asks in the same forms.

use super::logql::by_labels;

/// How far back a counter's last value is looked for: as long as the collector keeps a session's sums. A laptop that
/// slept, or a stack that was stopped, leaves a hole in which Prometheus knows no value at all.
const MEMORY: &str = "96h";

/// Whether a counter counts things or parts of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Lines, tokens, seconds.
    Whole,
    /// Dollars.
    Parts,
}

/// How much a counter grew over the range, by these labels.
///
/// A counter belongs to one session. `increase` would guess at both ends of the range and miss what a new session
/// begins with; the difference of what it is and what it was misses nothing. A counter that was never seen before, or
/// is below what it was because it began anew while nobody looked, counts whole. Where the collector was started anew
/// within the range, the counter ended once and began once: its peak, and what it has come to since. Only if that
/// happened more than once, or it has overtaken its old peak, is `increase` left. Who knows when the
/// collector was started does better: see `collector_runs`.
pub fn growth(counter: &str, range: &str, by: &str, counts: Counts) -> String {
    let now = format!("max_over_time({counter}[{range}])");
    let last = format!("last_over_time({counter}[{range}])");
    let resets = format!("resets({counter}[{range}])");
    let until_peak = format!("({now} - {} >= 0) or {now}", before(counter, range));
    let guess = match counts {
        Counts::Whole => format!("round(increase({counter}[{range}]))"),
        Counts::Parts => format!("increase({counter}[{range}])"),
    };
    format!(
        "sum{} (((({until_peak}) + {last}) and {resets} == 1 and {now} > {last}) or ({guess} and {resets} > 0) \
         or {until_peak})",
        by_labels(by),
    )
}

/// What a counter came to that began from nothing with the range, by these labels.
pub fn growth_from_nothing(counter: &str, range: &str, by: &str) -> String {
    format!("sum{} (max_over_time({counter}[{range}]))", by_labels(by))
}

/// How much a counter grows in each step of a graph, by these labels.
///
/// The steps add up to `growth`: each begins with the value at which the one before it ended. `increase` would show
/// nothing at all of a session that counts once, say its only commit.
pub fn growth_over_time(counter: &str, step: &str, by: &str) -> String {
    format!("sum{} (({counter} - {} >= 0) or {counter})", by_labels(by), before(counter, step))
}

/// How much all the counters grew whose names match, over the range, by these labels; `counter` is the name.
///
/// Counters with different names may carry the same labels, which functions like `increase` refuse because they drop
/// the name. `last_over_time` keeps it, and as a label it stays while the difference is taken.
pub fn growth_of_all(names: &str, range: &str, by: &str) -> String {
    let counters = format!(r#"{{__name__=~"{names}"}}"#);
    let now = named(&format!("last_over_time({counters}[{range}])"));
    let before = named(&before(&counters, range));
    format!("sum{}(({now} - {before} >= 0) or {now})", by_labels(by))
}

/// How much the counters grew within the last minute that were there a minute ago, by these labels; `counter` is the
/// name. One that is new says nothing yet: it may have counted for days before Prometheus came.
pub fn growth_in_a_minute(names: &str, by: &str) -> String {
    let counters = format!(r#"{{__name__=~"{names}"}}"#);
    let now = named(&format!("last_over_time({counters}[1m])"));
    let before = named(&format!("last_over_time({counters}[2m] offset 1m)"));
    format!("sum{} ({now} - {before} >= 0)", by_labels(by))
}

/// When any of the counters grew last whose names match, in seconds since 1970 and to a step, by these labels. A sum
/// that gets smaller has lost a session that the collector forgot, which is no sign of life.
pub fn last_growth(names: &str, range: &str, step: &str, by: &str) -> String {
    let by = by_labels(by);
    let now = format!(r#"sum{by} ({{__name__=~"{names}"}})"#);
    let before = format!(r#"sum{by} ({{__name__=~"{names}"}} offset {step})"#);
    format!("max_over_time(((({now} > {before}) or ({now} unless {before})) * 0 + time())[{range}:{step}])")
}

fn named(values: &str) -> String {
    format!(r#"label_replace({values}, "counter", "$1", "__name__", "(.+)")"#)
}

/// What a counter was when the range began, however long ago that was seen; no answer if it never was.
fn before(counter: &str, range: &str) -> String {
    format!("last_over_time({counter}[{MEMORY}] offset {range})")
}
