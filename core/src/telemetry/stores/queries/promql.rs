//! Builds PromQL queries for the services' own counters, which are cumulative, appear with their first value, and restart
//! with the service. The dashboard uses the same forms.

use super::logql::by_labels;

/// How far back to look for a counter's last value. While a laptop sleeps or the stack is stopped, Prometheus has no
/// values.
const MEMORY: &str = "96h";

/// Excludes what Loki refused for now: it answers 429, and the collector and Promtail send it again. Read in Loki's
/// `pkg/validation` and in the collector's exporter, not run.
pub const NOT_RETRIED: &str = r#"reason!~"rate_limited|per_stream_rate_limit|stream_limit""#;

/// Growth of all counters that match any of these, over the range, grouped by these labels; the label `counter` has the
/// name.
///
/// Counters with different names can have equal labels, which functions like `increase` reject because they drop the
/// name. `last_over_time` keeps it, and as a label it survives the subtraction.
pub fn growth_matching(matchers: &[&str], range: &str, by: &str) -> String {
    // `or` compares labels without names, so each part gets its label first.
    let any = |value: fn(&str, &str) -> String| {
        let values = matchers.iter().map(|matchers| named(&value(&format!("{{{matchers}}}"), range)));
        values.collect::<Vec<_>>().join(" or ")
    };
    let now = any(|counters, range| format!("last_over_time({counters}[{range}])"));
    let before = any(before);
    format!("sum{}((({now}) - ({before}) >= 0) or {now})", by_labels(by))
}

/// Growth within the last minute of counters that existed a minute ago, grouped by these labels; the label `counter`
/// has the name. New counters are excluded because they may have counted for days before Prometheus started.
pub fn growth_in_a_minute(names: &str, by: &str) -> String {
    let counters = format!(r#"{{__name__=~"{names}"}}"#);
    let now = named(&format!("last_over_time({counters}[1m])"));
    let before = named(&format!("last_over_time({counters}[2m] offset 1m)"));
    format!("sum{} ({now} - {before} >= 0)", by_labels(by))
}

fn named(values: &str) -> String {
    format!(r#"label_replace({values}, "counter", "$1", "__name__", "(.+)")"#)
}

/// The counter's value at the start of the range, however long ago it was seen; no result if it did not exist.
fn before(counter: &str, range: &str) -> String {
    format!("last_over_time({counter}[{MEMORY}] offset {range})")
}
