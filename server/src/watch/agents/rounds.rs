//! When the stores are asked: once when somebody comes, and every few seconds while somebody looks.

use std::time::Duration;

use futures::future::join;
use monitor_core::{
    service::Service,
    status::{ContainerState, ServiceStatus},
    timestamp::Timestamp,
};
use tokio::time::Instant;

use super::{Agents, News};

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(5);
/// Whoever comes within this time after a round sees its answers.
const FRESH: Duration = Duration::from_secs(1);
/// Rates are shown no longer than this after the last reader left.
const FLOW_HOLDS: Duration = Duration::from_secs(15);
/// How long the first showing waits for the stores.
const PATIENCE: Duration = Duration::from_millis(300);

type Store = (ContainerState, bool, Option<Timestamp>);

#[derive(Default)]
pub(super) struct Rounds {
    /// When the next round is due; `None` while nobody looks.
    pub(super) next: Option<Instant>,
    /// When nobody has looked at the rates for long enough.
    pub(super) forget_flow_at: Option<Instant>,
    asking: bool,
    began: Option<Instant>,
    answered_once: bool,
    watched: bool,
    stores: Vec<Store>,
}

impl Rounds {
    /// Notes whether somebody looks; `true` if the stores are to be asked for somebody who just came.
    pub(super) fn is_watched(&mut self, watched: bool) -> bool {
        let (before, came) = (self.watched, watched && !self.watched);
        self.watched = watched;
        if before && !watched {
            self.next = None;
            self.forget_flow_at = Some(Instant::now() + FLOW_HOLDS);
        }
        if came {
            self.forget_flow_at = None;
            self.next = self.began.map(|began| began + EVERY);
        }
        came && !self.stores.is_empty() && self.began.is_none_or(|began| began.elapsed() > FRESH)
    }

    /// Notes where the stores are; `true` if they are to be asked for that reason: always the first time, later only
    /// while somebody looks.
    pub(super) fn stores_changed(&mut self, services: &[ServiceStatus]) -> bool {
        let of = |status: &ServiceStatus| (status.state, status.ready, status.started_at);
        let is_store = |status: &&ServiceStatus| matches!(status.service, Service::Loki | Service::Prometheus);
        let stores: Vec<Store> = services.iter().filter(is_store).map(of).collect();
        let first = self.stores.is_empty();
        let changed = self.stores != stores;
        self.stores = stores;
        first || (changed && self.watched)
    }

    fn some_store_runs(&self) -> bool {
        self.stores.iter().any(|(state, ..)| *state == ContainerState::Running)
    }

    pub(super) fn answered(&mut self) {
        self.asking = false;
        self.answered_once = true;
        self.next = self.watched.then(|| Instant::now() + EVERY);
    }

    pub(super) fn flow_shown(&mut self) {
        self.forget_flow_at = (!self.watched).then(|| Instant::now() + FLOW_HOLDS);
    }

    /// When agents may be shown who were seen at that moment for the first time.
    pub(super) fn first_showing(&self, seen: Instant) -> Instant {
        if self.answered_once { seen } else { seen + PATIENCE }
    }
}

impl Agents<'_> {
    /// Asks the stores once, unless they are being asked.
    pub(super) fn ask_stores(&mut self) {
        self.rounds.next = None;
        if self.rounds.asking {
            return;
        }
        self.rounds.asking = true;
        self.rounds.began = Some(Instant::now());
        let telemetry = self.panel.installation.telemetry.as_ref();
        self.at_work.push(Box::pin(async move {
            let (heard, losses) = join(telemetry.heard(), telemetry.losses()).await;
            News::Heard(heard, losses)
        }));
        match self.rounds.some_store_runs() {
            true => self.at_work.push(Box::pin(async move { News::Flow(telemetry.flow().await) })),
            false => self.forget_flow(),
        }
    }

    /// Shows no rates any more.
    pub(super) fn forget_flow(&mut self) {
        self.rounds.forget_flow_at = None;
        self.panel.hub.update(|snapshot| snapshot.flow = None);
    }
}
