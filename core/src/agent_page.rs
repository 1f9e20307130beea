//! What the page of one agent shows beside its verdict.

use serde::{Deserialize, Serialize};

use crate::{
    agents::Agent,
    telemetry::{Egress, Missing, OwnerNumbers, Range, Session},
    timestamp::Timestamp,
};

/// Where a variable of a container comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From its image: a change needs a new one.
    Image,
    /// Set when the container was made: a change needs a new container.
    Creation,
    /// It cannot be told.
    Unknown,
}

/// One telemetry variable of a container, secrets hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundVariable {
    /// Its name.
    pub name: String,
    /// Its value; `None` where it is not set though it would be today.
    pub found: Option<String>,
    /// What an agent would be given today, where that differs in effect; `None` where it is as it would be.
    pub wanted: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// One agent, looked at closely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPage {
    /// The agent with its verdict.
    pub agent: Agent,
    /// The folder of the host in which Clawker was called.
    pub workdir: Option<String>,
    /// The version of Claude Code, as its files or its events say.
    pub claude_version: Option<String>,
    /// Its networks, by name.
    pub networks: Vec<String>,
    /// Its telemetry variables.
    pub variables: Vec<FoundVariable>,
    /// The range of what follows.
    pub range: Range,
    /// The end of the range.
    pub at: Timestamp,
    /// Its numbers.
    pub numbers: OwnerNumbers,
    /// Its sessions, the newest first.
    pub sessions: Vec<Session>,
    /// Where its connections went.
    pub egress: Egress,
    /// Stores that did not answer.
    pub missing: Vec<Missing>,
    /// Grafana lets its panels be shown within other pages.
    pub embedding: bool,
}
