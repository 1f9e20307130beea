//! What the panel needs of a container engine, in the panel's own words. `docker` implements it over the Engine API;
//! the tests implement it in memory.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::stream::BoxStream;
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    error::StackError,
    job::Pull,
    lifecycle::{Observed, ObservedContainer},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{ServiceSpec, StackSpec, VolumeSpec},
    status::{ContainerState, Usage},
    timestamp::Timestamp,
};

/// The engine's own account of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// As `28.5.2`.
    pub version: String,
    /// The API version agreed on, as `1.51`.
    pub api_version: String,
    /// As `unix:///var/run/docker.sock`.
    pub endpoint: String,
}

/// Where an engine is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineLocation {
    /// Ports are published on this machine, by whatever way.
    pub publishes_here: bool,
    /// The folder in which it keeps images and volumes, where that is a folder of this machine.
    pub storage: Option<PathBuf>,
}

/// More about a container than a plan needs: what people want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerDetail {
    /// What it does.
    pub state: ContainerState,
    /// When it was last started, where it runs.
    pub started_at: Option<Timestamp>,
    /// How it ended last: exit code, `out of memory`, the engine's error. `None` while nothing is wrong.
    pub problem: Option<String>,
}

/// What only the files in an agent's container tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentFiles {
    /// The version of Claude Code that is installed, as `2.1.100`.
    pub claude_version: Option<String>,
    /// The text of `/etc/claude-code/managed-settings.json`.
    pub managed_settings: Option<String>,
}

/// What happened to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerAction {
    /// It was created.
    Created,
    /// It was started.
    Started,
    /// Its process ended.
    Died,
    /// It was removed.
    Removed,
    /// Its name changed.
    Renamed,
    /// It was paused.
    Paused,
    /// It was unpaused.
    Unpaused,
    /// Something else that may change its status, as a health check's result or new limits.
    Other,
}

impl ContainerAction {
    /// Reads the engine's word, as `die` or `health_status: healthy`. `None` for actions that change nothing that is
    /// shown: commands that health checks run (`exec_create: …`), a signal (`kill`; asking about a container that is
    /// ending would wait for the engine's lock and report its end late), somebody attaching or reading files.
    pub fn from_engine(word: &str) -> Option<ContainerAction> {
        match word {
            "create" => Some(ContainerAction::Created),
            "start" => Some(ContainerAction::Started),
            "die" => Some(ContainerAction::Died),
            "destroy" | "remove" => Some(ContainerAction::Removed),
            "rename" => Some(ContainerAction::Renamed),
            "pause" => Some(ContainerAction::Paused),
            "unpause" => Some(ContainerAction::Unpaused),
            "kill" | "top" | "resize" | "attach" | "detach" => None,
            _ if word.starts_with("exec_") => None,
            _ => Some(ContainerAction::Other),
        }
    }
}

/// Something happened in the engine that may concern the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// Something happened to a container.
    Container {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// What happened.
        action: ContainerAction,
    },
    /// A network was created, removed, or something was attached to or detached from it.
    Network {
        /// Its name.
        name: String,
        /// The id of the container that was attached or detached.
        container: Option<String>,
    },
    /// A volume was created or removed.
    Volume,
}

/// Where progress of a pull goes. Called often; must not block.
pub type PullProgress<'a> = &'a (dyn Fn(Pull) + Send + Sync);

/// A container engine.
///
/// Every method answers with a `StackError` that names what was tried. Creating what exists already and removing what
/// is gone are successes: all work can be repeated after a crash half way.
#[async_trait]
pub trait ContainerEngine: Send + Sync {
    /// Asks the engine who it is. Fast, and the test of whether it answers at all.
    async fn info(&self) -> Result<EngineInfo, StackError>;

    /// Asks the engine where it is.
    async fn location(&self) -> Result<EngineLocation, StackError>;

    /// Every container, the stack's and others', in any state. One that does not run shows no ports.
    async fn containers(&self) -> Result<Vec<ObservedContainer>, StackError>;

    /// Clawker's agents, and whatever else bears Claude Code's telemetry variables; running or not, by name. What only
    /// files tell is not looked for.
    async fn agents(&self) -> Result<Vec<AgentContainer>, StackError>;

    /// One of them, by its container's id or full name; `None` where there is no such container, or it is no agent's.
    async fn agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError>;

    /// What the files in an agent's container tell. Nothing is run in it, and it need not run.
    async fn agent_files(&self, id: &str) -> Result<AgentFiles, StackError>;

    /// The container that Clawker takes for the collector, or would if it were as it should be.
    async fn collector(&self) -> Result<CollectorEvidence, StackError>;

    /// Gathers what concerns the stack, with as few requests as possible.
    async fn observe(&self, stack: &StackSpec) -> Result<Observed, StackError>;

    /// State, start and last problem of one container.
    async fn container_detail(&self, id: &str) -> Result<ContainerDetail, StackError>;

    /// Creates the stack's network with Clawker's labels.
    async fn create_network(&self) -> Result<(), StackError>;

    /// Fetches an image. `service` is for the error's words.
    async fn pull_image(
        &self,
        service: Service,
        image: &ImageRef,
        progress: PullProgress<'_>,
    ) -> Result<(), StackError>;

    /// The id of an image that is present, `sha256:…`.
    async fn image_id(&self, image: &ImageRef) -> Result<Option<String>, StackError>;

    /// Creates a volume with Compose's labels.
    async fn create_volume(&self, volume: &VolumeSpec) -> Result<(), StackError>;

    /// Removes a volume.
    async fn remove_volume(&self, name: &str) -> Result<(), StackError>;

    /// Creates a container for the service, with all labels, and answers with its id. The image must be present.
    async fn create_container(
        &self,
        stack: &StackSpec,
        spec: &ServiceSpec,
        image_id: &str,
    ) -> Result<String, StackError>;

    /// Starts a container. A port that is taken is `StackError::PortTaken`.
    async fn start_container(&self, spec: &ServiceSpec, id: &str) -> Result<(), StackError>;

    /// Stops a container, giving it ten seconds.
    async fn stop_container(&self, service: Service, id: &str) -> Result<(), StackError>;

    /// Removes a container, running or not; its named volumes stay.
    async fn remove_container(&self, service: Service, id: &str) -> Result<(), StackError>;

    /// The last lines of a container's log, oldest first.
    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError>;

    /// The last `tail` lines and then every new one, until the container ends or the stream is dropped.
    fn follow_logs(&self, service: Service, tail: u32) -> BoxStream<'static, Result<LogLine, StackError>>;

    /// What a running container uses, about once a second, until it stops or the stream is dropped.
    fn usage(&self, id: &str) -> BoxStream<'static, Usage>;

    /// What happens from now on. The first item is `Ok` once the subscription stands; an error or the end of the
    /// stream means that the engine went away.
    fn events(&self) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>>;
}
