//! What the stores know about agents, in the panel's own words. Asked over HTTP with bounded time and few questions: one
//! for all agents, never one for each. Knows no containers and no verdicts.

mod agent_details;
mod embedding;
mod events;
mod hearing;
mod http;
mod numbers;
mod questions;
mod shared;
mod store;

use async_trait::async_trait;
use monitor_core::{
    status::ServiceStatus,
    telemetry::{AgentEvent, Egress, Flow, LastSeen, Losses, Numbers, Owner, Range, Session},
};

pub use http::HttpTelemetry;

/// Where a store's answer would have been: why there is none, in one clause without a full stop, as
/// ``no answer on port 3100``.
pub type NoAnswer = String;

/// What can be asked about agents' telemetry. The six-service stack is one source; others may follow.
#[async_trait]
pub trait TelemetrySource: Send + Sync {
    /// Which services run where. Called whenever that changes; a store that does not run is not asked.
    fn follow(&self, services: &[ServiceStatus]);

    /// Who was heard, with the last moment of each, within the last seven days. Asked again and again, only what is new
    /// is asked of the store.
    async fn heard(&self) -> Result<LastSeen, NoAnswer>;

    /// What was refused or given up within the last five minutes; nothing where nobody knows.
    async fn losses(&self) -> Losses;

    /// Everybody's numbers. The same answer serves all who ask within a few seconds. A store that does not answer costs
    /// its columns, and is named in `Numbers::missing`.
    async fn numbers(&self, range: Range) -> Numbers;

    /// One owner's sessions, the newest first.
    async fn sessions(&self, owner: &Owner, range: Range) -> Result<Vec<Session>, NoAnswer>;

    /// Where the connections of those addresses went; those that the firewall's own map knows for the owner count as well.
    async fn egress(&self, owner: &Owner, addresses: &[String], range: Range) -> Result<Egress, NoAnswer>;

    /// One owner's events after that moment (exclusive by `AgentEvent::id`), or the last ones without it; oldest first.
    async fn events(&self, owner: &Owner, after: Option<&AgentEvent>, limit: u32) -> Result<Vec<AgentEvent>, NoAnswer>;

    /// How data flows, by the services' own metrics.
    async fn flow(&self) -> Flow;

    /// Grafana lets its panels be shown within other pages.
    async fn embedding(&self) -> bool;
}
