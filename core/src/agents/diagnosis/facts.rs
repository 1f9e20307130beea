//! One agent and its surroundings, looked at once: what its variables say, what a new container of it would get, and
//! when it was heard.

use super::super::{AgentContainer, CauseCode, Fix, StackEvidence};
use super::commands::{self, RecreateScope};
use super::endpoint::Collector;
use super::variables::Variables;
use crate::{
    agent_environment::{Source, environment},
    agents::{Cause, FixKind},
    stack::NETWORK,
    status::ContainerState,
    telemetry::{Owner, OwnerLastSeen},
    timestamp::Timestamp,
};

/// How much a finding weighs. The order is the order in which causes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Somebody switched telemetry off.
    Off,
    /// Nothing can arrive while it is so.
    Blocking,
    /// It is the reason of a verdict under which nothing is wrong.
    Reason,
    /// Something is lost, now as before.
    Warning,
    /// It may explain a silence.
    Note,
    /// It is so, whatever the verdict.
    Fact,
}

/// A cause, weighed.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub severity: Severity,
    pub cause: Cause,
}

impl Finding {
    pub fn new(severity: Severity, code: CauseCode, evidence: String, fix: Fix) -> Finding {
        Finding { severity, cause: Cause { code, evidence, fix } }
    }
}

/// One agent and its surroundings.
pub(super) struct AgentFacts<'a> {
    pub agent: &'a AgentContainer,
    pub stack: &'a StackEvidence,
    /// As Claude Code sees them: managed settings over the container's.
    pub variables: Variables,
    /// The container's alone.
    pub given: Variables,
    /// What managed settings set.
    pub managed: Variables,
    /// What the project's file sets.
    pub file: Variables,
    /// What the image bakes in; `None` where it is gone.
    pub image: Option<Variables>,
    pub collector: Collector,
    /// Whose the data ought to be.
    pub owner: Owner,
    /// What is known of that owner. Of what arrives untagged nobody knows who sent it.
    pub owner_last_seen: Option<&'a OwnerLastSeen>,
    /// When it was heard last, this container and not its predecessor of the same name.
    pub last_seen: Option<Timestamp>,
}

impl<'a> AgentFacts<'a> {
    pub fn of(agent: &'a AgentContainer, stack: &'a StackEvidence) -> AgentFacts<'a> {
        let owner = agent.owner();
        let given = Variables::of(&agent.environment);
        let managed = agent.managed_settings.as_deref().map(Variables::of_settings).unwrap_or_default();
        let heard = stack.last_seen.as_ref().ok().filter(|_| owner != Owner::default());
        let heard = heard.and_then(|heard| heard.owners.get(&owner));
        let beside_host = agent.networks.iter().any(|network| network == "host");
        AgentFacts {
            variables: given.clone().under(&managed),
            given,
            managed,
            file: Variables::of(&agent.agent_env),
            image: agent.image_environment.as_ref().map(Variables::of),
            collector: Collector::of(&stack.settings, beside_host),
            last_seen: heard
                .and_then(|heard| heard.last_seen)
                .filter(|seen| agent.created_at.is_none_or(|created| is_since(*seen, created))),
            owner,
            owner_last_seen: heard,
            agent,
            stack,
        }
    }

    /// What a container of it that is made now would get, managed settings aside; `None` where the image is gone.
    pub fn next(&self) -> Option<Variables> {
        let project = self.agent.project.as_deref().unwrap_or_default();
        let variables = environment(&self.stack.settings, project, &self.agent.agent);
        let at_creation = variables.into_iter().filter(|variable| variable.source == Source::Creation);
        let lines: Vec<String> = at_creation.map(|variable| format!("{}={}", variable.name, variable.value)).collect();
        Some(self.image.clone()?.under(&Variables::of(&lines)).under(&self.file))
    }

    pub fn runs(&self) -> bool {
        self.agent.state == ContainerState::Running
    }

    /// Agents are told to send to a collector elsewhere, so that the one of this stack does not matter to them.
    pub fn sends_elsewhere(&self) -> bool {
        self.stack.settings.otel_collector_endpoint.is_some()
    }

    pub fn is_on_network(&self) -> bool {
        self.agent.networks.iter().any(|network| network == NETWORK)
    }

    /// What helps by making the container anew. For a container that is not Clawker's nobody here knows how it is made.
    pub fn recreate_fix(&self, kind: FixKind) -> Fix {
        if !self.agent.managed {
            return Fix { kind: FixKind::Edit, command: None };
        }
        let scope = if kind == FixKind::Rebuild { RecreateScope::Image } else { RecreateScope::Container };
        Fix { kind, command: commands::recreate_command(self.agent, scope, self.stack.collector.is_detected()) }
    }

    /// Starting the container.
    pub fn start_fix(&self) -> Fix {
        Fix { kind: FixKind::Start, command: commands::start_command(self.agent) }
    }
}

/// Whether something was heard since that moment. Stores tell seconds, so that what was heard within the second itself
/// counts.
pub(super) fn is_since(seen: Timestamp, created: Timestamp) -> bool {
    seen.unix_milliseconds().div_euclid(1000) >= created.unix_milliseconds().div_euclid(1000)
}

/// Starting the stack, or bringing it back to what it should be.
pub(super) fn start_stack() -> Fix {
    Fix { kind: FixKind::Start, command: Some(commands::STACK.to_owned()) }
}

/// Nothing to be done, or nothing but waiting.
pub(super) const fn fix_without_command(kind: FixKind) -> Fix {
    Fix { kind, command: None }
}
