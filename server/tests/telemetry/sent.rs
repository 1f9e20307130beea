//! What simulated agents sent, as a collector passes it on to Prometheus: their own metrics as deltas, and those that it
//! derives from their events.

use std::{collections::BTreeMap, time::Duration};

use clawker_monitor::{
    clock::now,
    otlp::messages::LogsRequest,
    simulate::{Report, RetryPolicy, Simulation},
};
use monitor_core::{simulation::Intervals, telemetry::Owner, timestamp::Timestamp};
use prost::Message as _;
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Arrived, Collector, Received, labels, points},
    derived::{by_agent, derive},
    last_metric::last_metric,
    records::Labels,
};

/// 10 hours in a second.
const RATE: f64 = 36_000.0;

/// Five agents that work for that many hours.
pub async fn played(hours: u32) -> (Report, Received) {
    let collector = Collector::start(|_| None).await;
    let simulation = Simulation {
        seed: 3,
        agents: 5,
        rate: RATE,
        duration: Some(Duration::from_secs_f64(f64::from(hours) * 3600.0 / RATE)),
        intervals: Intervals { metrics_ms: 10_000, logs_ms: 5000 },
        endpoints: collector.endpoints(),
        retry_policy: RetryPolicy::default(),
    };
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    let report = simulation.run(begun, |_| {}, CancellationToken::new()).await.expect("it plays");
    (report, collector.received())
}

/// Which of its data an agent sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    Both,
    Events,
    Metrics,
}

/// A sample in Prometheus.
pub struct Sent {
    pub name: String,
    pub labels: Labels,
    /// Milliseconds since 1970.
    pub at: i64,
    pub value: f64,
}

/// The attributes of each event and its time in nanoseconds since 1970.
fn events(received: &Received) -> Vec<(u64, Labels)> {
    let mut events = Vec::new();
    for (_, body) in received.accepted.iter().filter(|(path, _)| path == "/v1/logs") {
        for of_resource in LogsRequest::decode(body.clone()).expect("OTLP").resource_logs {
            let about = labels(&of_resource.resource.expect("a resource").attributes);
            for record in of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                let mut all = about.clone();
                all.extend(labels(&record.attributes));
                events.push((record.time_unix_nano, all));
            }
        }
    }
    events
}

/// Restores times, which the simulator's rate compresses, so that the last one is now.
fn restored(received: &Received) -> impl Fn(u64) -> i64 + use<> {
    let events = events(received).into_iter().map(|(at, _)| at);
    let last = events.chain(points(received).iter().map(|arrived| arrived.point.time_unix_nano)).max();
    let (last, end) = (last.expect("a record"), now().unix_milliseconds());
    move |at| end - ((last - at) as f64 * RATE / 1e6) as i64
}

/// Everything in Prometheus.
pub fn sent(received: &Received, sends: Sends) -> Vec<Sent> {
    let (time, mut all) = (restored(received), Vec::new());
    for (at, event) in events(received).iter().filter(|_| sends != Sends::Metrics) {
        let at = time(*at);
        let derived = derive(event, at).into_iter();
        all.extend(derived.map(|(name, labels, value)| Sent { name: name.to_owned(), labels, at, value }));
    }
    for Arrived { delta, point } in points(received).iter().filter(|_| sends != Sends::Events) {
        let (name, mut labels) = delta.series.clone();
        labels.insert("temporality".to_owned(), "delta".to_owned());
        let at = time(point.time_unix_nano);
        let (gauge, of, seconds) = last_metric(&labels, at);
        all.push(Sent { name: gauge.to_owned(), labels: of, at, value: seconds });
        all.push(Sent { name, labels, at, value: delta.value });
    }
    let agents: Vec<Sent> = all
        .iter()
        .filter_map(|Sent { name, labels, at, value }| {
            let (name, labels) = by_agent(name, labels)?;
            Some(Sent { name, labels, at: *at, value: *value })
        })
        .collect();
    all.extend(agents);
    all
}

/// The time of each owner's last event in seconds since 1970.
pub fn last_events(all: &[Sent]) -> BTreeMap<Owner, i64> {
    let mut last = BTreeMap::new();
    for Sent { labels, at, .. } in all.iter().filter(|sent| sent.name == "clawker_events") {
        let known: &mut i64 = last.entry(Owner::from_labels(labels)).or_default();
        *known = at.div_euclid(1000).max(*known);
    }
    last
}
