//! The evidence for a verdict. The server collects it and converts it from Docker's and the stores' formats.

use std::collections::BTreeMap;

use super::{ClawkerVariables, ProxyVariables, SettingsFile};
use crate::{
    settings::Settings,
    status::ContainerState,
    telemetry::{CollectorThen, LastSeen, Losses, Owner},
    timestamp::Timestamp,
};

/// What Docker knows about one agent's container.
///
/// **Invariant:** `environment` and `image_environment` contain telemetry variables only; an agent's keys and tokens
/// never leave the module that talks to Docker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentContainer {
    /// Docker's container ID.
    pub id: String,
    /// The container's name, which is unique.
    pub container: String,
    /// Whether Clawker created it (label `dev.clawker.purpose=agent`).
    pub managed: bool,
    /// The project from the label; for a container not created by Clawker, from its resource attributes.
    pub project: Option<String>,
    /// The agent's name from the same source; may be empty.
    pub agent: String,
    /// The image reference of the container.
    pub image: String,
    /// The container's state.
    pub state: ContainerState,
    /// When the container was created.
    pub created_at: Option<Timestamp>,
    /// When it was last started, whether or not it is still running.
    pub started_at: Option<Timestamp>,
    /// When it last exited; `None` while it is running or if it was never started.
    pub finished_at: Option<Timestamp>,
    /// The folder on the host in which Clawker was run (label `dev.clawker.workdir`).
    pub workdir: Option<String>,
    /// The names of its networks.
    pub networks: Vec<String>,
    /// Its IP addresses on those networks; empty unless it is running.
    pub addresses: Vec<String>,
    /// Its telemetry variables as `NAME=value`. If a name occurs several times, the last one counts.
    pub environment: Vec<String>,
    /// What its variables say about proxies.
    pub proxy: ProxyVariables,
    /// The image's telemetry variables, to tell values set in the image from values set at creation; `None` if the
    /// image was removed.
    pub image_environment: Option<Vec<String>>,
    /// The version of Claude Code in the container, if its files show it.
    pub claude_version: Option<String>,
    /// Claude Code's settings files in the container. Of those of one layer, later ones win.
    pub settings_files: Vec<SettingsFile>,
    /// What Clawker's files on this machine would set for a new container; empty for one that Clawker did not create.
    pub clawker: ClawkerVariables,
    /// Whether the files that the last three are about were read.
    pub files_read: bool,
}

impl AgentContainer {
    /// The tags of its data.
    pub fn owner(&self) -> Owner {
        Owner::new(self.project.as_deref(), Some(&self.agent))
    }
}

/// The container that agents send to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectorEvidence {
    /// The name of the container that Clawker's check would consider: it contains `otel-collector`. `None` if there is
    /// none.
    pub container: Option<String>,
    /// Whether it is running.
    pub running: bool,
    /// Whether it has the label `dev.clawker.managed=true`. Clawker ignores containers without it.
    pub labelled: bool,
    /// Whether it is on the network `clawker-net`.
    pub on_network: bool,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When its last run ended, whether or not it was started again; `None` if it never stopped.
    pub finished_at: Option<Timestamp>,
}

impl CollectorEvidence {
    /// Whether it was running at that time, as far as Docker tells: in its current run, or between its creation and the
    /// end of the last run. Docker does not keep earlier runs; a collector that is stopped by this panel or by Clawker is
    /// removed, so it is not the same container that runs later.
    pub fn was_running_at(&self, at: Timestamp) -> bool {
        let before = self.created_at.zip(self.finished_at);
        self.last_run_includes(at) || before.is_some_and(|(created, finished)| created <= at && at < finished)
    }

    /// Whether its current run, or the last one if it is stopped, includes that time.
    pub fn last_run_includes(&self, at: Timestamp) -> bool {
        let has_ended = !self.running && self.finished_at.is_none_or(|finished| finished <= at);
        !has_ended && self.started_at.is_some_and(|started| started <= at)
    }
}

/// Evidence that is the same for all agents.
#[derive(Debug, Clone)]
pub struct StackEvidence {
    /// The current time by the server's clock.
    pub now: Timestamp,
    /// The current settings.
    pub settings: Settings,
    /// Whether Docker answers, and so all containers are known.
    pub containers_known: bool,
    /// The collector's container.
    pub collector: CollectorEvidence,
    /// Whether a collector was running when agents were created, as far as Docker does not know it and somebody has to;
    /// or why that is unknown. See `time_to_ask_about`.
    pub collector_then: Result<BTreeMap<Timestamp, CollectorThen>, String>,
    /// What has arrived, or why it is unknown.
    pub last_seen: Result<LastSeen, String>,
    /// What was lost; empty if unknown.
    pub losses: Losses,
}
