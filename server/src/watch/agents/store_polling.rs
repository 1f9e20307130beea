//! When to query the stores: when the first page is opened, and every few seconds while pages are open.

use std::time::Duration;

use futures::future::join3;
use monitor_core::{
    service::Service,
    status::{ContainerState, ServiceStatus},
    timestamp::Timestamp,
};
use tokio::time::Instant;

use super::{AgentUpdate, AgentWatch};
use crate::agents::{collector_then, losses, times_to_ask_about};

/// The time between two queries.
const INTERVAL: Duration = Duration::from_secs(5);
/// A page that is opened within this time after a query uses its result.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long rates remain in the snapshot after the last page was closed.
const FLOW_SHOWN_FOR: Duration = Duration::from_secs(15);
/// How long publishing waits for the first results of the stores.
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_millis(300);

type StoreState = (ContainerState, bool, Option<Timestamp>);

#[derive(Default)]
pub(super) struct StorePolling {
    /// When the next query is due. `None` while no page is open.
    pub(super) next_at: Option<Instant>,
    /// When the rates are removed from the snapshot.
    pub(super) clear_flow_at: Option<Instant>,
    is_pending: bool,
    /// A query for the newest events is pending. Loki may take longer than Prometheus.
    pub(super) are_events_pending: bool,
    requested_at: Option<Instant>,
    answered_once: bool,
    watched: bool,
    stores: Vec<StoreState>,
}

impl StorePolling {
    /// Sets whether pages are open. `true` if the stores have to be queried for a page that was just opened.
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

    /// Sets the state of the stores. `true` if they have to be queried because of that: always the first time, later only
    /// while pages are open.
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

    /// When agents that were listed at `listed_at` may be published.
    pub(super) fn publish_time(&self, listed_at: Instant) -> Instant {
        if self.answered_once { listed_at } else { listed_at + FIRST_ANSWER_TIMEOUT }
    }
}

impl AgentWatch<'_> {
    /// Queries the stores once, unless a query is pending.
    pub(super) fn query_stores(&mut self) {
        self.store_polling.next_at = None;
        if self.store_polling.is_pending {
            return;
        }
        self.store_polling.is_pending = true;
        self.store_polling.requested_at = Some(Instant::now());
        self.read_files_again();
        let engine = self.panel.installation.engine.as_ref();
        let telemetry = self.panel.installation.telemetry.as_ref();
        let asked = times_to_ask_about(self.inspections.containers(), &self.collector);
        self.pending.push(Box::pin(async move {
            let (last_seen, losses, then) =
                join3(telemetry.last_seen(), losses(engine, telemetry), collector_then(telemetry, asked)).await;
            AgentUpdate::LastSeen(last_seen, losses, then)
        }));
        if !std::mem::replace(&mut self.store_polling.are_events_pending, true) {
            self.pending.push(Box::pin(async move { AgentUpdate::RecentEvents(telemetry.recent_events().await) }));
        }
        if self.store_polling.any_store_is_running() {
            self.pending.push(Box::pin(async move { AgentUpdate::Flow(telemetry.flow().await) }));
        } else {
            self.clear_flow();
        }
    }

    /// Removes the rates from the snapshot.
    pub(super) fn clear_flow(&mut self) {
        self.store_polling.clear_flow_at = None;
        self.panel.hub.update(|snapshot| snapshot.flow = None);
    }
}
