//! The queries for agents' telemetry. Independent of stores, services and query languages.

use std::sync::Arc;

use async_trait::async_trait;
use monitor_core::{
    telemetry::{
        AgentEvent, CollectorThen, Egress, Flow, LastSeen, Losses, Numbers, Range, Sender, Session, event::RecentEvents,
    },
    timestamp::Timestamp,
};
use tokio::sync::watch;

/// Why there is no answer: one clause without a period, for example `no answer on port 3100`.
pub type NoAnswer = String;

/// A place that keeps agents' telemetry.
#[async_trait]
pub trait TelemetrySource: Send + Sync {
    /// Whether the answers come from the built-in receiver's file.
    async fn is_built_in(&self) -> bool {
        false
    }

    /// Every owner whose data arrived within the last seven days, with the time it was last seen. Cheap to repeat: after
    /// the first call, only new data is queried.
    async fn last_seen(&self) -> Result<LastSeen, NoAnswer>;

    /// Whether the collector was running at that time. Cheap to repeat: what is certain is asked once.
    async fn collector_then(&self, time: Timestamp) -> Result<CollectorThen, NoAnswer>;

    /// What was refused or dropped within the last five minutes. Empty if unknown.
    async fn losses(&self) -> Losses;

    /// The newest events of every owner, as far as they tell what an agent is doing. Cheap to repeat: after the first call,
    /// only new events are queried.
    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer>;

    /// The numbers of every owner. Callers within a few seconds share one answer. The numbers of a
    /// store that does not answer are absent, and the store is named in `Numbers::missing`.
    async fn numbers(&self, range: Range) -> Numbers;

    /// The sessions of one sender, newest first.
    async fn sessions(&self, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer>;

    /// Where the connections from these IP addresses went. Addresses that the firewall's own map assigns to the sender
    /// are included.
    async fn egress(&self, sender: &Sender, addresses: &[String], range: Range) -> Result<Egress, NoAnswer>;

    /// Up to `limit` events of one sender, oldest first: those after `after` (excluded, by `AgentEvent::id`), or the last
    /// ones without it.
    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer>;

    /// The rates of data between the services of this source.
    async fn flow(&self) -> Flow;

    /// Changes whenever data has been stored, where that is known in this process.
    fn arrivals(&self) -> Option<watch::Receiver<u64>> {
        None
    }

    /// Changes whenever the source is found at another address: an answer from before is outdated.
    fn relocations(&self) -> watch::Receiver<u64>;
}
