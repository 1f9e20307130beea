//! Counters of every kind, over gaps, restarts of the sender, and restarts of the receiver.

use monitor_receiver::{
    otlp::metrics::{CUMULATIVE, DELTA, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint},
    store::Window,
};

use super::{
    client::{PROTOBUF, Send},
    server::{NOW, Server},
    telemetry::{counter, metrics, point},
};

async fn send(server: &Server, body: Vec<u8>) {
    let answer = Send::post("/v1/metrics", PROTOBUF, body).to(server.http).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{}", answer.text());
}

/// The sum of a metric, and of its last minutes.
fn sum(server: &Server, metric: &str, window: Window) -> f64 {
    let totals = server.store.reader().expect("a reader").totals(window).expect("they can be read");
    totals.iter().filter(|total| total.series.metric == metric).map(|total| total.value).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn cumulative_counters_over_restarts_and_gaps() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    // Sender A began 1000 s ago.
    send(&server, counter(CUMULATIVE, vec![point(1000, 900, 5.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(1000, 890, 7.0)])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), 7.0);
    // Again, and late: both are known.
    send(&server, counter(CUMULATIVE, vec![point(1000, 890, 7.0), point(1000, 895, 6.0)])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), 7.0);
    server.stop().await;
    // The receiver was away. A went on; B is a second process with the same labels.
    let server = Server::start(&file).await;
    send(&server, counter(CUMULATIVE, vec![point(1000, 500, 20.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(600, 499, 3.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(1000, 490, 21.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(600, 489, 4.0)])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), 25.0);
    // A restarts with a new start, then one restarts without saying so.
    send(&server, counter(CUMULATIVE, vec![point(450, 400, 2.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(600, 390, 1.0)])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), 28.0);
    // Nobody knows what was counted before the first point of a counter without a start.
    send(&server, counter(CUMULATIVE, vec![point(0, 300, 100.0)])).await;
    send(&server, counter(CUMULATIVE, vec![point(0, 290, 104.0)])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), 32.0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deltas_over_gaps_and_within_windows() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("telemetry.db")).await;
    // Three days of a point every 10 minutes, each in another request.
    let step = 600;
    for number in (1..=432).rev() {
        send(&server, counter(DELTA, vec![point(number * step + 5, number * step, 0.1)])).await;
    }
    let within = |seconds: i64| sum(&server, "counter", Window::touching(NOW - seconds * 1_000_000_000, NOW));
    for (seconds, points) in [(3_605, 6.0), (21_605, 36.0), (86_405, 144.0), (2 * 86_405, 288.0), (259_205, 432.0)] {
        let found = within(seconds);
        assert!((found - points * 0.1).abs() < 1e-9, "{seconds} s: {found}");
    }
    assert!((sum(&server, "counter", Window::ALL) - 43.2).abs() < 1e-9);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gauges_histograms_and_whole_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("telemetry.db")).await;
    let gauge = |points| {
        metrics(vec![Metric { name: "g".into(), gauge: Some(Gauge { data_points: points }), ..Metric::default() }])
    };
    send(&server, gauge(vec![point(0, 20, 3.0), point(0, 10, 4.0)])).await;
    send(&server, gauge(vec![point(0, 15, 9.0)])).await;
    let gauges = server.store.reader().expect("a reader").gauges().expect("they can be read");
    assert_eq!(gauges.iter().map(|gauge| gauge.value).collect::<Vec<_>>(), [4.0]);

    let of = HistogramDataPoint {
        time_unix_nano: point(0, 10, 0.0).time_unix_nano,
        count: 3,
        sum: Some(7.5),
        ..HistogramDataPoint::default()
    };
    let histogram = Histogram { data_points: vec![of], aggregation_temporality: DELTA };
    send(&server, metrics(vec![Metric { name: "h".into(), histogram: Some(histogram), ..Metric::default() }])).await;
    assert_eq!((sum(&server, "h.count", Window::ALL), sum(&server, "h.sum", Window::ALL)), (3.0, 7.5));

    let whole = NumberDataPoint { as_double: None, as_int: Some(-2), ..point(20, 10, 0.0) };
    send(&server, counter(DELTA, vec![whole])).await;
    assert_eq!(sum(&server, "counter", Window::ALL), -2.0);
    server.stop().await;
}
