//! What senders get wrong, and what hostile ones try.

use monitor_core::telemetry::{Owner, Sender};
use monitor_receiver::{
    otlp::{
        messages::{AnyValue, ArrayValue, KeyValue, LogRecord, Value},
        metrics::{DELTA, Metric, NumberDataPoint, Sum},
        responses::ExportResponse,
    },
    store::Window,
};
use prost::Message as _;

use super::{
    client::{PROTOBUF, Send},
    server::{NOW, Server},
    telemetry::{bytes_value, encoded, event, metrics, point, text},
};

async fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Server::start(&folder.path().join("telemetry.db")).await, folder)
}

/// How many are rejected, and why.
async fn rejected(server: &Server, path: &str, body: Vec<u8>) -> (i64, String) {
    let answer = Send::post(path, PROTOBUF, body).to(server.http).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let partial = ExportResponse::decode(answer.body.as_slice()).expect("a response").partial_success;
    partial.map(|partial| (partial.rejected, partial.error_message)).unwrap_or_default()
}

fn with(attributes: Vec<KeyValue>, number: u64) -> LogRecord {
    let mut record = event(number);
    record.attributes.extend(attributes);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_event_costs_no_other() {
    let (server, _folder) = server().await;
    let many = (0..10_000).map(|number| KeyValue::new(&format!("k{number}"), number)).collect();
    let long = vec![text("prompt", &"x".repeat(10_000_000))];
    let long_body = LogRecord { body: Some("y".repeat(10_000_000).into()), ..event(3) };
    for (place, (bad, reason)) in [
        (with(many, 1), "10005 attributes"),
        (with(long, 2), "bytes of attributes"),
        (long_body, "bytes of attributes"),
        (LogRecord { time_unix_nano: u64::MAX, ..event(4) }, "ahead"),
        (LogRecord { time_unix_nano: NOW as u64 + 90_000_000_000_000, ..event(5) }, "ahead"),
    ]
    .into_iter()
    .enumerate()
    {
        let good = |number: usize| event(100 + number as u64);
        let body = encoded("s", vec![good(2 * place), bad, good(2 * place + 1)]);
        let (count, why) = rejected(&server, "/v1/logs", body).await;
        assert_eq!(count, 1);
        assert!(why.contains(reason), "{why}");
    }
    assert_eq!(server.store.reader().expect("a reader").count_events().expect("a number"), 10);
    server.stop().await;
}

/// An event whose attributes are just within the limit is kept whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_prompt_is_whole() {
    let (server, _folder) = server().await;
    let prompt: String = "é".repeat(240_000);
    let record = with(vec![text("prompt", &prompt), text("prompt_text", &prompt)], 1);
    assert_eq!(rejected(&server, "/v1/logs", encoded("s", vec![record])).await.0, 0);
    let dev = Sender::real(Owner::new(Some("demo"), Some("dev")));
    let events = server.store.reader().expect("a reader").events(&dev, None, 10).expect("they can be read");
    let stored: Vec<&KeyValue> =
        events[0].attributes.iter().filter(|attribute| attribute.key.starts_with("prompt")).collect();
    assert_eq!(stored, [&text("prompt", &prompt), &text("prompt_text", &prompt)]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_values_are_kept_as_they_are() {
    let (server, _folder) = server().await;
    let nothing = KeyValue { key: "nothing".into(), value: None };
    let list = Value::Array(ArrayValue { values: vec![AnyValue { value: None }, 1.into(), bytes_value(&[0, 255])] });
    let attributes = vec![
        nothing,
        text("", "no name"),
        text("zero\0byte", "a\0b\u{202e}\u{1b}[31m"),
        KeyValue::new("list", AnyValue::from(list)),
        KeyValue::new("nan", f64::INFINITY),
        text("twice", "1"),
        text("twice", "2"),
        text("duration_ms", "not a number"),
        text("cost_usd", "NaN"),
    ];
    let record = LogRecord { time_unix_nano: 0, observed_time_unix_nano: 0, ..with(attributes.clone(), 1) };
    assert_eq!(rejected(&server, "/v1/logs", encoded("s", vec![record])).await.0, 0);
    let dev = Sender::real(Owner::new(Some("demo"), Some("dev")));
    let events = server.store.reader().expect("a reader").events(&dev, None, 10).expect("they can be read");
    assert_eq!(events[0].place.at, NOW, "an event without a time happened when it arrived");
    assert_eq!(events[0].attributes[5..], attributes);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_without_a_sensible_number_are_rejected() {
    let (server, _folder) = server().await;
    let sum = |temporality, points: Vec<NumberDataPoint>| {
        let sum = Sum { data_points: points, aggregation_temporality: temporality, is_monotonic: true };
        metrics(vec![Metric { name: "m".into(), sum: Some(sum), ..Metric::default() }])
    };
    for (bad, reason) in [
        (point(9, 5, f64::NAN), "not a number"),
        (point(9, 5, f64::NEG_INFINITY), "beyond 1e18"),
        (point(9, 5, 1e300), "beyond 1e18"),
        (NumberDataPoint { as_double: None, ..point(9, 5, 0.0) }, "no value"),
        (NumberDataPoint { time_unix_nano: u64::MAX, ..point(9, 5, 1.0) }, "ahead"),
        (NumberDataPoint { attributes: vec![text("k", &"x".repeat(5000))], ..point(9, 5, 1.0) }, "bytes of attributes"),
        (
            NumberDataPoint {
                attributes: (0..10_000).map(|number| KeyValue::new(&number.to_string(), 1)).collect(),
                ..point(9, 5, 1.0)
            },
            "10000 attributes",
        ),
    ] {
        let (count, why) = rejected(&server, "/v1/metrics", sum(DELTA, vec![point(9, 5, 1.0), bad])).await;
        assert_eq!(count, 1, "{why}");
        assert!(why.contains(reason), "{why}");
    }
    let (count, why) = rejected(&server, "/v1/metrics", sum(0, vec![point(9, 5, 1.0)])).await;
    assert_eq!((count, why.contains("delta or cumulative")), (1, true), "{why}");
    let totals = server.store.reader().expect("a reader").totals(Window::ALL).expect("they can be read");
    assert_eq!(totals.iter().map(|total| total.value).collect::<Vec<_>>(), [7.0]);
    server.stop().await;
}

/// A sender that invents names, labels and sessions must not fill memory, and what it counts stays right.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_too_many_names_is_still_counted() {
    let (server, _folder) = server().await;
    let mut sent = 0.0;
    for request in 0..30u64 {
        let points = (0..2000)
            .map(|number| {
                sent += 1.0;
                NumberDataPoint { attributes: vec![text("id", &format!("{request}-{number}"))], ..point(9, 5, 1.0) }
            })
            .collect();
        let sum = Sum { data_points: points, aggregation_temporality: DELTA, is_monotonic: true };
        let body = metrics(vec![Metric { name: "m".into(), sum: Some(sum), ..Metric::default() }]);
        assert_eq!(rejected(&server, "/v1/metrics", body).await.0, 0);
        let records = (0..100)
            .map(|number| {
                with(
                    (0..20).map(|name| KeyValue::new(&format!("{request}-{number}-{name}"), 1)).collect(),
                    request * 100 + number,
                )
            })
            .collect();
        assert_eq!(rejected(&server, "/v1/logs", encoded(&format!("session-{request}"), records)).await.0, 0);
    }
    let reader = server.store.reader().expect("a reader");
    let totals = reader.totals(Window::ALL).expect("they can be read");
    let of_metric: Vec<_> = totals.iter().filter(|total| total.series.metric == "m").collect();
    assert_eq!(of_metric.iter().map(|total| total.value).sum::<f64>(), sent);
    assert!(of_metric.len() <= 50_001, "{}", of_metric.len());
    let overflow = of_metric.iter().find(|total| total.series.labels[0].0 == "otel.metric.overflow");
    assert!(overflow.is_some_and(|total| total.value > 9_000.0));
    // Names beyond the limit are spelled out in their events.
    let dev = Sender::real(Owner::new(Some("demo"), Some("dev")));
    let last = reader.events(&dev, None, 1).expect("they can be read").remove(0);
    assert_eq!(last.attributes.iter().filter(|attribute| attribute.key.starts_with("29-99-")).count(), 20);
    server.stop().await;
}
