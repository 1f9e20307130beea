//! Facts about one agent, derived once from the evidence: its effective variables, those of a new container, and when
//! it last reported.

use super::super::{
    AgentContainer, CauseCode, Fix, StackEvidence,
    attributes::{owner_of, voiding_attribute},
    effective::{ProjectScope, effective},
    release::Release,
};
use super::commands::{self, RecreateScope};
use super::endpoint::Collector;
use super::environment::{Fault, faults};
use super::variables::{RESOURCE_ATTRIBUTES, ValueSource, Variables};
use crate::{
    agent_environment::{Source, environment},
    agents::{Cause, FixKind, Weight},
    stack::NETWORK,
    status::ContainerState,
    telemetry::{Owner, OwnerLastSeen},
    timestamp::Timestamp,
};

/// Severity of a finding. Causes are listed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Telemetry is turned off.
    Off,
    /// No data can arrive.
    Blocking,
    /// The reason for a verdict without a problem.
    Reason,
    /// Some data is lost.
    Warning,
    /// May explain missing data.
    Note,
    /// Worth knowing, whatever the verdict.
    Fact,
}

/// A cause with its severity.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub severity: Severity,
    pub cause: Cause,
}

impl Finding {
    pub fn new(severity: Severity, code: CauseCode, evidence: String, fix: Fix) -> Finding {
        let weight = match severity {
            Severity::Off | Severity::Blocking | Severity::Reason => Weight::Reason,
            Severity::Warning => Weight::Warning,
            Severity::Note | Severity::Fact => Weight::Note,
        };
        Finding { severity, cause: Cause { code, weight, evidence, fix, advice: None } }
    }

    /// Makes it a warning.
    pub fn warn(&mut self) {
        self.severity = Severity::Warning;
        self.cause.weight = Weight::Warning;
    }

    /// The same with advice that is more specific than the kind of its fix.
    pub fn advising(mut self, advice: impl Into<String>) -> Finding {
        self.cause.advice = Some(advice.into());
        self
    }
}

/// Facts about one agent.
pub(super) struct AgentFacts<'a> {
    pub agent: &'a AgentContainer,
    pub stack: &'a StackEvidence,
    /// The variables that Claude Code sees: settings files override the container's.
    pub variables: Variables,
    /// The container's own variables.
    pub given: Variables,
    /// The variables that Clawker's files set.
    pub clawker: Variables,
    /// The variables that the image sets; `None` if it was removed.
    pub image: Option<Variables>,
    /// The release of Claude Code; `None` if unknown.
    pub release: Option<Release>,
    pub collector: Collector,
    /// The expected owner of its data.
    pub owner: Owner,
    /// What has arrived from that owner. `None` for untagged data, whose sender is unknown.
    pub owner_last_seen: Option<&'a OwnerLastSeen>,
    /// When data last arrived from this container, not from an earlier one of the same name.
    pub last_seen: Option<Timestamp>,
}

