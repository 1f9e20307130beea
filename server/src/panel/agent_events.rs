//! One agent's events as they arrive, without gaps or duplicates.

use std::{future::pending, sync::Arc, time::Duration};

use futures::{Stream, stream};
use monitor_core::{
    agents::owner_from_name,
    error::StackError,
    telemetry::{AgentEvent, Owner, Sender, event},
};
use tokio::{sync::watch, time::sleep};

use super::{Panel, streams::next_turn};
use crate::telemetry::{NoAnswer, TelemetrySource};

/// The time between two queries for new events.
const INTERVAL: Duration = Duration::from_secs(1);
/// The same where new data is announced.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
/// How many past events a reader gets at first.
const PAST_EVENTS: u32 = 100;
/// The most new events in a batch.
const BATCH: u32 = 500;
/// How late an event may arrive after one that happened later, in milliseconds: the processes of one agent export
/// independently, every few seconds.
const LATEST_ARRIVAL_MS: i64 = 15_000;
/// How many sent events are queried again to find late ones; fewer than a batch, or nothing new would fit.
const OVERLAP: usize = 200;
/// For how many queries without new events they are queried again.
const OVERLAP_QUERIES: u32 = 15;

/// New events, oldest first (possibly none, the first time), or why there are none right now.
pub type EventBatch = Result<Vec<AgentEvent>, NoAnswer>;

impl Panel {
    /// The events of the agent in this container: the last hundred, then new ones as they arrive. A store that does not
    /// answer is reported once, and its recovery by the next batch.
    ///
    /// # Errors
    /// `UnknownAgent` if the container is not an agent's, and errors of the Engine.
    pub(crate) async fn agent_events(
        &self,
        container: &str,
    ) -> Result<impl Stream<Item = EventBatch> + use<>, StackError> {
        let Some(sender) = self.sender_of(container).await? else {
            return Err(StackError::UnknownAgent { agent: container.to_owned() });
        };
        Ok(follow(Arc::clone(&self.installation.telemetry), sender))
    }

    /// Who sends the data of a container. Asks the Engine if the container is not in the snapshot yet.
    async fn sender_of(&self, container: &str) -> Result<Option<Sender>, StackError> {
        if let Some((owner, simulated)) = owner_from_name(container) {
            let is_known = self.hub.snapshot().agent(container).is_some() || self.is_seen(&owner, simulated).await;
            return Ok(is_known.then_some(Sender { owner, simulated }));
        }
        if let Some(agent) = self.hub.snapshot().agent(container) {
            return Ok(Some(Sender::real(agent.owner())));
        }
        let found = self.installation.engine.agent(container).await?.filter(|found| found.container == container);
        Ok(found.map(|found| Sender::real(found.owner())))
    }

    /// Whether data with these tags arrived within a week. While that is unknown, it may have.
    pub(super) async fn is_seen(&self, owner: &Owner, simulated: bool) -> bool {
        let seen = self.installation.telemetry.last_seen().await;
        seen.map_or(true, |seen| if simulated { seen.simulated } else { seen.owners }.contains_key(owner))
    }
}

fn follow(telemetry: Arc<dyn TelemetrySource>, sender: Sender) -> impl Stream<Item = EventBatch> {
    let first = (telemetry.relocations(), telemetry.arrivals(), Position::default());
    stream::unfold(first, move |(mut relocations, mut arrivals, mut position)| {
        let (telemetry, sender) = (Arc::clone(&telemetry), sender.clone());
        async move {
            loop {
                if position.has_started {
                    sleep(SHORTEST_INTERVAL).await;
                    tokio::select! {
                        () = next_turn(&mut relocations, INTERVAL) => {}
                        () = next_arrival(arrivals.as_mut()) => {}
                    }
                }
                let limit = if position.recent.is_empty() { PAST_EVENTS } else { BATCH };
                let answer = telemetry.events(&sender, position.recent.first(), limit).await;
                if let Some(batch) = position.next_batch(answer) {
                    return Some((batch, (relocations, arrivals, position)));
                }
            }
        }
    })
}

/// Resolves when data was stored, where that is known.
async fn next_arrival(arrivals: Option<&mut watch::Receiver<u64>>) {
    let is_announced = match arrivals {
        Some(arrivals) => arrivals.changed().await.is_ok(),
        None => false,
    };
    if !is_announced {
        pending::<()>().await;
    }
}

/// What a reader has been sent.
#[derive(Default)]
struct Position {
    /// The last events that were sent, oldest first; new ones are searched for after the first of them.
    recent: Vec<AgentEvent>,
    /// Consecutive queries without a new event.
    queries_without_events: u32,
    /// The error that was last reported.
    reported_error: Option<NoAnswer>,
    /// Whether the first query was sent.
    has_started: bool,
}

impl Position {
    /// What to send to the reader after this answer. `None` if nothing has changed.
    fn next_batch(&mut self, answer: EventBatch) -> Option<EventBatch> {
        let first = !std::mem::replace(&mut self.has_started, true);
        match answer {
            Ok(mut batch) => {
                batch.retain(|event| !self.recent.iter().any(|sent| sent.id == event.id));
                self.remember(&batch);
                let recovered = self.reported_error.take().is_some();
                (first || recovered || !batch.is_empty()).then_some(Ok(batch))
            }
            Err(error) if self.reported_error.as_ref() == Some(&error) => None,
            Err(error) => {
                self.reported_error = Some(error.clone());
                Some(Err(error))
            }
        }
    }

    fn remember(&mut self, batch: &[AgentEvent]) {
        if batch.is_empty() {
            self.queries_without_events = self.queries_without_events.saturating_add(1);
            if self.queries_without_events >= OVERLAP_QUERIES {
                self.recent.drain(..self.recent.len().saturating_sub(1));
            }
            return;
        }
        self.queries_without_events = 0;
        self.recent.extend_from_slice(batch);
        self.recent.sort_by_cached_key(|event| event::EventPosition::from_id(&event.id));
        let newest = self.recent.last().map_or(0, |event| event.at.unix_milliseconds());
        self.recent.retain(|event| event.at.unix_milliseconds() >= newest - LATEST_ARRIVAL_MS);
        self.recent.drain(..self.recent.len().saturating_sub(OVERLAP));
    }
}
