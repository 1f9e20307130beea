//! What the page of one agent shows beside its verdict.

#[cfg(feature = "engine")]
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
use crate::{agent_environment, agents::AgentContainer, settings::Settings};
use crate::{
    agents::Agent,
    telemetry::{AgentEvent, Egress, Missing, Numbers, Owner, OwnerNumbers, Range, Session, Store, Tokens},
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
    /// What an agent would be given today, where that differs in effect; `None` where it would not be set, or is as it
    /// would be.
    pub wanted: Option<String>,
    /// In effect it is not what an agent would be given today.
    pub differs: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A container's telemetry variables, as programs in it see them, and those it would be given today and lacks. By name.
#[cfg(feature = "engine")]
pub fn compare_variables(container: &AgentContainer, settings: &Settings) -> Vec<FoundVariable> {
    let value_in = |lines: &[String], name: &str| {
        let pairs = lines.iter().rev().filter_map(|line| line.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
    };
    let project = container.project.as_deref().unwrap_or_default();
    let differing = agent_environment::differences(&container.environment, settings, project, &container.agent);
    let found = container.environment.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name);
    let missing = differing.iter().map(|difference| difference.name.as_str());
    let names: BTreeSet<&str> = found.filter(|name| agent_environment::is_telemetry(name)).chain(missing).collect();
    let variables = names.into_iter().map(|name| {
        let value = value_in(&container.environment, name);
        let difference = differing.iter().find(|difference| difference.name == name);
        let baked = container.image_environment.as_ref().map(|lines| value_in(lines, name));
        FoundVariable {
            name: name.to_owned(),
            wanted: difference.and_then(|difference| difference.wanted.clone()),
            differs: difference.is_some(),
            origin: match (&baked, &value) {
                (None, _) | (_, None) => Origin::Unknown,
                (Some(baked), value) if baked == value => Origin::Image,
                _ => Origin::Creation,
            },
            found: value.map(|value| agent_environment::masked(name, &value)),
        }
    });
    variables.collect()
}

/// One owner's numbers among everybody's. Who is not among them did nothing, as far as the stores answered: without Loki
/// nobody knows of tools, and without Prometheus of time and lines.
pub fn owner_numbers(numbers: &Numbers, owner: &Owner) -> OwnerNumbers {
    let theirs = |simulated: bool| {
        numbers.owners.iter().find(move |known| known.owner == *owner && known.simulated == simulated).cloned()
    };
    let answered = |store: Store| !numbers.missing.iter().any(|missing| missing.store == store);
    theirs(false).or_else(|| theirs(true)).unwrap_or_else(|| {
        let (events, metrics) = (answered(Store::Loki), answered(Store::Prometheus));
        let (either, steps) = (events || metrics, if events { Range::STEPS as usize } else { 0 });
        OwnerNumbers {
            owner: owner.clone(),
            simulated: false,
            last_seen: None,
            sessions: either.then_some(0),
            cost_micro_usd: either.then_some(0),
            tokens: either.then(Tokens::default),
            tool_calls: events.then_some(0),
            tool_failures: events.then_some(0),
            active_seconds: metrics.then_some(0),
            lines_added: metrics.then_some(0),
            lines_removed: metrics.then_some(0),
            cost_over_time: vec![0; steps],
            events_over_time: vec![0; steps],
        }
    })
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
    /// Its last events, oldest first: what its page begins with.
    pub events: Vec<AgentEvent>,
    /// Where its connections went.
    pub egress: Egress,
    /// Stores that did not answer.
    pub missing: Vec<Missing>,
    /// Grafana lets its panels be shown within other pages.
    pub embedding: bool,
}

#[cfg(all(test, feature = "engine"))]
mod tests;
