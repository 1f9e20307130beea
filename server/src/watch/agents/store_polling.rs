//! When the stores are asked: once when somebody comes, and every few seconds while somebody looks.

use std::time::Duration;

use futures::future::join;
use monitor_core::{
    service::Service,
    status::{ContainerState, ServiceStatus},
    timestamp::Timestamp,
};
use tokio::time::Instant;

use super::{AgentUpdate, AgentWatch};

/// Between two rounds.
const INTERVAL: Duration = Duration::from_secs(5);
/// Whoever comes within this time after a round sees its answers.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// Rates are shown no longer than this after the last reader left.
const FLOW_SHOWN_FOR: Duration = Duration::from_secs(15);
/// How long the first showing waits for the stores.
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_millis(300);

type StoreState = (ContainerState, bool, Option<Timestamp>);

#[derive(Default)]
pub(super) struct StorePolling {
    /// When the next round is due; `None` while nobody looks.
    pub(super) next_at: Option<Instant>,
    /// When nobody has looked at the rates for long enough.
    pub(super) clear_flow_at: Option<Instant>,
    is_pending: bool,
    requested_at: Option<Instant>,
    answered_once: bool,
    watched: bool,
    stores: Vec<StoreState>,
}

impl StorePolling {
    /// Notes whether somebody looks; `true` if the stores are to be asked for somebody who just came.
    pub(super) fn set_watched(&mut self, watched: bool) -> bool {
        let (was_watched, is_new) = (self.watched, watched && !self.watched);
        self.watched = watched;
        if was_watched && !watched {
            self.next_at = None;
            self.clear_flow_at = Some(Instant::now() + FLOW_SHOWN_FOR);
        }
        if is_new {
            self.clear_flow_at = None;
            self.next_at = self.requested_at.map(|requested_at| requested_at + INTERVAL);
        }
        is_new
            && !self.stores.is_empty()
            && self.requested_at.is_none_or(|requested_at| requested_at.elapsed() > FRESH_FOR)
    }

    /// Notes where the stores are; `true` if they are to be asked for that reason: always the first time, later only
    /// while somebody looks.
    pub(super) fn update_stores(&mut self, services: &[ServiceStatus]) -> bool {
        let state_of = |status: &ServiceStatus| (status.state, status.ready, status.started_at);
        let is_store = |status: &&ServiceStatus| matches!(status.service, Service::Loki | Service::Prometheus);
        let stores: Vec<StoreState> = services.iter().filter(is_store).map(state_of).collect();
        let is_first = self.stores.is_empty();
        let changed = self.stores != stores;
        self.stores = stores;
        is_first || (changed && self.watched)
    }

    fn any_store_is_running(&self) -> bool {
        self.stores.iter().any(|(state, ..)| *state == ContainerState::Running)
    }

    pub(super) fn finish_request(&mut self) {
        self.is_pending = false;
        self.answered_once = true;
        self.next_at = self.watched.then(|| Instant::now() + INTERVAL);
    }

    pub(super) fn schedule_flow_clear(&mut self) {
        self.clear_flow_at = (!self.watched).then(|| Instant::now() + FLOW_SHOWN_FOR);
    }

    /// When agents may be shown who were seen at that moment for the first time.
    pub(super) fn publish_time(&self, listed_at: Instant) -> Instant {
        if self.answered_once { listed_at } else { listed_at + FIRST_ANSWER_TIMEOUT }
    }
}

impl AgentWatch<'_> {
    /// Asks the stores once, unless they are being asked.
    pub(super) fn ask_stores(&mut self) {
        self.store_polling.next_at = None;
        if self.store_polling.is_pending {
            return;
        }
        self.store_polling.is_pending = true;
        self.store_polling.requested_at = Some(Instant::now());
        let telemetry = self.panel.installation.telemetry.as_ref();
        self.pending.push(Box::pin(async move {
            let (last_seen, losses) = join(telemetry.heard(), telemetry.losses()).await;
            AgentUpdate::LastSeen(last_seen, losses)
        }));
        match self.store_polling.any_store_is_running() {
            true => self.pending.push(Box::pin(async move { AgentUpdate::Flow(telemetry.flow().await) })),
            false => self.clear_flow(),
        }
    }

    /// Shows no rates any more.
    pub(super) fn clear_flow(&mut self) {
        self.store_polling.clear_flow_at = None;
        self.panel.hub.update(|snapshot| snapshot.flow = None);
    }
}
