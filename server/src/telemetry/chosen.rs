//! The source that has the data: the stack's stores while one of them is running, else the built-in receiver's file if there
//! is one.

use std::sync::Arc;

use async_trait::async_trait;
use monitor_core::{
    telemetry::{
        AgentEvent, CollectorThen, Egress, Flow, LastSeen, Losses, Numbers, Range, Sender, Session, event::RecentEvents,
    },
    timestamp::Timestamp,
};
use tokio::sync::watch;

use super::{BuiltInTelemetry, NoAnswer, StackTelemetry, TelemetrySource};

/// The stack's stores and the built-in receiver's file.
#[derive(Debug)]
pub struct ChosenTelemetry {
    stack: StackTelemetry,
    built_in: BuiltInTelemetry,
}

impl ChosenTelemetry {
    /// Chooses between these anew for every query.
    pub fn new(stack: StackTelemetry, built_in: BuiltInTelemetry) -> ChosenTelemetry {
        ChosenTelemetry { stack, built_in }
    }

    async fn chosen(&self) -> &dyn TelemetrySource {
        if !self.stack.stores().are_running() && self.built_in.has_file().await { &self.built_in } else { &self.stack }
    }
}

#[async_trait]
impl TelemetrySource for ChosenTelemetry {
    async fn is_built_in(&self) -> bool {
        self.chosen().await.is_built_in().await
    }

    async fn last_seen(&self) -> Result<LastSeen, NoAnswer> {
        self.chosen().await.last_seen().await
    }

    async fn collector_then(&self, time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        self.chosen().await.collector_then(time).await
    }

    async fn losses(&self) -> Losses {
        self.chosen().await.losses().await
    }

    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer> {
        self.chosen().await.recent_events().await
    }

    async fn numbers(&self, range: Range) -> Numbers {
        self.chosen().await.numbers(range).await
    }

    async fn sessions(&self, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer> {
        self.chosen().await.sessions(sender, range).await
    }

    async fn egress(&self, sender: &Sender, addresses: &[String], range: Range) -> Result<Egress, NoAnswer> {
        self.chosen().await.egress(sender, addresses, range).await
    }

    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        self.chosen().await.events(sender, after, limit).await
    }

    async fn flow(&self) -> Flow {
        self.chosen().await.flow().await
    }

    fn arrivals(&self) -> Option<watch::Receiver<u64>> {
        self.built_in.arrivals()
    }

    fn relocations(&self) -> watch::Receiver<u64> {
        // The file's place never changes, and whoever begins to write it says so to the stack's stores.
        self.stack.relocations()
    }
}
