//! Builds PromQL queries for counters that belong to one session each, appear and expire with it, and restart with the
//! collector. The dashboard uses the same forms.

use super::logql::by_labels;

/// How far back to look for a counter's last value: as long as the collector keeps a session's sums. While a laptop
/// sleeps or the stack is stopped, Prometheus has no values.
const MEMORY: &str = "96h";

/// Whether a counter counts whole units or fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Lines, tokens, seconds.
    Whole,
    /// Dollars.
    Parts,
}

/// Growth of a counter over the range, grouped by these labels.
///
/// A counter belongs to one session. `increase` would extrapolate at both ends of the range and miss the first value of
/// a new session; the difference between the values at both ends misses nothing. A counter that is new, or lower than
/// before because it restarted unobserved, counts from 0. If the collector restarted once within the range, the growth
/// is the counter's peak plus its value since. Only if it restarted more often, or has passed its old peak, does
/// `increase` remain. With a known start time of the collector, `collector_runs` is more precise.
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

/// Growth of a counter that was 0 at the start of the range, grouped by these labels.
pub fn growth_from_nothing(counter: &str, range: &str, by: &str) -> String {
    format!("sum{} (max_over_time({counter}[{range}]))", by_labels(by))
}

/// Growth of all counters with matching names over the range, grouped by these labels; the label `counter` has the
/// name.
pub fn growth_of_all(names: &str, range: &str, by: &str) -> String {
    growth_matching(&[&format!(r#"__name__=~"{names}""#)], range, by)
}

/// Growth of all counters that match any of these, over the range, grouped by these labels; the label `counter` has the
/// name.
///
/// Counters with different names can have equal labels, which functions like `increase` reject because they drop the
/// name. `last_over_time` keeps it, and as a label it survives the subtraction.
pub fn growth_matching(matchers: &[&str], range: &str, by: &str) -> String {
    let any = |value: fn(&str, &str) -> String| {
        let values: Vec<String> = matchers.iter().map(|matchers| value(&format!("{{{matchers}}}"), range)).collect();
        named(&values.join(" or "))
    };
    let now = any(|counters, range| format!("last_over_time({counters}[{range}])"));
    let before = any(before);
    format!("sum{}(({now} - {before} >= 0) or {now})", by_labels(by))
}

/// Growth within the last minute of counters that existed a minute ago, grouped by these labels; the label `counter`
/// has the name. New counters are excluded because they may have counted for days before Prometheus started.
pub fn growth_in_a_minute(names: &str, by: &str) -> String {
    let counters = format!(r#"{{__name__=~"{names}"}}"#);
    let now = named(&format!("last_over_time({counters}[1m])"));
    let before = named(&format!("last_over_time({counters}[2m] offset 1m)"));
    format!("sum{} ({now} - {before} >= 0)", by_labels(by))
}

/// Time of the last growth of any counter with a matching name, in seconds since 1970, to the step, grouped by these
/// labels. A decrease means that the collector forgot a session, which is not activity.
pub fn last_growth(names: &str, range: &str, step: &str, by: &str) -> String {
    let by = by_labels(by);
    let now = format!(r#"sum{by} ({{__name__=~"{names}"}})"#);
    let before = format!(r#"sum{by} ({{__name__=~"{names}"}} offset {step})"#);
    format!("max_over_time(((({now} > {before}) or ({now} unless {before})) * 0 + time())[{range}:{step}])")
}

fn named(values: &str) -> String {
    format!(r#"label_replace({values}, "counter", "$1", "__name__", "(.+)")"#)
}

/// The counter's value at the start of the range, however long ago it was seen; no result if it did not exist.
fn before(counter: &str, range: &str) -> String {
    format!("last_over_time({counter}[{MEMORY}] offset {range})")
}
