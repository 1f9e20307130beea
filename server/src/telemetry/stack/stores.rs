//! The current addresses of the stack's stores and of Grafana.

use std::time::Duration;

use async_trait::async_trait;
use monitor_core::{dashboard::UID, service::Service, status::ServiceStatus};
use tokio::sync::watch;

use super::{embedding, store::Store};
use crate::telemetry::{NoAnswer, cached::Cached};

/// How long Grafana's answer about embedding is cached.
const EMBEDDING_KEPT: Duration = Duration::from_secs(30);

/// The service that shows dashboards.
#[async_trait]
pub trait Dashboards: Send + Sync {
    /// Whether its panels may be embedded in the panel's own pages. `false` if it does not answer.
    async fn allow_embedding(&self) -> bool;
}

/// Loki, Prometheus and Grafana over HTTP, at the ports that their containers publish.
#[derive(Debug)]
pub struct StackStores {
    pub(super) loki: Store,
    pub(super) prometheus: Store,
    grafana: Store,
    /// Counts changes of the stores' addresses.
    relocations: watch::Sender<u64>,
    embedding: Cached<bool>,
}

impl StackStores {
    /// `remote_host` is the Engine's host, or `None` for this machine.
    ///
    /// # Errors
    /// Fails if the HTTP client can't be created.
    pub fn new(remote_host: Option<String>) -> anyhow::Result<StackStores> {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let store = |service| Store::new(service, remote_host.clone(), client.clone());
        Ok(StackStores {
            loki: store(Service::Loki),
            prometheus: store(Service::Prometheus),
            grafana: store(Service::Grafana),
            relocations: watch::Sender::default(),
            embedding: Cached::default(),
        })
    }

    /// Sets the services' addresses. A store that is not running is not queried.
    pub fn locate(&self, services: &[ServiceStatus]) {
        let stores = [&self.loki, &self.prometheus, &self.grafana];
        let moved = stores.into_iter().filter(|store| store.locate(services)).count();
        if moved > 0 {
            self.relocations.send_modify(|count| *count += 1);
        }
    }

    /// Whether Loki or Prometheus is running.
    pub fn are_running(&self) -> bool {
        self.loki.is_located() || self.prometheus.is_located()
    }

    /// Why Prometheus can't be asked. Only while it is not running.
    pub fn why_not_running(&self) -> NoAnswer {
        self.prometheus.why_not_located().unwrap_or_else(|| "it is not running".to_owned())
    }

    /// Changes with the stores' addresses. Answers from an earlier generation are outdated.
    pub(super) fn generation(&self) -> u64 {
        *self.relocations.borrow()
    }

    /// Makes readers ask again: another place has the data now.
    pub fn notify_relocated(&self) {
        self.relocations.send_modify(|count| *count += 1);
    }

    /// Changes with the generation.
    pub(super) fn relocations(&self) -> watch::Receiver<u64> {
        self.relocations.subscribe()
    }
}

#[async_trait]
impl Dashboards for StackStores {
    async fn allow_embedding(&self) -> bool {
        let ask = async || {
            let headers = self.grafana.headers(&format!("/d-solo/{UID}/panel?orgId=1&panelId=panel-2")).await;
            (headers.is_ok_and(|headers| embedding::is_allowed(&headers)), EMBEDDING_KEPT)
        };
        self.embedding.get(self.generation(), ask).await
    }
}
