//! Agents as people see them: who there is, whether telemetry works, and if not, why and what to do.
//!
//! The verdict is a pure function from evidence (`diagnosis`, behind the feature `engine`); what travels is its outcome.

#[cfg(feature = "engine")]
mod agent_env;
#[cfg(feature = "engine")]
mod diagnosis;
#[cfg(feature = "engine")]
mod evidence;
mod text;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use agent_env::agent_env;
#[cfg(feature = "engine")]
pub use diagnosis::{Diagnosis, check_new_agents, diagnose_agent};
#[cfg(feature = "engine")]
pub use evidence::{AgentContainer, CollectorEvidence, StackEvidence};

use crate::{status::ContainerState, telemetry::Owner, timestamp::Timestamp};

/// How an agent's telemetry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something arrived a moment ago.
    Reporting,
    /// Nothing is wrong, and nothing has arrived yet.
    Waiting,
    /// Nothing is wrong; something arrived once, and now it is quiet.
    Idle,
    /// Something keeps its data from arriving.
    Dark,
    /// Somebody switched it off.
    Off,
    /// The evidence could not be had.
    Unknown,
}

/// What ails an agent, or explains its silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseCode {
    /// Telemetry is 0, and the container was made before the collector was started: Clawker decided so.
    DisabledBecauseStackWasDown,
    /// Telemetry is 0 although the collector ran when the container was made, or because a file says so.
    DisabledByConfiguration,
    /// Telemetry is neither on nor off: no image of Clawker's, or one from before telemetry.
    NotEnabled,
    /// The endpoint names another host or port than today's settings.
    EndpointMismatch,
    /// A signal's endpoint lacks its path; Claude Code takes it as it stands.
    EndpointPathMissing,
    /// A signal has no endpoint at all.
    EndpointMissing,
    /// A protocol that Claude Code does not know, as `http`.
    ProtocolInvalid,
    /// No protocol; Claude Code has no default.
    ProtocolMissing,
    /// An exporter is `none`, or not set.
    ExporterNone,
    /// The container is not on `clawker-net`.
    NotOnNetwork,
    /// The collector does not run.
    CollectorDown,
    /// The collector runs, but Clawker's own check does not find it: no label, or not on the network.
    CollectorUnlabelled,
    /// The collector is not on `clawker-net`.
    CollectorNotOnNetwork,
    /// `OTEL_RESOURCE_ATTRIBUTES` was replaced, so that data arrives without project and agent.
    TagsMissing,
    /// Managed settings in the container have the last word on its telemetry.
    ManagedSettingsOverride,
    /// A version of Claude Code that is known to export nothing, or only half.
    KnownBadVersion,
    /// What is exported waits longer than short sessions live.
    IntervalTooLong,
    /// The collector or Loki refused data.
    RefusedDownstream,
    /// Nothing has arrived yet, and nothing says that it will not.
    NoSampleYet,
    /// Quiet, and nothing is wrong.
    Quiet,
    /// The container does not run.
    NotRunning,
    /// The container was not made by Clawker.
    NotManaged,
    /// Forced on by hand while no collector ran: what was sent before is lost.
    ForcedOn,
    /// Loki and Prometheus do not answer, so that nobody knows what arrived.
    StoresUnreachable,
}

/// What kind of thing helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixKind {
    /// Time.
    Wait,
    /// Starting the stack or the agent.
    Start,
    /// Making the container anew; its image is fine.
    Recreate,
    /// Building the image anew, then the container.
    Rebuild,
    /// Changing a file, then making the container anew.
    Edit,
    /// Nothing is to be done.
    None,
}

/// The one thing that helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What kind.
    pub kind: FixKind,
    /// The command to copy, where one does it.
    pub command: Option<String>,
}

/// One reason, with what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Which.
    pub code: CauseCode,
    /// What was seen, literals in backticks; moments in RFC 3339, so that it stays true as time passes.
    pub evidence: String,
    /// What helps.
    pub fix: Fix,
}

/// One agent: what the Engine knows, and the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The container's name; no two have the same.
    pub container: String,
    /// The project, from the container's label; `None` for none.
    pub project: Option<String>,
    /// The agent, from the container's label. Of a container that is not Clawker's, what its resource attributes say;
    /// empty if they say nothing.
    pub agent: String,
    /// Clawker made it.
    pub managed: bool,
    /// The image reference it was made from.
    pub image: String,
    /// What the container does.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was started last, while it runs.
    pub started_at: Option<Timestamp>,
    /// When something arrived from it last, as far as is known.
    pub last_seen: Option<Timestamp>,
    /// How its telemetry stands.
    pub verdict: Verdict,
    /// Why, the weightiest first.
    pub causes: Vec<Cause>,
}

impl Agent {
    /// The tags under which its data arrives.
    pub fn owner(&self) -> Owner {
        Owner::new(self.project.as_deref(), Some(&self.agent))
    }

    /// What the agent is called on the screen.
    pub fn title(&self) -> &str {
        if self.agent.is_empty() { &self.container } else { &self.agent }
    }
}

/// Whether an agent that is made now would get telemetry: Clawker's own check, asked ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAgents {
    /// It would.
    pub would_report: bool,
    /// What was seen, literals in backticks.
    pub evidence: String,
    /// Why not; empty where it would.
    pub causes: Vec<Cause>,
}

/// What `agents --json` prints. The shape is a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentsReport {
    /// Whether an agent that is made now would get telemetry.
    pub new_agent_would_report: bool,
    /// Every agent, by container name.
    pub agents: Vec<ReportedAgent>,
}

/// One agent of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedAgent {
    /// The project.
    pub project: Option<String>,
    /// The agent.
    pub agent: String,
    /// The container's name.
    pub container: String,
    /// It runs.
    pub running: bool,
    /// How its telemetry stands.
    pub verdict: Verdict,
    /// When something arrived last.
    pub last_seen: Option<Timestamp>,
    /// Why.
    pub causes: Vec<Cause>,
}

impl From<&Agent> for ReportedAgent {
    fn from(agent: &Agent) -> ReportedAgent {
        ReportedAgent {
            project: agent.project.clone(),
            agent: agent.agent.clone(),
            container: agent.container.clone(),
            running: agent.state.is_up(),
            verdict: agent.verdict,
            last_seen: agent.last_seen,
            causes: agent.causes.clone(),
        }
    }
}
