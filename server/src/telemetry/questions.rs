//! How Loki and Prometheus are asked.

use monitor_core::{
    telemetry::{
        event::EventRecord,
        stores::{answers, numbers::StoreAnswer},
    },
    timestamp::Timestamp,
};

use super::store::{Pace, Store};

pub use monitor_core::telemetry::series::{Sample, Series};

/// One number for each series of Loki's, at that moment.
pub async fn of_loki(loki: &Store, query: String, at: Timestamp, pace: Pace) -> StoreAnswer<Sample> {
    let parameters = [("query", query), ("time", nanoseconds(at).to_string())];
    answers::samples(&loki.ask("/loki/api/v1/query", &parameters, pace).await?)
}

/// Numbers over time for each series of Loki's, from the first moment to the last; the step in seconds.
pub async fn of_loki_over_time(
    loki: &Store,
    query: String,
    ends: (Timestamp, Timestamp),
    step: u64,
) -> StoreAnswer<Series> {
    let parameters = [
        ("query", query),
        ("start", nanoseconds(ends.0).to_string()),
        ("end", nanoseconds(ends.1).to_string()),
        ("step", format!("{step}s")),
    ];
    answers::series(&loki.ask("/loki/api/v1/query_range", &parameters, Pace::Patient).await?)
}

/// Which end of a range lines are taken from, where there are more than one wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Oldest,
    Newest,
}

/// Lines of Loki's in a range (nanoseconds since 1970, the end not included).
pub async fn lines(loki: &Store, query: String, range: (u64, u64), end: End, limit: usize) -> StoreAnswer<EventRecord> {
    let direction = match end {
        End::Oldest => "forward",
        End::Newest => "backward",
    };
    let parameters = [
        ("query", query),
        ("start", range.0.to_string()),
        ("end", range.1.to_string()),
        ("direction", direction.to_owned()),
        ("limit", limit.to_string()),
    ];
    answers::lines(&loki.ask("/loki/api/v1/query_range", &parameters, Pace::Patient).await?)
}

/// One number for each series of Prometheus', at that moment.
pub async fn of_prometheus(prometheus: &Store, query: String, at: Timestamp, pace: Pace) -> StoreAnswer<Sample> {
    let parameters = [("query", query), ("time", decimal_seconds(at))];
    answers::samples(&prometheus.ask("/api/v1/query", &parameters, pace).await?)
}

/// The numbers of a subquery of Prometheus', at that moment.
pub async fn of_prometheus_at_steps(prometheus: &Store, query: String, at: Timestamp) -> StoreAnswer<Series> {
    let parameters = [("query", query), ("time", decimal_seconds(at))];
    answers::series(&prometheus.ask("/api/v1/query", &parameters, Pace::Patient).await?)
}

fn decimal_seconds(at: Timestamp) -> String {
    let milliseconds = at.unix_milliseconds();
    format!("{}.{:03}", milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000))
}

/// Nanoseconds since 1970.
pub fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.unix_milliseconds()).unwrap_or_default() * 1_000_000
}
