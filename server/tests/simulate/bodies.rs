//! The encoded requests contain what the script says.

use clawker_monitor::{
    otlp::{
        messages::{AnyValue, KeyValue, LogsRequest, Value as OtlpValue},
        metrics::MetricsRequest,
    },
    simulate::to_otlp::{SimulationClock, encode},
};
use monitor_core::{
    simulation::{Agent, Attributes, Body, Export, Intervals, Release, Value},
    timestamp::Timestamp,
};
use prost::Message;

pub const INTERVALS: Intervals = Intervals { metrics_ms: 10_000, logs_ms: 5000 };
/// 2026-11-22T07:12:56.123Z.
const BEGUN_MS: u64 = 1_795_331_576_123;

pub fn course(begun_ms: u64, rate: f64) -> SimulationClock {
    SimulationClock { started_at: Timestamp::from_unix_milliseconds(begun_ms.try_into().expect("in range")), rate }
}

/// The first exports of the nth agent, each with its bytes.
fn bodies(seed: u64, index: u64, course: SimulationClock, count: usize) -> Vec<(Export, Vec<u8>)> {
    let mut agent = Agent::new(seed, index, INTERVALS);
    let one = || {
        let export = agent.next_export();
        let bytes = encode(agent.identity(), &export, course);
        (export, bytes)
    };
    std::iter::repeat_with(one).take(count).collect()
}

fn otlp_value(value: &Value, course: SimulationClock) -> OtlpValue {
    match value {
        Value::Text(text) => OtlpValue::String(text.clone()),
        Value::Whole(number) => OtlpValue::Int(*number),
        Value::Decimal(number) => OtlpValue::Double(*number),
        Value::Truth(truth) => OtlpValue::Bool(*truth),
        Value::List(texts) => {
            assert!(texts.is_empty(), "no list with something in it was recorded");
            OtlpValue::Array(Default::default())
        }
        Value::Moment(at_ms) => {
            let at_ms = course.nanoseconds(*at_ms) / 1_000_000;
            OtlpValue::String(Timestamp::from_unix_milliseconds(at_ms as i64).to_rfc3339())
        }
    }
}

fn expect(found: &[KeyValue], meant: &Attributes, course: SimulationClock) {
    let found: Vec<(&str, Option<OtlpValue>)> = found
        .iter()
        .map(|pair| (pair.key.as_str(), pair.value.as_ref().and_then(|AnyValue { value }| value.clone())))
        .collect();
    let meant: Vec<(&str, Option<OtlpValue>)> =
        meant.iter().map(|(key, value)| (*key, Some(otlp_value(value, course)))).collect();
    assert_eq!(found, meant);
}

#[test]
fn decoding_returns_what_was_encoded() {
    for (index, release) in [(0, Release::V2_1_330), (1, Release::V2_1_100), (3, Release::V2_0_30)] {
        let course = course(BEGUN_MS, 1.0);
        let who = Agent::new(1, index, INTERVALS).identity().clone();
        assert_eq!(who.release, release);
        for (export, bytes) in bodies(1, index, course, 60) {
            match &export.body {
                Body::Metrics(points) => {
                    let body = MetricsRequest::decode(bytes.as_slice()).expect("OTLP");
                    let [of_resource] = body.resource_metrics.as_slice() else { panic!("one resource") };
                    expect(&of_resource.resource.as_ref().expect("a resource").attributes, &who.resource(), course);
                    let metrics = of_resource.scope_metrics.iter().flat_map(|scope| &scope.metrics);
                    let found: Vec<_> = metrics
                        .flat_map(|metric| {
                            let sum = metric.sum.as_ref().expect("a sum");
                            assert!(sum.is_monotonic && sum.aggregation_temporality == 1);
                            sum.data_points.iter().map(move |point| (metric, point))
                        })
                        .collect();
                    assert_eq!(found.len(), points.len());
                    for ((metric, found), meant) in found.iter().zip(points) {
                        assert_eq!(
                            (metric.name.as_str(), metric.unit.as_str()),
                            (meant.metric.name(), meant.metric.unit())
                        );
                        assert_eq!(found.as_double, Some(meant.amount as f64 / meant.metric.parts() as f64));
                        assert_eq!(found.start_time_unix_nano, (BEGUN_MS + meant.start_ms) * 1_000_000);
                        assert_eq!(found.time_unix_nano, (BEGUN_MS + meant.time_ms) * 1_000_000);
                        expect(&found.attributes, &meant.attributes, course);
                    }
                }
                Body::Logs(records) => {
                    let body = LogsRequest::decode(bytes.as_slice()).expect("OTLP");
                    let [of_resource] = body.resource_logs.as_slice() else { panic!("one resource") };
                    expect(&of_resource.resource.as_ref().expect("a resource").attributes, &who.resource(), course);
                    let found: Vec<_> = of_resource.scope_logs.iter().flat_map(|scope| &scope.log_records).collect();
                    assert_eq!(found.len(), records.len());
                    for (found, meant) in found.iter().zip(records) {
                        assert_eq!(found.time_unix_nano, (BEGUN_MS + meant.at_ms) * 1_000_000);
                        assert_eq!(found.observed_time_unix_nano, found.time_unix_nano);
                        let body = Some(OtlpValue::String(format!("claude_code.{}", meant.name)));
                        assert_eq!(found.body.as_ref().and_then(|body| body.value.clone()), body);
                        expect(&found.attributes, &meant.attributes, course);
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for index in 0..4 {
        let of = |seed| bodies(seed, index, course(BEGUN_MS, 1.0), 80);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }
}

/// The body without everything that depends on the clock.
fn timeless(bytes: &[u8], is_metrics: bool) -> String {
    if is_metrics {
        let mut body = MetricsRequest::decode(bytes).expect("OTLP");
        let scopes = body.resource_metrics.iter_mut().flat_map(|of| &mut of.scope_metrics);
        for sum in scopes.flat_map(|scope| &mut scope.metrics).filter_map(|metric| metric.sum.as_mut()) {
            for point in &mut sum.data_points {
                (point.start_time_unix_nano, point.time_unix_nano) = (0, 0);
            }
        }
        return format!("{body:?}");
    }
    let mut body = LogsRequest::decode(bytes).expect("OTLP");
    for record in body.resource_logs.iter_mut().flat_map(|of| &mut of.scope_logs).flat_map(|of| &mut of.log_records) {
        (record.time_unix_nano, record.observed_time_unix_nano) = (0, 0);
        record.attributes.retain(|pair| pair.key != "event.timestamp");
    }
    format!("{body:?}")
}

#[test]
fn another_start_and_rate_change_only_timestamps() {
    let now = bodies(1, 0, course(BEGUN_MS, 1.0), 120);
    let later = bodies(1, 0, course(BEGUN_MS + 86_400_000, 60.0), 120);
    assert_ne!(now, later);
    for ((export, one), (_, other)) in now.iter().zip(&later) {
        let is_metrics = matches!(export.body, Body::Metrics(_));
        assert_eq!(timeless(one, is_metrics), timeless(other, is_metrics));
    }
}

#[test]
fn a_rate_compresses_time_and_keeps_its_order() {
    let course = course(BEGUN_MS, 1000.0);
    assert_eq!(course.nanoseconds(3_600_000), (BEGUN_MS + 3600) * 1_000_000);
    let moments: Vec<u64> = (0..2000).map(|at_ms| course.nanoseconds(at_ms)).collect();
    assert!(moments.windows(2).all(|two| two[0] < two[1]), "a later millisecond is a later nanosecond");
}
