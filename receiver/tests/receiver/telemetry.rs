//! Telemetry made up for a test.

use monitor_receiver::otlp::{
    messages::{AnyValue, KeyValue, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs, Value},
    metrics::{Metric, MetricsRequest, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum},
};
use prost::Message as _;

use super::server::NOW;

pub fn text(key: &str, value: &str) -> KeyValue {
    KeyValue::new(key, value.to_owned())
}

/// An event of Claude Code with a number, by which it differs from all others.
pub fn event(number: u64) -> LogRecord {
    let at = NOW as u64 - 3_600_000_000_000 + number * 1_000_000;
    LogRecord {
        time_unix_nano: at,
        observed_time_unix_nano: at,
        body: Some("claude_code.tool_result".to_owned().into()),
        attributes: vec![
            text("event.name", "tool_result"),
            KeyValue::new("event.sequence", number as i64),
            text("tool_name", "Bash"),
            text("success", "true"),
            text("duration_ms", "20"),
        ],
        ..LogRecord::default()
    }
}

/// A request with events of one session.
pub fn logs(session: &str, records: Vec<LogRecord>) -> LogsRequest {
    let attributes = vec![
        text("service.name", "claude-code"),
        text("project", "demo"),
        text("agent", "dev"),
        text("session.id", session),
    ];
    let scope = Some(Scope { name: "com.anthropic.claude_code.events".into(), ..Scope::default() });
    let scope_logs = vec![ScopeLogs { scope, log_records: records }];
    LogsRequest { resource_logs: vec![ResourceLogs { resource: Some(Resource { attributes }), scope_logs }] }
}

pub fn encoded(session: &str, records: Vec<LogRecord>) -> Vec<u8> {
    logs(session, records).encode_to_vec()
}

/// A point of a counter; times in seconds before now.
pub fn point(start: u64, at: u64, value: f64) -> NumberDataPoint {
    let time = |before: u64| if before == 0 { 0 } else { NOW as u64 - before * 1_000_000_000 };
    NumberDataPoint {
        start_time_unix_nano: time(start),
        time_unix_nano: time(at),
        as_double: Some(value),
        ..NumberDataPoint::default()
    }
}

/// A request with points of a counter. `temporality` is `DELTA` or `CUMULATIVE`.
pub fn counter(temporality: i32, data_points: Vec<NumberDataPoint>) -> Vec<u8> {
    let sum = Sum { data_points, aggregation_temporality: temporality, is_monotonic: true };
    metrics(vec![Metric { name: "counter".into(), sum: Some(sum), ..Metric::default() }])
}

pub fn metrics(metrics: Vec<Metric>) -> Vec<u8> {
    let resource = Some(Resource { attributes: vec![text("project", "demo"), text("agent", "dev")] });
    let scope_metrics = vec![ScopeMetrics { scope: None, metrics }];
    MetricsRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }.encode_to_vec()
}

pub fn bytes_value(bytes: &[u8]) -> AnyValue {
    Value::Bytes(bytes.to_vec()).into()
}
