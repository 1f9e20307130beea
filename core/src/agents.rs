//! Agents as people see them: which ones exist, whether their telemetry works, and if not, why and how to fix it.
//!
//! The verdict is computed from evidence by `diagnosis`, behind the feature `engine`; only the result travels to the
//! browser.

mod activity;
#[cfg(feature = "engine")]
mod attributes;
#[cfg(feature = "engine")]
mod clawker_files;
#[cfg(feature = "engine")]
mod diagnosis;
#[cfg(feature = "engine")]
mod effective;
#[cfg(feature = "engine")]
mod evidence;
mod kind;
#[cfg(feature = "engine")]
mod proxy;
#[cfg(feature = "engine")]
mod release;
#[cfg(feature = "engine")]
mod settings_files;
mod text;
#[cfg(feature = "engine")]
mod variables;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use activity::activity;
pub use activity::{Activity, ActivityKind};
#[cfg(feature = "engine")]
pub use clawker_files::{AgentSpec, ClawkerFile, ClawkerVariable, ClawkerVariables, UnreadFile, registered_projects};
#[cfg(feature = "engine")]
pub use diagnosis::{
    Diagnosis, agent_without_container, agents_without_container, check_new_agents, diagnose_agent, time_to_ask_about,
};
#[cfg(feature = "engine")]
pub use effective::{EffectiveVariable, effective_variables, owner_in_variables};
#[cfg(feature = "engine")]
pub use evidence::{AgentContainer, CollectorEvidence, StackEvidence};
pub use kind::{AgentKind, owner_from_name};
#[cfg(feature = "engine")]
pub use proxy::ProxyVariables;
#[cfg(feature = "engine")]
pub use settings_files::{FileProblem, SettingsFile, SettingsLayer};
pub use text::unlisted_agents;
#[cfg(feature = "engine")]
pub use variables::ValueSource;

use crate::{status::ContainerState, telemetry::Owner, timestamp::Timestamp};

/// The state of an agent's telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Data arrived recently.
    Reporting,
    /// No problem was found, but no data has arrived yet.
    Waiting,
    /// No problem was found, but no data arrived recently: it is quiet, or its container is not running.
    Idle,
    /// A problem keeps its data from arriving.
    Dark,
    /// Its telemetry is turned off.
    Off,
    /// The stores did not answer, so it is unknown whether data arrives.
    Unknown,
}

/// A problem with an agent's telemetry, or a reason for missing data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseCode {
    /// Telemetry is 0, and the container was created before the collector was started: Clawker turned it off.
    DisabledBecauseStackWasDown,
    /// Telemetry is 0, and nothing tells whether a collector was running when the container was created.
    DisabledForUnknownReason,
    /// Telemetry is 0 although the collector was running when the container was created, or because a file sets it.
    DisabledByConfiguration,
    /// Telemetry is not set: the image is not Clawker's, or older than its telemetry support.
    NotEnabled,
    /// The value that should turn telemetry on is not one that Claude Code accepts as on.
    SwitchInvalid,
    /// A value is in quotes, which are part of it.
    ValueInQuotes,
    /// The endpoint has another host or port than the current settings.
    EndpointMismatch,
    /// A signal's endpoint has no path. Claude Code uses such an endpoint unchanged.
    EndpointPathMissing,
    /// A signal has no endpoint.
    EndpointMissing,
    /// The protocol is unknown to Claude Code, for example `http`.
    ProtocolInvalid,
    /// No protocol is set, and older releases of Claude Code have no default.
    ProtocolMissing,
    /// An exporter is unknown to Claude Code, which then sends nothing at all.
    ExporterInvalid,
    /// An exporter is `none` or not set.
    ExporterNone,
    /// The export interval of metrics is 0 or less, and Claude Code then sends nothing at all.
    IntervalInvalid,
    /// The container is not on the network `clawker-net`.
    NotOnNetwork,
    /// The collector is not running.
    CollectorDown,
    /// The collector is running without the label that Clawker's own check requires.
    CollectorUnlabelled,
    /// The collector is not on the network `clawker-net`.
    CollectorNotOnNetwork,
    /// `OTEL_RESOURCE_ATTRIBUTES` was replaced, so data arrives without project and agent.
    TagsMissing,
    /// Managed settings in the container override its telemetry variables.
    ManagedSettingsOverride,
    /// Managed settings that Claude Code cannot read.
    ManagedSettingsInvalid,
    /// A release of Claude Code about which others reported that it exports nothing, or no metrics.
    KnownBadVersion,
    /// Traces are turned on, and their endpoint is missing or wrong.
    TracesMisdirected,
    /// Events are sent through a proxy, which may not reach the collector.
    Proxied,
    /// Its data has another service name than Claude Code's.
    ServiceNameChanged,
    /// The export interval is longer than short sessions last.
    IntervalTooLong,
    /// A store refused data of this agent.
    RefusedDownstream,
    /// Its events arrive, but its metrics say less.
    MetricsMissing,
    /// Its metrics arrive, but its events say less.
    EventsMissing,
    /// No data has arrived yet, and no problem was found.
    NoSampleYet,
    /// No recent data, and no problem was found.
    Quiet,
    /// A file or Claude Code's version is unknown, so that not every problem could be looked for.
    NotChecked,
    /// The container is not running.
    NotRunning,
    /// The container was not created by Clawker.
    NotManaged,
    /// No container has the tags of this data.
    NoContainer,
    /// Telemetry was forced on while no collector was running, so earlier data is lost.
    ForcedOn,
    /// Prometheus does not answer, so it is unknown what arrived.
    StoresUnreachable,
}

