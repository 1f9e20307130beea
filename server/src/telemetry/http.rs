//! The six-service stack as a source of telemetry: Prometheus and Loki over HTTP.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures::future::join3;
use monitor_core::{
    dashboard::UID,
    service::Service,
    status::ServiceStatus,
    telemetry::{
        AgentEvent, Egress, Flow, LastSeen, Losses, Numbers, Owner, Range, Session,
        stores::{
            hops::{self, HopCounters},
            numbers::StoreAnswer,
            queries,
        },
    },
};
use tokio::sync::Mutex;

use super::{
    NoAnswer, TelemetrySource, agent_details, embedding,
    events::{self, Silences},
    hearing::Hearing,
    numbers,
    questions::{Sample, of_prometheus},
    shared::Shared,
    store::{Pace, Store},
};
use crate::clock::now;

/// How long the watch's answers are shared.
const BRIEFLY: Duration = Duration::from_secs(2);
/// How long Grafana's word on embedding is taken.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// Asks the stores that run on this machine, or on the Engine's.
#[derive(Debug)]
pub struct HttpTelemetry {
    loki: Store,
    prometheus: Store,
    grafana: Store,
    /// Counts how often a store came, went or moved.
    moves: AtomicU64,
    hearing: Mutex<Hearing>,
    silences: Silences,
    heard: Shared<Result<LastSeen, NoAnswer>>,
    lost: Shared<StoreAnswer<Sample>>,
    flow: Shared<Flow>,
    embedding: Shared<bool>,
    numbers: [Shared<Numbers>; Range::ALL.len()],
}

impl HttpTelemetry {
    /// `remote_host`: the Engine's host, or `None` for this machine.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(remote_host: Option<String>) -> anyhow::Result<HttpTelemetry> {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let store = |service| Store::new(service, remote_host.clone(), client.clone());
        Ok(HttpTelemetry {
            loki: store(Service::Loki),
            prometheus: store(Service::Prometheus),
            grafana: store(Service::Grafana),
            moves: AtomicU64::default(),
            hearing: Mutex::default(),
            silences: Silences::default(),
            heard: Shared::default(),
            lost: Shared::default(),
            flow: Shared::default(),
            embedding: Shared::default(),
            numbers: Default::default(),
        })
    }

    fn generation(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// The answer to `queries::hop_losses`, which both losses and flow go by.
    async fn lost(&self) -> StoreAnswer<Sample> {
        let ask = async || (of_prometheus(&self.prometheus, queries::hop_losses(), now(), Pace::Quick).await, BRIEFLY);
        self.lost.get(self.generation(), ask).await
    }

    async fn ask_flow(&self) -> Flow {
        let ask = |query: String| of_prometheus(&self.prometheus, query, now(), Pace::Quick);
        let answers = join3(ask(queries::hop_throughput()), self.lost(), ask(queries::reachable_services())).await;
        // Without the answer to `up`, the legs say of each that nobody knows.
        let error = answers.2.as_ref().or(answers.0.as_ref()).err().or(answers.1.as_ref().err()).cloned();
        let or_nothing = |answer: StoreAnswer<Sample>| answer.unwrap_or_default();
        let counted = HopCounters {
            through: or_nothing(answers.0),
            lost: or_nothing(answers.1),
            up: if error.is_some() { Vec::new() } else { or_nothing(answers.2) },
        };
        Flow { error, ..hops::flow(&counted) }
    }
}

#[async_trait]
impl TelemetrySource for HttpTelemetry {
    fn follow(&self, services: &[ServiceStatus]) {
        let stores = [&self.loki, &self.prometheus, &self.grafana];
        let moved = stores.into_iter().filter(|store| store.follow(services)).count();
        self.moves.fetch_add(moved as u64, Ordering::Relaxed);
    }

    async fn heard(&self) -> Result<LastSeen, NoAnswer> {
        let ask = async || {
            let mut hearing = self.hearing.lock().await;
            (hearing.listen(&self.loki, &self.prometheus, now()).await, BRIEFLY)
        };
        self.heard.get(self.generation(), ask).await
    }

    async fn losses(&self) -> Losses {
        self.lost().await.map(|lost| hops::losses(&lost)).unwrap_or_default()
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let (place, fresh_for) = match range {
            Range::Hour => (0, 5),
            Range::SixHours => (1, 10),
            Range::Day => (2, 15),
            Range::Week => (3, 30),
        };
        let ask = async || {
            let numbers = numbers::ask(&self.loki, &self.prometheus, range, now()).await;
            // Who waits for a store to come back does not want to wait half a minute longer.
            let fresh_for = if numbers.missing.is_empty() { fresh_for } else { 5 };
            (numbers, Duration::from_secs(fresh_for))
        };
        self.numbers[place].get(self.generation(), ask).await
    }

    async fn sessions(&self, owner: &Owner, range: Range) -> Result<Vec<Session>, NoAnswer> {
        agent_details::sessions(&self.loki, owner, range).await
    }

    async fn egress(&self, owner: &Owner, addresses: &[String], range: Range) -> Result<Egress, NoAnswer> {
        agent_details::egress(&self.loki, owner, addresses, range).await
    }

    async fn events(&self, owner: &Owner, after: Option<&AgentEvent>, limit: u32) -> Result<Vec<AgentEvent>, NoAnswer> {
        events::ask(&self.loki, &self.silences, owner, after, limit).await
    }

    async fn flow(&self) -> Flow {
        self.flow.get(self.generation(), async || (self.ask_flow().await, BRIEFLY)).await
    }

    async fn embedding(&self) -> bool {
        let ask = async || {
            let headers = self.grafana.headers(&format!("/d-solo/{UID}/panel?orgId=1&panelId=panel-2")).await;
            (headers.is_ok_and(|headers| embedding::is_allowed(&headers)), HALF_A_MINUTE)
        };
        self.embedding.get(self.generation(), ask).await
    }
}
