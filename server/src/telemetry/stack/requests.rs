//! The requests of Loki's and Prometheus's HTTP APIs.

use monitor_core::{
    telemetry::{
        event::EventRecord,
        series::{Sample, Series},
        stores::{answers, numbers::StoreAnswer},
    },
    timestamp::Timestamp,
};

use super::store::{Priority, Store};

/// One number for each series in Loki at that time (an instant query).
pub async fn query_loki(loki: &Store, query: String, at: Timestamp, priority: Priority) -> StoreAnswer<Sample> {
    let parameters = [("query", query), ("time", nanoseconds(at).to_string())];
    answers::samples(&loki.ask("/loki/api/v1/query", &parameters, priority).await?)
}

/// The order in which lines are read until the limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOrder {
    OldestFirst,
    NewestFirst,
}

/// Up to `limit` log lines from Loki within a range (nanoseconds since 1970, the end excluded).
pub async fn fetch_lines(
    loki: &Store,
    query: String,
    range: (u64, u64),
    order: LineOrder,
    limit: usize,
) -> StoreAnswer<EventRecord> {
    let direction = match order {
        LineOrder::OldestFirst => "forward",
        LineOrder::NewestFirst => "backward",
    };
    let parameters = [
        ("query", query),
        ("start", range.0.to_string()),
        ("end", range.1.to_string()),
        ("direction", direction.to_owned()),
        ("limit", limit.to_string()),
    ];
    answers::lines(&loki.ask("/loki/api/v1/query_range", &parameters, Priority::Slow).await?)
}

/// The most series in an answer of Prometheus. Labels come from outside, so there may be any number. Prometheus 3.10 takes
/// it (run); Prometheus before 2.54 ignores it (read).
const MOST_SERIES: &str = "20000";

/// One number for each series in Prometheus at that time (an instant query).
pub async fn query_prometheus(
    prometheus: &Store,
    query: String,
    at: Timestamp,
    priority: Priority,
) -> StoreAnswer<Sample> {
    let parameters = [("query", query), ("time", decimal_seconds(at)), ("limit", MOST_SERIES.to_owned())];
    answers::samples(&prometheus.ask("/api/v1/query", &parameters, priority).await?)
}

/// Numbers over time for each series in Prometheus, from the first to the last of `ends`; `step` in seconds.
pub async fn query_prometheus_range(
    prometheus: &Store,
    query: String,
    ends: (Timestamp, Timestamp),
    step: u64,
) -> StoreAnswer<Series> {
    let parameters = [
        ("query", query),
        ("start", decimal_seconds(ends.0)),
        ("end", decimal_seconds(ends.1)),
        ("step", step.to_string()),
        ("limit", MOST_SERIES.to_owned()),
    ];
    answers::series(&prometheus.ask("/api/v1/query_range", &parameters, Priority::Slow).await?)
}

fn decimal_seconds(at: Timestamp) -> String {
    let milliseconds = at.unix_milliseconds();
    format!("{}.{:03}", milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000))
}

/// Nanoseconds since 1970.
pub fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.unix_milliseconds()).unwrap_or_default() * 1_000_000
}
