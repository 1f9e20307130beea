//! The streams that keep a page up to date: live events and the numbers of all agents.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{
    Stream, StreamExt,
    future::{join, ready},
    stream,
};
use monitor_core::{
    agents::AgentKind,
    live::LiveEvent,
    status::ContainerState,
    telemetry::{Numbers, Owner, Range},
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::Panel;
use crate::{hub::Hub, site, telemetry::TelemetrySource};

/// The time between two queries of all agents' numbers. The source shares its answer between all tabs.
pub(super) const NUMBERS_INTERVAL: Duration = Duration::from_secs(1);

impl Panel {
    /// Brings the snapshot up to date before a page is rendered from it. Waits for at most `longest` for services to say
    /// whether they are ready, and, where the page is about agents, for the stores. Returns how long it waited.
    pub(crate) async fn refresh(&self, longest: Duration, about_agents: bool) -> Duration {
        self.refresh_configuration().await;
        self.request_checkup();
        let started = Instant::now();
        let stores = async {
            if about_agents && !self.hub.snapshot().agents.is_empty() {
                self.store_refresh.wait_until_fresh(longest).await;
            } else {
                self.store_refresh.request();
            }
        };
        let services = async {
            // Only running services can answer.
            if self.hub.snapshot().services.iter().any(|status| status.state == ContainerState::Running) {
                self.readiness_refresh.wait_until_fresh(longest).await;
            }
        };
        join(stores, services).await;
        started.elapsed()
    }

    /// The server's build, then the snapshot, then every change.
    pub(crate) fn live_events(&self) -> impl Stream<Item = LiveEvent> + 'static {
        let reader = self.hub.subscribe();
        let opening = [
            LiveEvent::Hello { build: site::build_id().to_owned() },
            // Taken after subscribing: a change in between comes twice, and none is missed.
            LiveEvent::Snapshot(Box::new(self.hub.snapshot())),
        ];
        let changes = stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) });
        stream::iter(opening).chain(changes)
    }

    /// The numbers of all agents, at once and after each change.
    pub(crate) fn number_changes(&self, range: Range) -> impl Stream<Item = Numbers> + 'static {
        changes_of(Arc::clone(&self.installation.telemetry), self.hub.clone(), range)
    }
}

/// Waits until a source is to be asked again: after a pause, or as soon as it is at another address.
pub(super) async fn next_turn(relocations: &mut watch::Receiver<u64>, pause: Duration) {
    timeout(pause, relocations.changed()).await.ok();
}

/// The most owners whose numbers are sent before it is known which are listed.
const MOST_OWNERS: usize = 1000;

/// Leaves out the numbers of agents that are not listed because there are too many.
pub(crate) fn only_listed(mut numbers: Numbers, hub: &Hub) -> Numbers {
    let snapshot = hub.snapshot();
    if snapshot.unlisted_agents > 0 || numbers.owners.len() > MOST_OWNERS {
        let listed: BTreeSet<(Owner, bool)> =
            snapshot.agents.iter().map(|agent| (agent.owner(), agent.kind == AgentKind::Simulated)).collect();
        numbers.owners.retain(|owner| listed.contains(&(owner.owner.clone(), owner.simulated)));
    }
    numbers
}

/// Leaves out answers that differ only in their time.
fn changes_of(telemetry: Arc<dyn TelemetrySource>, hub: Hub, range: Range) -> impl Stream<Item = Numbers> {
    let relocations = telemetry.relocations();
    let first = (telemetry, relocations, Duration::ZERO);
    let answers = stream::unfold(first, move |(telemetry, mut relocations, pause)| async move {
        next_turn(&mut relocations, pause).await;
        Some((telemetry.numbers(range).await, (telemetry, relocations, NUMBERS_INTERVAL)))
    });
    let answers = answers.map(move |numbers| only_listed(numbers, &hub));
    let changes = answers.scan(None, |last: &mut Option<Numbers>, numbers| {
        let same = last.as_ref().is_some_and(|last| Numbers { at: numbers.at, ..last.clone() } == numbers);
        let changed = (!same).then(|| numbers.clone());
        *last = Some(numbers);
        ready(Some(changed))
    });
    changes.filter_map(ready)
}