/// The kind of action that fixes a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixKind {
    /// Wait for data.
    Wait,
    /// Start the stack or the agent.
    Start,
    /// Recreate the container from the same image.
    Recreate,
    /// Rebuild the image, then recreate the container.
    Rebuild,
    /// Change a value where it is set. What has to be restarted or recreated then is in `Fix`.
    Edit,
    /// Check something outside of its container and settings; the cause's advice says what.
    Check,
    /// No action.
    None,
}

/// How to fix a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The kind of action.
    pub kind: FixKind,
    /// A shell command that does it; `None` if there is none.
    pub command: Option<String>,
    /// For `Edit`: Claude Code reads the file whenever it starts, so that the container can stay.
    #[serde(default)]
    pub restart: bool,
}

/// One cause with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Identifies the cause.
    pub code: CauseCode,
    /// What it means for the verdict.
    #[serde(default)]
    pub weight: Weight,
    /// What was observed, with literals in backticks. Times are in RFC 3339, so the text stays true as time passes.
    pub evidence: String,
    /// How to fix it.
    pub fix: Fix,
    /// What to do, in sentences, where it is more specific than the kind of the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What a cause means for the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It is why the verdict is what it is.
    #[default]
    Reason,
    /// Some data is lost, whatever the verdict.
    Warning,
    /// Worth knowing; nothing is wrong because of it.
    Note,
}

impl Cause {
    /// What to do, in sentences.
    pub fn advice(&self) -> &str {
        self.advice.as_deref().unwrap_or_else(|| self.fix.advice())
    }
}

/// One agent, and the verdict on its telemetry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// How it is known.
    pub kind: AgentKind,
    /// The container's name; without a container, `AgentKind::name_without_container`. Unique.
    pub container: String,
    /// The project from the container's label; `None` if there is none.
    pub project: Option<String>,
    /// The agent's name from the container's label. For a container not created by Clawker, from its resource
    /// attributes; empty if they do not have it.
    pub agent: String,
    /// Whether Clawker created the container.
    pub managed: bool,
    /// The image reference of the container; empty without one.
    pub image: String,
    /// The container's state; `Missing` without one.
    pub state: ContainerState,
    /// When the container was created.
    pub created_at: Option<Timestamp>,
    /// When it was last started; `None` unless it is running.
    pub started_at: Option<Timestamp>,
    /// When data last arrived from it; `None` if unknown or never.
    pub last_seen: Option<Timestamp>,
    /// Whether it is unknown when data last arrived, because the store does not answer.
    pub last_seen_unknown: bool,
    /// What it is doing; `None` if its events do not tell.
    pub activity: Option<Activity>,
    /// The state of its telemetry.
    pub verdict: Verdict,
    /// The causes of the verdict, most severe first.
    pub causes: Vec<Cause>,
}

impl Agent {
    /// The tags of its data.
    pub fn owner(&self) -> Owner {
        Owner::new(self.project.as_deref(), Some(&self.agent))
    }

    /// The display name: the agent's name, or the container's if there is none.
    pub fn title(&self) -> &str {
        match self.kind {
            AgentKind::Container if self.agent.is_empty() => &self.container,
            kind => kind.title(&self.agent, self.project.is_some()),
        }
    }

    /// The display name of the state of its telemetry.
    pub const fn telemetry_title(&self) -> &'static str {
        match self.kind {
            AgentKind::Untagged => "Untagged",
            _ => self.verdict.title(),
        }
    }
}

/// Whether new agents will report: the outcome of Clawker's own check if it ran now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAgents {
    /// Whether Clawker will enable telemetry for them.
    pub would_report: bool,
    /// What was observed, with literals in backticks.
    pub evidence: String,
    /// Why they will not report; empty if they will.
    pub causes: Vec<Cause>,
}

/// Agents that are listed, and how many are not because there are too many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentList {
    /// The listed ones.
    pub agents: Vec<Agent>,
    /// The number of agents without a container that are not listed.
    pub unlisted: u32,
}

/// The output of `agents --json`. Its shape is stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentsReport {
    /// Whether Clawker will enable telemetry for new agents.
    pub new_agent_would_report: bool,
    /// The same with the reason.
    pub new_agents: NewAgents,
    /// Warnings about the stack: what was lost, what it means, and what to do.
    pub warnings: Vec<String>,
    /// All agents, sorted by container name.
    pub agents: Vec<ReportedAgent>,
    /// The number of agents without a container that are not listed, because there are too many.
    pub unlisted: u32,
}

/// One agent in the output of `agents --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedAgent {
    /// How it is known.
    pub kind: AgentKind,
    /// The project; `None` if there is none.
    pub project: Option<String>,
    /// The agent's name; may be empty.
    pub agent: String,
    /// The container's name; `None` without one.
    pub container: Option<String>,
    /// Whether its container is running.
    pub running: bool,
    /// The state of its telemetry.
    pub verdict: Verdict,
    /// When data last arrived from it; `None` if unknown or never.
    pub last_seen: Option<Timestamp>,
    /// Whether it is unknown when data last arrived, because the store does not answer.
    pub last_seen_unknown: bool,
    /// What it is doing; `None` if its events do not tell.
    pub activity: Option<Activity>,
    /// The causes of the verdict, most severe first.
    pub causes: Vec<Cause>,
}

impl From<&Agent> for ReportedAgent {
    fn from(agent: &Agent) -> ReportedAgent {
        ReportedAgent {
            kind: agent.kind,
            project: agent.project.clone(),
            agent: agent.agent.clone(),
            container: (agent.kind == AgentKind::Container).then(|| agent.container.clone()),
            running: agent.state.is_up(),
            verdict: agent.verdict,
            last_seen: agent.last_seen,
            last_seen_unknown: agent.last_seen_unknown,
            activity: agent.activity.clone(),
            causes: agent.causes.clone(),
        }
    }
}
