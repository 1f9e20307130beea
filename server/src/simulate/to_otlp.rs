//! Encodes what an agent exports as an OTLP request, and maps simulated time to wall-clock time.

use monitor_core::{
    simulation::{self, Attributes, Body, EVENTS_SCOPE, Export, Identity, METRICS_SCOPE, Point, Record, Value},
    timestamp::Timestamp,
};
use prost::Message;

use crate::otlp::{
    messages::{AnyValue, KeyValue, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs},
    metrics::{Metric, MetricsRequest, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum},
};

/// Maps simulated time to wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationClock {
    /// When simulated time 0 is.
    pub started_at: Timestamp,
    /// Simulated seconds per real second.
    pub rate: f64,
}

impl SimulationClock {
    /// Nanoseconds since 1970 for simulated milliseconds. Finer than milliseconds, so that the order of events survives a
    /// high rate. At rate 1 the result is in whole milliseconds.
    pub fn nanoseconds(self, at_ms: u64) -> u64 {
        let start = u64::try_from(self.started_at.unix_milliseconds()).unwrap_or_default() * 1_000_000;
        start + (at_ms as f64 * 1e6 / self.rate) as u64
    }

    fn timestamp(self, at_ms: u64) -> Timestamp {
        Timestamp::from_unix_milliseconds(i64::try_from(self.nanoseconds(at_ms) / 1_000_000).unwrap_or(i64::MAX))
    }
}

/// Encodes an export as the body of an OTLP request.
pub fn encode(identity: &Identity, export: &Export, clock: SimulationClock) -> Vec<u8> {
    let resource = Some(Resource { attributes: pairs(&identity.resource(), clock) });
    let scope = |name: &str| {
        Some(Scope { name: name.to_owned(), version: identity.release.name().to_owned(), ..Scope::default() })
    };
    match &export.body {
        Body::Metrics(points) => {
            let metrics = points.chunk_by(|one, next| one.metric == next.metric).map(|of| metric(identity, of, clock));
            let scope_metrics = vec![ScopeMetrics { scope: scope(METRICS_SCOPE), metrics: metrics.collect() }];
            MetricsRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }.encode_to_vec()
        }
        Body::Logs(records) => {
            let log_records = records.iter().map(|of| record(of, clock)).collect();
            let scope_logs = vec![ScopeLogs { scope: scope(EVENTS_SCOPE), log_records }];
            LogsRequest { resource_logs: vec![ResourceLogs { resource, scope_logs }] }.encode_to_vec()
        }
    }
}

fn metric(identity: &Identity, points: &[Point], clock: SimulationClock) -> Metric {
    let of: simulation::Metric = points[0].metric;
    let point = |point: &Point| NumberDataPoint {
        start_time_unix_nano: clock.nanoseconds(point.start_ms),
        time_unix_nano: clock.nanoseconds(point.time_ms),
        as_double: Some(point.value()),
        as_int: None,
        attributes: pairs(&point.attributes, clock),
    };
    Metric {
        name: of.name().to_owned(),
        description: of.description(identity.release).to_owned(),
        unit: of.unit().to_owned(),
        sum: Some(Sum {
            data_points: points.iter().map(point).collect(),
            aggregation_temporality: 1,
            is_monotonic: true,
        }),
        ..Metric::default()
    }
}

/// Without a severity, like Claude Code's own records.
fn record(record: &Record, clock: SimulationClock) -> LogRecord {
    let time = clock.nanoseconds(record.at_ms);
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        body: Some(format!("claude_code.{}", record.name).into()),
        attributes: pairs(&record.attributes, clock),
        ..LogRecord::default()
    }
}

fn pairs(attributes: &Attributes, clock: SimulationClock) -> Vec<KeyValue> {
    let pair = |(key, value): &(&'static str, Value)| {
        let value: AnyValue = match value {
            Value::Text(text) => text.clone().into(),
            Value::Moment(at_ms) => clock.timestamp(*at_ms).to_rfc3339().into(),
            Value::Whole(number) => (*number).into(),
            Value::Decimal(number) => (*number).into(),
            Value::Truth(truth) => (*truth).into(),
            Value::List(texts) => texts.clone().into(),
        };
        KeyValue::new(key, value)
    };
    attributes.iter().map(pair).collect()
}
