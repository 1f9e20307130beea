//! What changes on the page of one agent: its numbers and sessions from Prometheus, and its connections from Loki. Each
//! store is asked independently of the other.

use std::{sync::Arc, time::Duration};

use futures::{Stream, StreamExt, future::ready, stream};
use monitor_core::{
    agent_page::{AgentActivity, AgentPageUpdate, owner_numbers},
    agents::owner_from_name,
    error::StackError,
    telemetry::{Missing, OwnerNumbers, Range, Sender, Store},
};
use tokio::time::Instant;

use super::{
    Panel,
    streams::{NUMBERS_INTERVAL, next_turn},
};
use crate::telemetry::TelemetrySource;

/// The shortest time between two queries for connections, which Loki has to count.
const EGRESS_INTERVAL: Duration = Duration::from_secs(15);
/// The pause after an answer is at least this many times as long as the answer took.
const PAUSE_TIMES: u32 = 10;

impl Panel {
    /// The changes on the page of the agent in this container.
    ///
    /// # Errors
    /// `UnknownAgent` if the container is not an agent's, and errors of the Engine.
    pub(crate) async fn agent_changes(
        &self,
        container: &str,
        range: Range,
    ) -> Result<impl Stream<Item = AgentPageUpdate> + use<>, StackError> {
        let unknown = || StackError::UnknownAgent { agent: container.to_owned() };
        let (sender, addresses) = if let Some((owner, simulated)) = owner_from_name(container) {
            if !self.is_seen(&owner, simulated).await {
                return Err(unknown());
            }
            (Sender { owner, simulated }, Vec::new())
        } else {
            let found = self.installation.engine.agent(container).await?;
            let found = found.filter(|found| found.container == container).ok_or_else(unknown)?;
            (Sender::real(found.owner()), found.addresses)
        };
        let telemetry = &self.installation.telemetry;
        let activity = activity_changes(Arc::clone(telemetry), sender.clone(), range);
        let egress = egress_changes(Arc::clone(telemetry), sender, addresses, range);
        Ok(stream::select(activity, egress))
    }
}

/// The sessions are queried again only when a number has changed.
fn activity_changes(
    telemetry: Arc<dyn TelemetrySource>,
    sender: Sender,
    range: Range,
) -> impl Stream<Item = AgentPageUpdate> {
    let first: (Option<(OwnerNumbers, Vec<Missing>)>, Duration) = (None, Duration::ZERO);
    let state = (telemetry.relocations(), first);
    let changes = stream::unfold(state, move |(mut relocations, (last, mut pause))| {
        let (telemetry, sender) = (Arc::clone(&telemetry), sender.clone());
        async move {
            loop {
                next_turn(&mut relocations, std::mem::replace(&mut pause, NUMBERS_INTERVAL)).await;
                let all = telemetry.numbers(range).await;
                let (numbers, mut missing) = (owner_numbers(&all, &sender.owner, sender.simulated), all.missing);
                let now = (numbers.clone(), missing.clone());
                if last.as_ref() == Some(&now) {
                    continue;
                }
                let sessions = telemetry.sessions(&sender, range).await;
                let sessions = sessions.map_err(|error| {
                    let lacks = "sessions of this agent".to_owned();
                    missing.push(Missing { store: Store::Prometheus, error, lacks });
                });
                // Sessions that are missing are asked for again.
                let last = sessions.is_ok().then_some(now);
                let activity = AgentActivity { range, at: all.at, numbers, sessions: sessions.ok(), missing };
                return Some((AgentPageUpdate::Activity(Box::new(activity)), (relocations, (last, pause))));
            }
        }
    });
    changes.boxed()
}

fn egress_changes(
    telemetry: Arc<dyn TelemetrySource>,
    sender: Sender,
    addresses: Vec<String>,
    range: Range,
) -> impl Stream<Item = AgentPageUpdate> {
    let first = (telemetry.relocations(), Duration::ZERO);
    let answers = stream::unfold(first, move |(mut relocations, pause)| {
        let (telemetry, sender, addresses) = (Arc::clone(&telemetry), sender.clone(), addresses.clone());
        async move {
            next_turn(&mut relocations, pause).await;
            let begun = Instant::now();
            let egress = telemetry.egress(&sender, &addresses, range).await;
            Some((egress, (relocations, EGRESS_INTERVAL.max(begun.elapsed() * PAUSE_TIMES))))
        }
    });
    let changes = answers.scan(None, |last, egress| {
        let changed = last.as_ref() != Some(&egress);
        *last = Some(egress.clone());
        ready(Some(changed.then_some(AgentPageUpdate::Egress(egress))))
    });
    changes.filter_map(ready).boxed()
}
