//! A telemetry source in memory, for tests. It returns the answers it was given and records each request.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use monitor_core::{
    telemetry::{
        AgentEvent, CollectorThen, Egress, Flow, LastSeen, Losses, Numbers, OwnerNumbers, Range, Sender, Session,
        event::RecentEvents,
    },
    timestamp::Timestamp,
};

use clawker_monitor::{
    clock::now,
    telemetry::{Dashboards, NoAnswer, TelemetrySource},
};
use tokio::sync::watch;

/// Telemetry in memory. Clones are the same source.
#[derive(Debug, Clone, Default)]
pub struct FakeTelemetry {
    shared: Arc<Mutex<Answers>>,
    relocations: Arc<watch::Sender<u64>>,
}

/// The answers. `failure`, if set, replaces every answer that can fail.
#[derive(Debug, Default)]
pub struct Answers {
    /// The error of every request that can fail.
    pub failure: Option<NoAnswer>,
    /// Whether no request is answered, like a store that accepts connections and never answers.
    pub hangs: bool,
    /// When each agent was last seen.
    pub heard: LastSeen,
    /// Whether the collector was running at these times; at others, nothing was measured.
    pub collector_then: BTreeMap<Timestamp, CollectorThen>,
    /// Data lost on the way to the stores.
    pub losses: Losses,
    /// The numbers of all agents.
    pub owners: Vec<OwnerNumbers>,
    /// The sessions, the same for every agent.
    pub sessions: Vec<Session>,
    /// The outgoing connections, the same for every agent.
    pub egress: Egress,
    /// The events, oldest first, the same for every agent.
    pub events: Vec<AgentEvent>,
    /// The newest events of everybody.
    pub recent: RecentEvents,
    /// The data flow.
    pub flow: Option<Flow>,
    /// Whether Grafana can be embedded.
    pub embedding: bool,
    /// Every request, by the name of its method.
    pub asked: Vec<&'static str>,
    /// Whose sessions, events and connections were asked for.
    pub senders: Vec<Sender>,
}

impl FakeTelemetry {
    /// The answers, to read or change.
    pub fn answers(&self) -> MutexGuard<'_, Answers> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source is at another address from now on.
    pub fn relocate(&self) {
        self.relocations.send_modify(|count| *count += 1);
    }

    async fn answer<T>(&self, question: &'static str, answer: impl FnOnce(&Answers) -> T) -> Result<T, NoAnswer> {
        let answer = self.answer_at_once(question, answer);
        if self.answers().hangs { std::future::pending().await } else { answer }
    }

    fn answer_at_once<T>(&self, question: &'static str, answer: impl FnOnce(&Answers) -> T) -> Result<T, NoAnswer> {
        let mut answers = self.answers();
        answers.asked.push(question);
        match &answers.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(answer(&answers)),
        }
    }
}

#[async_trait]
impl TelemetrySource for FakeTelemetry {
    async fn last_seen(&self) -> Result<LastSeen, NoAnswer> {
        self.answer("heard", |answers| answers.heard.clone()).await
    }

    async fn collector_then(&self, time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        let known = |answers: &Answers| answers.collector_then.get(&time).copied();
        self.answer("collector then", known).await.map(|known| known.unwrap_or(CollectorThen::NotMeasured))
    }

    async fn losses(&self) -> Losses {
        self.answer("losses", |answers| answers.losses.clone()).await.unwrap_or_default()
    }

    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer> {
        self.answer("recent", |answers| Arc::new(answers.recent.clone())).await
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let owners = self.answer("numbers", |answers| answers.owners.clone()).await.unwrap_or_default();
        Numbers { range, at: now(), owners, missing: Vec::new() }
    }

    async fn sessions(&self, sender: &Sender, _range: Range) -> Result<Vec<Session>, NoAnswer> {
        self.answers().senders.push(sender.clone());
        self.answer("sessions", |answers| answers.sessions.clone()).await
    }

    async fn egress(&self, sender: &Sender, _addresses: &[String], _range: Range) -> Result<Egress, NoAnswer> {
        self.answers().senders.push(sender.clone());
        self.answer("egress", |answers| answers.egress.clone()).await
    }

    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        self.answers().senders.push(sender.clone());
        self.answer("events", |answers| {
            let known = after.and_then(|after| answers.events.iter().position(|event| event.id == after.id));
            let new = &answers.events[known.map_or(0, |place| place + 1)..];
            new[new.len().saturating_sub(limit as usize)..].to_vec()
        })
        .await
    }

    async fn flow(&self) -> Flow {
        let flow = self.answer("flow", |answers| answers.flow.clone()).await;
        match flow {
            Ok(flow) => flow.unwrap_or(Flow { hops: Vec::new(), error: None, warnings: Vec::new() }),
            Err(error) => Flow { hops: Vec::new(), error: Some(error), warnings: Vec::new() },
        }
    }

    fn relocations(&self) -> watch::Receiver<u64> {
        self.relocations.subscribe()
    }
}

#[async_trait]
impl Dashboards for FakeTelemetry {
    async fn allow_embedding(&self) -> bool {
        self.answers().embedding
    }
}
