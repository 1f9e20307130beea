//! The data of one agent's page, in addition to its verdict.

#[cfg(feature = "engine")]
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
use crate::{
    agent_environment,
    agents::{AgentContainer, ValueSource, effective_variables},
    settings::Settings,
};
use crate::{
    agents::Agent,
    telemetry::{AgentEvent, Egress, Missing, Numbers, Owner, OwnerNumbers, Range, Session, Store, Tokens},
    timestamp::Timestamp,
};

/// Where a variable of a container was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In its image: a change requires a new image.
    Image,
    /// At creation: a change requires a new container.
    Creation,
    /// In this settings file of Claude Code in the container: a change requires a restart of Claude Code.
    File(String),
    /// Unknown, because the image was removed or the variable is not set.
    Unknown,
}

/// One telemetry variable of a container, as far as its value may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundVariable {
    /// The variable's name.
    pub name: String,
    /// Its value; `None` if it is not set.
    pub found: Option<String>,
    /// The value in a new container, if it differs in effect; `None` if it does not differ or would not be set.
    pub wanted: Option<String>,
    /// Whether its effect differs from that in a new container.
    pub differs: bool,
    /// Where it was set.
    pub origin: Origin,
}

/// The telemetry variables as Claude Code in the container sees them, and those it lacks, sorted by name.
#[cfg(feature = "engine")]
pub fn compare_variables(container: &AgentContainer, settings: &Settings) -> Vec<FoundVariable> {
    let effective = effective_variables(container);
    let lines: Vec<String> = effective.iter().map(|found| format!("{}={}", found.name, found.value)).collect();
    let project = container.project.as_deref().unwrap_or_default();
    let differing = agent_environment::differences(&lines, settings, project, &container.agent);
    let found = effective.iter().map(|found| found.name.as_str());
    let missing = differing.iter().map(|difference| difference.name.as_str());
    let names: BTreeSet<&str> = found.filter(|name| agent_environment::is_telemetry(name)).chain(missing).collect();
    let variables = names.into_iter().map(|name| {
        let found = effective.iter().find(|found| found.name == name);
        let difference = differing.iter().find(|difference| difference.name == name);
        FoundVariable {
            name: name.to_owned(),
            wanted: difference.and_then(|difference| difference.wanted.clone()),
            differs: difference.is_some(),
            origin: match found.map(|found| &found.source) {
                Some(ValueSource::Settings { path, .. }) => Origin::File(path.clone()),
                Some(ValueSource::Image) => Origin::Image,
                Some(_) if container.image_environment.is_some() => Origin::Creation,
                _ => Origin::Unknown,
            },
            found: found.map(|found| agent_environment::shown(name, &found.value)),
        }
    });
    variables.collect()
}

/// One owner's numbers: those of its own data, or of simulated data. An owner without an entry has 0, unless Prometheus did
/// not answer.
pub fn owner_numbers(numbers: &Numbers, owner: &Owner, simulated: bool) -> OwnerNumbers {
    let theirs = numbers.owners.iter().find(|known| known.owner == *owner && known.simulated == simulated).cloned();
    let answered = !numbers.missing.iter().any(|missing| missing.store == Store::Prometheus);
    let zero = answered.then_some(0);
    let steps = vec![0; if answered { Range::STEPS as usize } else { 0 }];
    theirs.unwrap_or_else(|| OwnerNumbers {
        owner: owner.clone(),
        simulated,
        last_seen: None,
        sessions: zero,
        cost_micro_usd: zero,
        tokens: answered.then(Tokens::default),
        tool_calls: zero,
        tool_failures: zero,
        active_seconds: zero,
        lines_added: zero,
        lines_removed: zero,
        cost_over_time: steps.clone(),
        events_over_time: steps,
    })
}

/// Everything on the page of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPage {
    /// The agent with its verdict.
    pub agent: Agent,
    /// The folder on the host in which Clawker was run; `None` if unknown.
    pub workdir: Option<String>,
    /// The version of Claude Code, from its files or its events.
    pub claude_version: Option<String>,
    /// The names of its networks.
    pub networks: Vec<String>,
    /// Its telemetry variables, sorted by name.
    pub variables: Vec<FoundVariable>,
    /// The range of all numbers below.
    pub range: Range,
    /// The end of the range, by the server's clock.
    pub at: Timestamp,
    /// Its numbers within the range.
    pub numbers: OwnerNumbers,
    /// Its sessions within the range, newest first.
    pub sessions: Vec<Session>,
    /// Its last events, oldest first.
    pub events: Vec<AgentEvent>,
    /// Its outgoing connections within the range.
    pub egress: Egress,
    /// Stores that did not answer.
    pub missing: Vec<Missing>,
    /// Whether Grafana allows embedding its panels in other pages.
    pub embedding: bool,
}

/// A part of an agent's page as it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentPageUpdate {
    /// What Prometheus knows.
    Activity(Box<AgentActivity>),
    /// What Loki knows about connections, or in one clause why there is no answer.
    Egress(Result<Egress, String>),
}

/// What Prometheus knows about one agent within a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentActivity {
    /// The range of all numbers.
    pub range: Range,
    /// The end of the range, by the server's clock.
    pub at: Timestamp,
    /// Its numbers.
    pub numbers: OwnerNumbers,
    /// Its sessions, newest first; `None` if Prometheus did not answer.
    pub sessions: Option<Vec<Session>>,
    /// What Prometheus did not answer.
    pub missing: Vec<Missing>,
}

impl AgentPage {
    /// Replaces a part, including what is missing of it.
    pub fn apply(&mut self, update: AgentPageUpdate) {
        match update {
            AgentPageUpdate::Activity(activity) => {
                let AgentActivity { range, at, numbers, sessions, missing } = *activity;
                (self.range, self.at, self.numbers) = (range, at, numbers);
                self.sessions = sessions.unwrap_or_else(|| std::mem::take(&mut self.sessions));
                self.missing.retain(|known| known.store != Store::Prometheus);
                self.missing.extend(missing);
            }
            AgentPageUpdate::Egress(egress) => {
                self.missing.retain(|known| known.store != Store::Loki);
                match egress {
                    Ok(egress) => self.egress = egress,
                    Err(error) => {
                        self.missing.push(Missing { store: Store::Loki, error, lacks: "connections".to_owned() });
                    }
                }
            }
        }
    }

    /// Replaces the page after it was loaded again. What `apply` keeps up to date stays as it is.
    pub fn reload(&mut self, new: AgentPage) {
        let AgentPage { range, at, numbers, sessions, egress, missing, .. } = std::mem::replace(self, new);
        (self.range, self.at, self.numbers) = (range, at, numbers);
        (self.sessions, self.egress, self.missing) = (sessions, egress, missing);
    }
}

#[cfg(all(test, feature = "engine"))]
mod tests;
