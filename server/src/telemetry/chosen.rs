//! The source that has the data: the stack's stores while one of them is running, else the built-in receiver's file. What a
//! stopped stack has recorded is unknown then, and said to be.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use monitor_core::{
    telemetry::{
        AgentEvent, CollectorThen, Egress, Flow, LastSeen, Losses, Missing, Numbers, Range, Sender, Session, Store,
        event::RecentEvents,
    },
    timestamp::Timestamp,
};
use tokio::sync::watch;

use super::{BuiltInTelemetry, NoAnswer, StackTelemetry, TelemetrySource, built_in::exists};

/// The stack's stores and the built-in receiver's file.
#[derive(Debug)]
pub struct ChosenTelemetry {
    stack: StackTelemetry,
    built_in: BuiltInTelemetry,
    /// Exists if a stack may have recorded something.
    compose_file: PathBuf,
}

impl ChosenTelemetry {
    /// Chooses between these anew for every query.
    pub fn new(stack: StackTelemetry, built_in: BuiltInTelemetry, compose_file: PathBuf) -> ChosenTelemetry {
        ChosenTelemetry { stack, built_in, compose_file }
    }

    async fn chosen(&self) -> Chosen<'_> {
        let stack = Chosen { source: &self.stack, unknown: None };
        if self.stack.stores().are_running() {
            return stack;
        }
        let built_in = |unknown| Chosen { source: &self.built_in, unknown };
        match (exists(&self.compose_file).await, self.built_in.has_data().await) {
            (_, None) => stack,
            (true, Some(true)) => built_in(Some(self.stack.stores().why_not_running())),
            (true, Some(false)) => stack,
            (false, Some(_)) => built_in(None),
        }
    }
}

/// The source that is asked.
struct Chosen<'a> {
    source: &'a dyn TelemetrySource,
    /// Why what a stack has recorded is unknown; `None` if no stack may have recorded anything.
    unknown: Option<NoAnswer>,
}

impl Chosen<'_> {
    /// An answer without data is none where other data is unknown.
    fn or_unknown<T>(self, answer: Result<Vec<T>, NoAnswer>) -> Result<Vec<T>, NoAnswer> {
        match (answer, self.unknown) {
            (Ok(found), Some(why)) if found.is_empty() => Err(why),
            (answer, _) => answer,
        }
    }
}

#[async_trait]
impl TelemetrySource for ChosenTelemetry {
    async fn is_built_in(&self) -> bool {
        self.chosen().await.source.is_built_in().await
    }

    async fn last_seen(&self) -> Result<LastSeen, NoAnswer> {
        let Chosen { source, unknown } = self.chosen().await;
        Ok(LastSeen { incomplete: unknown, ..source.last_seen().await? })
    }

    async fn collector_then(&self, time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        match self.chosen().await {
            Chosen { unknown: Some(why), .. } => Err(why),
            Chosen { source, .. } => source.collector_then(time).await,
        }
    }

    async fn losses(&self) -> Losses {
        self.chosen().await.source.losses().await
    }

    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer> {
        self.chosen().await.source.recent_events().await
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let Chosen { source, unknown } = self.chosen().await;
        let mut numbers = source.numbers(range).await;
        numbers.missing.extend(unknown.map(|error| Missing {
            store: Store::Prometheus,
            error,
            lacks: "what the stack has recorded".to_owned(),
        }));
        numbers
    }

    async fn sessions(&self, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer> {
        let chosen = self.chosen().await;
        let found = chosen.source.sessions(sender, range).await;
        chosen.or_unknown(found)
    }

    async fn egress(&self, sender: &Sender, addresses: &[String], range: Range) -> Result<Egress, NoAnswer> {
        self.chosen().await.source.egress(sender, addresses, range).await
    }

    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        let chosen = self.chosen().await;
        let found = chosen.source.events(sender, after, limit).await;
        // Nothing new is not nothing at all.
        if after.is_some() { found } else { chosen.or_unknown(found) }
    }

    async fn flow(&self) -> Flow {
        self.chosen().await.source.flow().await
    }

    fn arrivals(&self) -> Option<watch::Receiver<u64>> {
        self.built_in.arrivals()
    }

    fn relocations(&self) -> watch::Receiver<u64> {
        // The file's place never changes, and whoever begins to write it says so to the stack's stores.
        self.stack.relocations()
    }
}
