//! From what an agent exports to the bytes of a request: simulated time becomes the wall's, values become OTLP's.

use monitor_core::{
    simulation::{self, Attributes, Body, EVENTS_SCOPE, Export, Identity, METRICS_SCOPE, Point, Record, Value},
    timestamp::Timestamp,
};
use prost::Message;

use crate::otlp::messages::{
    AnyValue, KeyValue, LogRecord, LogsRequest, Metric, MetricsRequest, NumberDataPoint, Resource, ResourceLogs,
    ResourceMetrics, Scope, ScopeLogs, ScopeMetrics, Sum,
};

/// Where simulated time begins on the wall's clock, and how much faster it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Simulated time 0.
    pub begun: Timestamp,
    /// Simulated seconds for each real one.
    pub rate: f64,
}

impl Course {
    /// Nanoseconds since 1970. Finer than the agents' own milliseconds, so that order survives a high rate; at rate 1
    /// these are whole milliseconds.
    pub fn nanoseconds(self, at_ms: u64) -> u64 {
        let begun = u64::try_from(self.begun.unix_milliseconds()).unwrap_or_default() * 1_000_000;
        begun + (at_ms as f64 * 1e6 / self.rate) as u64
    }

    fn moment(self, at_ms: u64) -> Timestamp {
        Timestamp::from_unix_milliseconds(i64::try_from(self.nanoseconds(at_ms) / 1_000_000).unwrap_or(i64::MAX))
    }
}

/// The bytes of a request.
pub fn encode(who: &Identity, export: &Export, course: Course) -> Vec<u8> {
    let resource = Some(Resource { attributes: pairs(&who.resource(), course) });
    let scope = |name: &str| Some(Scope { name: name.to_owned(), version: who.release.name().to_owned() });
    match &export.body {
        Body::Metrics(points) => {
            let metrics = points.chunk_by(|one, next| one.metric == next.metric).map(|of| metric(who, of, course));
            let scope_metrics = vec![ScopeMetrics { scope: scope(METRICS_SCOPE), metrics: metrics.collect() }];
            MetricsRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }.encode_to_vec()
        }
        Body::Logs(records) => {
            let log_records = records.iter().map(|of| record(of, course)).collect();
            let scope_logs = vec![ScopeLogs { scope: scope(EVENTS_SCOPE), log_records }];
            LogsRequest { resource_logs: vec![ResourceLogs { resource, scope_logs }] }.encode_to_vec()
        }
    }
}

fn metric(who: &Identity, points: &[Point], course: Course) -> Metric {
    let of: simulation::Metric = points[0].metric;
    let point = |point: &Point| NumberDataPoint {
        start_time_unix_nano: course.nanoseconds(point.start_ms),
        time_unix_nano: course.nanoseconds(point.time_ms),
        as_double: Some(point.value()),
        attributes: pairs(&point.attributes, course),
    };
    Metric {
        name: of.name().to_owned(),
        description: of.description(who.release).to_owned(),
        unit: of.unit().to_owned(),
        sum: Some(Sum {
            data_points: points.iter().map(point).collect(),
            aggregation_temporality: 1,
            is_monotonic: true,
        }),
    }
}

/// No severity, as recorded.
fn record(record: &Record, course: Course) -> LogRecord {
    let time = course.nanoseconds(record.at_ms);
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        body: Some(format!("claude_code.{}", record.name).into()),
        attributes: pairs(&record.attributes, course),
        ..LogRecord::default()
    }
}

fn pairs(attributes: &Attributes, course: Course) -> Vec<KeyValue> {
    let pair = |(key, value): &(&'static str, Value)| {
        let value: AnyValue = match value {
            Value::Text(text) => text.clone().into(),
            Value::Moment(at_ms) => course.moment(*at_ms).to_rfc3339().into(),
            Value::Whole(number) => (*number).into(),
            Value::Decimal(number) => (*number).into(),
            Value::Truth(truth) => (*truth).into(),
            Value::List(texts) => texts.clone().into(),
        };
        KeyValue::new(key, value)
    };
    attributes.iter().map(pair).collect()
}
