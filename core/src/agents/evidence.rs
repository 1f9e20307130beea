//! What a verdict is made from. Gathered by the server; the Engine's and the stores' own words are gone by then.

use crate::{
    settings::Settings,
    status::ContainerState,
    telemetry::{LastSeen, Losses, Owner},
    timestamp::Timestamp,
};

/// What the Engine knows of one agent's container.
///
/// **Invariant:** `environment` and `image_environment` hold variables about telemetry and no others; an agent's keys and
/// tokens do not leave the module that speaks to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentContainer {
    /// The Engine's id for it.
    pub id: String,
    /// The container's name.
    pub container: String,
    /// Clawker made it (label `dev.clawker.purpose=agent`).
    pub managed: bool,
    /// The project, from the label; of a container that is not Clawker's, from its resource attributes.
    pub project: Option<String>,
    /// The agent, from the same place; may be empty.
    pub agent: String,
    /// The image reference it was made from.
    pub image: String,
    /// What it does.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was started last, whether or not it still runs.
    pub started_at: Option<Timestamp>,
    /// When it ended last; `None` while it runs or if it never ran.
    pub finished_at: Option<Timestamp>,
    /// The folder of the host in which Clawker was called (label `dev.clawker.workdir`).
    pub workdir: Option<String>,
    /// The names of its networks.
    pub networks: Vec<String>,
    /// Its addresses on those networks, while it runs.
    pub addresses: Vec<String>,
    /// Its telemetry variables, `NAME=value`; of several lines for one name, programs see the last.
    pub environment: Vec<String>,
    /// The same of its image, which tells what was baked from what was set at creation; `None` where the image is gone.
    pub image_environment: Option<Vec<String>>,
    /// The version of Claude Code in it, where its files tell.
    pub claude_version: Option<String>,
    /// The text of `/etc/claude-code/managed-settings.json` in it, where there is one. Only its telemetry is looked at.
    pub managed_settings: Option<String>,
    /// What the project's file sets for agents about telemetry (`agent.env` in `.clawker.yaml`), `NAME=value`, where the
    /// file can be read on this machine.
    pub agent_env: Vec<String>,
}

impl AgentContainer {
    /// The tags under which its data arrives.
    pub fn owner(&self) -> Owner {
        Owner::new(self.project.as_deref(), Some(&self.agent))
    }
}

/// The container that agents send to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectorEvidence {
    /// A container that Clawker's check would consider: its name contains `otel-collector`.
    pub container: Option<String>,
    /// It runs.
    pub running: bool,
    /// It bears the label `dev.clawker.managed=true`, without which Clawker does not see it.
    pub labelled: bool,
    /// It is on `clawker-net`.
    pub on_network: bool,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When its container was made.
    pub created_at: Option<Timestamp>,
}

/// What is the same for all agents.
#[derive(Debug, Clone)]
pub struct StackEvidence {
    /// Now, by the server's clock.
    pub now: Timestamp,
    /// Today's settings.
    pub settings: Settings,
    /// The collector.
    pub collector: CollectorEvidence,
    /// What arrived, or why nobody knows.
    pub last_seen: Result<LastSeen, String>,
    /// What was lost; empty where nobody knows.
    pub losses: Losses,
}
