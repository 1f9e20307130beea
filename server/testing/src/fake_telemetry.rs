//! A source of telemetry in memory, for tests: it answers with what it was given, and counts how often it was asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use monitor_core::telemetry::{
    AgentEvent, Egress, Flow, LastSeen, Losses, Numbers, Owner, OwnerNumbers, Range, Session,
};

use clawker_monitor::{
    clock::now,
    telemetry::{Dashboards, NoAnswer, TelemetrySource},
};

/// Telemetry in memory. Clones are the same source.
#[derive(Debug, Clone, Default)]
pub struct FakeTelemetry {
    shared: Arc<Mutex<Answers>>,
}

/// What it answers. `failure` in place of everything that can fail.
#[derive(Debug, Default)]
pub struct Answers {
    /// Why nothing is answered, while nothing is.
    pub failure: Option<NoAnswer>,
    /// Who was heard.
    pub heard: LastSeen,
    /// What was lost.
    pub losses: Losses,
    /// Everybody's numbers.
    pub owners: Vec<OwnerNumbers>,
    /// Every agent's sessions.
    pub sessions: Vec<Session>,
    /// Every agent's egress.
    pub egress: Egress,
    /// Every agent's events, oldest first.
    pub events: Vec<AgentEvent>,
    /// How data flows.
    pub flow: Option<Flow>,
    /// Whether Grafana lets itself be embedded.
    pub embedding: bool,
    /// Every question, by the name of its method.
    pub asked: Vec<&'static str>,
}

impl FakeTelemetry {
    /// What it answers, to look at or to change.
    pub fn answers(&self) -> MutexGuard<'_, Answers> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T>(&self, question: &'static str, answer: impl FnOnce(&Answers) -> T) -> Result<T, NoAnswer> {
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
    async fn heard(&self) -> Result<LastSeen, NoAnswer> {
        self.answer("heard", |answers| answers.heard.clone())
    }

    async fn losses(&self) -> Losses {
        self.answer("losses", |answers| answers.losses.clone()).unwrap_or_default()
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let owners = self.answer("numbers", |answers| answers.owners.clone()).unwrap_or_default();
        Numbers { range, at: now(), owners, missing: Vec::new() }
    }

    async fn sessions(&self, _owner: &Owner, _range: Range) -> Result<Vec<Session>, NoAnswer> {
        self.answer("sessions", |answers| answers.sessions.clone())
    }

    async fn egress(&self, _owner: &Owner, _addresses: &[String], _range: Range) -> Result<Egress, NoAnswer> {
        self.answer("egress", |answers| answers.egress.clone())
    }

    async fn events(
        &self,
        _owner: &Owner,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        self.answer("events", |answers| {
            let known = after.and_then(|after| answers.events.iter().position(|event| event.id == after.id));
            let new = &answers.events[known.map_or(0, |place| place + 1)..];
            new[new.len().saturating_sub(limit as usize)..].to_vec()
        })
    }

    async fn flow(&self) -> Flow {
        let flow = self.answer("flow", |answers| answers.flow.clone());
        match flow {
            Ok(flow) => flow.unwrap_or(Flow { hops: Vec::new(), error: None }),
            Err(error) => Flow { hops: Vec::new(), error: Some(error) },
        }
    }
}

#[async_trait]
impl Dashboards for FakeTelemetry {
    async fn allow_embedding(&self) -> bool {
        self.answers().embedding
    }
}
