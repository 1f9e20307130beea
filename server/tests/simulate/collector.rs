//! A stand-in collector: it accepts or refuses requests, and sums deltas by the rules of the collector's processors.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::post,
};
use clawker_monitor::{
    otlp::{
        messages::{KeyValue, LogRecord, LogsRequest, Value},
        metrics::{MetricsRequest, NumberDataPoint},
    },
    simulate::Endpoints,
};
use prost::Message;
use tokio::task::AbortHandle;

use super::recorded::{Delta, Series};

/// The status with which a request, counted from 0, is refused. `None` accepts it.
type Refusal = Box<dyn Fn(u64) -> Option<StatusCode> + Send + Sync>;

/// What has been received.
#[derive(Default)]
pub struct Received {
    /// Path and body of each accepted request, in order.
    pub accepted: Vec<(String, Bytes)>,
    /// Headers of each request, in lower case.
    pub headers: Vec<BTreeMap<String, String>>,
    pub refused: u64,
}

struct Shared {
    received: Mutex<Received>,
    count: AtomicU64,
    refusal: Refusal,
}

pub struct Collector {
    shared: Arc<Shared>,
    pub base: String,
    serving: AbortHandle,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    pub async fn start(refusal: impl Fn(u64) -> Option<StatusCode> + Send + Sync + 'static) -> Collector {
        let shared =
            Arc::new(Shared { received: Mutex::default(), count: AtomicU64::default(), refusal: Box::new(refusal) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let router = Router::new()
            .route("/v1/metrics", post(take))
            .route("/v1/logs", post(take))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Collector { shared, base, serving }
    }

    pub fn endpoints(&self) -> Endpoints {
        let of = |path: &str| format!("{}{path}", self.base);
        Endpoints { metrics: of("/v1/metrics"), logs: of("/v1/logs") }
    }

    /// Takes what has been received so far.
    pub fn received(&self) -> Received {
        std::mem::take(&mut self.shared.received.lock().expect("nobody panicked"))
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    // An empty request checks whether a collector is there. Some servers require a length.
    if body.is_empty() {
        let has_length = headers.contains_key("content-length");
        return if has_length { StatusCode::OK } else { StatusCode::LENGTH_REQUIRED };
    }
    let number = shared.count.fetch_add(1, Ordering::Relaxed);
    let mut received = shared.received.lock().expect("nobody panicked");
    let text = |value: &axum::http::HeaderValue| value.to_str().expect("ASCII").to_owned();
    received.headers.push(headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect());
    match (shared.refusal)(number) {
        Some(status) => {
            received.refused += 1;
            status
        }
        None => {
            received.accepted.push((uri.path().to_owned(), body));
            StatusCode::OK
        }
    }
}

/// A data point and its series.
pub struct Arrived {
    pub delta: Delta,
    pub point: NumberDataPoint,
}

/// The points of all accepted requests, as the collector's exporter names their series.
pub fn points(received: &Received) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    for (_, body) in received.accepted.iter().filter(|(path, _)| path == "/v1/metrics") {
        for of_resource in MetricsRequest::decode(body.clone()).expect("OTLP").resource_metrics {
            let about = labels(&of_resource.resource.expect("a resource").attributes);
            for of_scope in of_resource.scope_metrics {
                let scope = of_scope.scope.expect("a scope");
                for metric in of_scope.metrics {
                    let name = exposed(&metric.name, &metric.unit);
                    for point in metric.sum.expect("a sum").data_points {
                        let mut own = labels(&point.attributes);
                        for key in ["project", "agent", "clawker_simulated"] {
                            own.entry(key.to_owned()).or_insert_with(|| about[key].clone());
                        }
                        own.insert("job".to_owned(), about["service_name"].clone());
                        own.insert("otel_scope_name".to_owned(), scope.name.clone());
                        own.insert("otel_scope_version".to_owned(), scope.version.clone());
                        let series: Series = (name.clone(), own);
                        let (time, value) = (point.time_unix_nano as f64 / 1e9, point.as_double.expect("a double"));
                        arrived.push(Arrived { delta: Delta { series, time, value }, point });
                    }
                }
            }
        }
    }
    arrived
}

/// The records of all accepted requests.
pub fn records(received: &Received) -> Vec<LogRecord> {
    let logs = received.accepted.iter().filter(|(path, _)| path == "/v1/logs");
    let bodies = logs.map(|(_, body)| LogsRequest::decode(body.clone()).expect("OTLP"));
    bodies.flat_map(|body| body.resource_logs).flat_map(|of| of.scope_logs).flat_map(|of| of.log_records).collect()
}

/// `claude_code_cost_usage_USD_total`.
fn exposed(name: &str, unit: &str) -> String {
    let plain = name.replace('.', "_");
    let plain = plain.strip_suffix("_total").unwrap_or(&plain);
    match unit {
        "" => format!("{plain}_total"),
        "s" => format!("{plain}_seconds_total"),
        unit => format!("{plain}_{unit}_total"),
    }
}

pub fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let pairs = attributes.iter().map(|pair| {
        let value = match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Double(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            Some(Value::Array(_) | Value::Map(_) | Value::Bytes(_)) | None => String::new(),
        };
        (pair.key.replace('.', "_"), value)
    });
    pairs.collect()
}

/// The sums that `deltatocumulative` computes. Source: its `internal/delta`, which refuses a point that starts before
/// its stream or is not later than the last one.
pub fn added_up(arrived: &[Arrived]) -> BTreeMap<Series, f64> {
    let mut streams: BTreeMap<Series, (u64, u64, f64)> = BTreeMap::new();
    for Arrived { delta, point } in arrived {
        let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
        let (began, last, sum) = streams.entry(delta.series.clone()).or_insert((start, 0, 0.0));
        assert!(start >= *began, "it starts before its stream: {:?}", delta.series);
        assert!(time > *last, "it is not later than the last: {:?}", delta.series);
        (*last, *sum) = (time, *sum + delta.value);
    }
    streams.into_iter().map(|(series, (_, _, sum))| (series, sum)).collect()
}

/// The sums that the exporter computes on its own: it adds a point that starts where the last one ended, and starts
/// from zero at any other. `deltatocumulative` is in the pipeline because of this.
pub fn forgotten(arrived: &[Arrived]) -> BTreeMap<Series, f64> {
    let mut streams: BTreeMap<Series, (u64, f64)> = BTreeMap::new();
    for Arrived { delta, point } in arrived {
        let (last, sum) = streams.entry(delta.series.clone()).or_default();
        let before = if *last == point.start_time_unix_nano { *sum } else { 0.0 };
        (*last, *sum) = (point.time_unix_nano, before + delta.value);
    }
    streams.into_iter().map(|(series, (_, sum))| (series, sum)).collect()
}
