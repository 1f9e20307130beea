//! A stand-in for Loki, Prometheus or Grafana: it records requests and returns what the test says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use clawker_monitor::telemetry::{StackStores, StackTelemetry};
use monitor_core::service::Service;
pub use monitor_testing::services::running;
use tokio::task::AbortHandle;

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub parameters: BTreeMap<String, String>,
}

impl Asked {
    pub fn query(&self) -> &str {
        self.parameters.get("query").map_or("", String::as_str)
    }

    pub fn number(&self, name: &str) -> u64 {
        self.parameters[name].parse().expect("a number")
    }
}

/// Status, additional headers, body.
pub type Answer = (u16, HeaderMap, Bytes);

pub fn ok(body: impl Into<Bytes>) -> Answer {
    (200, HeaderMap::new(), body.into())
}

pub fn refusal(status: u16, body: &'static str) -> Answer {
    (status, HeaderMap::new(), body.into())
}

/// An empty result.
pub const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

type Reply = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;

struct Shared {
    asked: Mutex<Vec<Asked>>,
    reply: Reply,
}

pub struct Store {
    shared: Arc<Shared>,
    pub port: u16,
    serving: AbortHandle,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Store {
    pub async fn start(reply: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Store {
        let shared = Arc::new(Shared { asked: Mutex::default(), reply: Box::new(reply) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Store { shared, port, serving }
    }

    /// A store without data.
    pub async fn empty() -> Store {
        Store::start(|_| ok(EMPTY)).await
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("nobody panicked").clone()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let asked = Asked { path: uri.path().to_owned(), parameters };
    let (status, headers, body) = (shared.reply)(&asked);
    shared.asked.lock().expect("nobody panicked").push(asked);
    (StatusCode::from_u16(status).expect("a status"), headers, body).into_response()
}

/// The telemetry source with these two stores running and nothing else.
pub fn telemetry(loki: u16, prometheus: u16) -> StackTelemetry {
    let telemetry = StackTelemetry::new(Arc::new(StackStores::new(None).expect("a client")));
    telemetry.stores().locate(&[running(Service::Loki, loki), running(Service::Prometheus, prometheus)]);
    telemetry
}