impl<'a> AgentFacts<'a> {
    pub fn of(agent: &'a AgentContainer, stack: &'a StackEvidence) -> AgentFacts<'a> {
        let owner = agent.owner();
        let heard = stack.last_seen.as_ref().ok().filter(|_| owner != Owner::default());
        let heard = heard.and_then(|heard| heard.owners.get(&owner));
        let release = agent.claude_version.as_deref().or(heard.and_then(|heard| heard.version.as_deref()));
        let release = release.and_then(Release::parse);
        let beside_host = agent.networks.iter().any(|network| network == "host");
        let image = agent.image_environment.as_ref().map(|lines| Variables::of(lines, &ValueSource::Image));
        let given = Variables::of_container(&agent.environment, image.as_ref());
        let mut clawker = Variables::default();
        for variable in &agent.clawker.variables {
            // What comes from the shell that runs Clawker is unknown here, and taken to be what it was.
            let passed_on = || given.raw(&variable.name).map(str::to_owned);
            let source = ValueSource::Clawker { file: variable.file.clone(), key: variable.key.clone() };
            if let Some(value) = variable.value.clone().or_else(passed_on) {
                clawker.set(&variable.name, value, source);
            }
        }
        AgentFacts {
            variables: effective(given.clone(), &agent.settings_files, release, ProjectScope::of(release)),
            given,
            clawker,
            image,
            release,
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

    /// What Claude Code would see in a new container; `None` if the image was removed.
    pub fn next(&self) -> Option<Variables> {
        let project = self.agent.project.as_deref().unwrap_or_default();
        let variables = environment(&self.stack.settings, project, &self.agent.agent);
        let at_creation = variables.into_iter().filter(|variable| variable.source == Source::Creation);
        let lines: Vec<String> = at_creation.map(|variable| format!("{}={}", variable.name, variable.value)).collect();
        let container = self.image.clone()?.under(&Variables::of(&lines, &ValueSource::Container)).under(&self.clawker);
        Some(effective(container, &self.agent.settings_files, self.release, ProjectScope::of(self.release)))
    }

    /// What Claude Code sees if it takes all variables from a project's settings files, as older releases do.
    pub fn with_all_of_project(&self) -> Variables {
        effective(self.given.clone(), &self.agent.settings_files, self.release, ProjectScope::Everything)
    }

    /// The problems with these variables, for this agent.
    pub fn faults(&self, variables: &Variables) -> Vec<Fault> {
        faults(variables, &self.collector, &self.owner, self.release)
    }

    /// The owner that its data names.
    pub fn sent_owner(&self) -> Owner {
        let attributes = self.variables.get(RESOURCE_ATTRIBUTES).unwrap_or_default();
        let voiding = voiding_attribute(attributes, self.release);
        if voiding.is_some_and(|found| found.certain) { Owner::default() } else { owner_of(attributes) }
    }

    pub fn runs(&self) -> bool {
        self.agent.state == ContainerState::Running
    }

    /// Agents send to an external collector, so the stack's own does not matter.
    pub fn sends_elsewhere(&self) -> bool {
        self.stack.settings.otel_collector_endpoint.is_some()
    }

    pub fn is_on_network(&self) -> bool {
        self.agent.networks.iter().any(|network| network == NETWORK)
    }

    /// The fix by recreating the container. How to recreate a container that is not Clawker's is unknown.
    pub fn recreate_fix(&self, kind: FixKind) -> Fix {
        if !self.agent.managed {
            return Fix { kind: FixKind::Edit, command: None, restart: false };
        }
        let scope = if kind == FixKind::Rebuild { RecreateScope::Image } else { RecreateScope::Container };
        Fix { kind, ..self.recreate_scope_fix(scope) }
    }

    /// The commands that recreate this much.
    pub fn recreate_scope_fix(&self, scope: RecreateScope) -> Fix {
        let command = commands::recreate_command(self.agent, scope, self.stack.collector.is_detected());
        Fix { kind: FixKind::Recreate, command, restart: false }
    }

    /// The fix by starting the container.
    pub fn start_fix(&self) -> Fix {
        Fix { kind: FixKind::Start, command: commands::start_command(self.agent), restart: false }
    }
}

/// Whether data arrived since then. Stores return seconds, so data within the same second counts.
pub(super) fn is_since(seen: Timestamp, created: Timestamp) -> bool {
    seen.unix_milliseconds().div_euclid(1000) >= created.unix_milliseconds().div_euclid(1000)
}

/// The fix by starting the stack, or recreating what differs from its files.
pub(super) fn start_stack() -> Fix {
    Fix { kind: FixKind::Start, command: Some(commands::STACK.to_owned()), restart: false }
}

/// A fix that needs no command.
pub(super) const fn fix_without_command(kind: FixKind) -> Fix {
    Fix { kind, command: None, restart: false }
}
