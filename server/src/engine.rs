//! What the panel needs from a container engine, in our own types. `docker` implements it with the Engine API, and tests
//! implement it in memory.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::stream::BoxStream;
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence, SettingsFile},
    doctor::PassedOver,
    error::StackError,
    job::Pull,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{ServiceSpec, StackSpec, VolumeSpec},
    status::{ContainerState, Usage},
    timestamp::Timestamp,
};

/// What the engine reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// For example `28.5.2`, or `Podman 5.8.6`.
    pub version: String,
    /// The negotiated API version, for example `1.51`.
    pub api_version: String,
    /// For example `unix:///var/run/docker.sock`.
    pub endpoint: String,
}

/// Where an engine runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineLocation {
    /// Ports are published on this machine, directly or forwarded from a virtual machine.
    pub publishes_here: bool,
    /// The folder with its images and volumes. `None` if it is not on this machine.
    pub storage: Option<PathBuf>,
}

/// Details of a container that are shown, but not needed for plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerDetail {
    /// The container's state.
    pub state: ContainerState,
    /// When it was started. `None` if it is not running.
    pub started_at: Option<Timestamp>,
    /// How it ended, or why it is unhealthy: its exit code, out of memory, the engine's error. `None` if there is no problem.
    pub problem: Option<String>,
    /// The last line that the latest health check wrote, or why the engine could not run it. `None` after a success, and
    /// without a health check.
    pub health_output: Option<String>,
}

/// A container with everything that is shown about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailedContainer {
    /// What plans need to know.
    pub container: ObservedContainer,
    /// What only people need to know.
    pub detail: ContainerDetail,
}

/// What the files in an agent's container say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentFiles {
    /// The installed version of Claude Code, for example `2.1.100`.
    pub claude_version: Option<String>,
    /// Claude Code's settings files that exist. Of those of one layer, later ones win.
    pub settings: Vec<SettingsFile>,
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
    /// Anything else that may change its status, for example the result of a health check.
    Other,
}

impl ContainerAction {
    /// Parses the engine's name of an action, for example `die` or `health_status: healthy`. `None` for actions that change
    /// nothing that is shown: commands of health checks (`exec_create: …`), attaching, and signals. After `kill`, an
    /// inspection would wait for the engine's lock and report the container's end late.
    pub fn from_engine(name: &str) -> Option<ContainerAction> {
        match name {
            "create" => Some(ContainerAction::Created),
            "start" => Some(ContainerAction::Started),
            "die" => Some(ContainerAction::Died),
            "destroy" | "remove" => Some(ContainerAction::Removed),
            "rename" => Some(ContainerAction::Renamed),
            "pause" => Some(ContainerAction::Paused),
            "unpause" => Some(ContainerAction::Unpaused),
            "kill" | "top" | "resize" | "attach" | "detach" => None,
            _ if name.starts_with("exec_") => None,
            _ => Some(ContainerAction::Other),
        }
    }
}

/// An event that may affect the stack or an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// An event of a container.
    Container {
        /// The container's id.
        id: String,
        /// The container's name.
        name: String,
        /// What happened.
        action: ContainerAction,
    },
    /// A network was created or removed, or a container was connected or disconnected.
    Network {
        /// The network's name.
        name: String,
        /// The id of the container that was connected or disconnected.
        container: Option<String>,
    },
    /// A volume was created or removed.
    Volume,
    /// An image was pulled, tagged, or removed.
    Image,
}

/// Receives the progress of a pull. Called often, and must not block.
pub type PullProgress<'a> = &'a (dyn Fn(Pull) + Send + Sync);

/// A container engine.
///
/// Errors say what failed. Creating something that exists and removing something that is gone succeed, so that work can be
/// repeated after a crash.
#[async_trait]
pub trait ContainerEngine: Send + Sync {
    /// Checks that the engine is reachable, with the fastest request that it has.
    async fn check(&self) -> Result<(), StackError>;

    /// Asks the engine for its version. Docker runs programs to answer, which takes it several milliseconds.
    async fn info(&self) -> Result<EngineInfo, StackError>;

    /// What was passed over on the way to the engine. Sends nothing.
    async fn passed_over(&self) -> Vec<PassedOver>;

    /// Asks the engine where it runs.
    async fn location(&self) -> Result<EngineLocation, StackError>;

    /// All containers in any state, not only the stack's. Only running ones have ports.
    async fn containers(&self) -> Result<Vec<ObservedContainer>, StackError>;

    /// Clawker's agents and other containers with Claude Code's telemetry variables, in any state, sorted by name. Files are
    /// not read.
    async fn agents(&self) -> Result<Vec<AgentContainer>, StackError>;

    /// One agent, by its container's id or full name. `None` if there is no such container or it is not an agent's.
    async fn agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError>;

    /// Reads the files in an agent's container. Nothing is run in it, and it does not have to be running.
    async fn agent_files(&self, id: &str) -> Result<AgentFiles, StackError>;

    /// The container that Clawker's check accepts as the collector, or the one that comes closest.
    async fn collector(&self) -> Result<CollectorEvidence, StackError>;

    /// Containers with a service's name or the project's labels, in any state. For a status: what only plans need, images
    /// and volumes, is not read.
    async fn service_containers(&self) -> Result<Vec<DetailedContainer>, StackError>;

    /// The stack's network. `None` if it does not exist.
    async fn network(&self) -> Result<Option<ObservedNetwork>, StackError>;

    /// The names of the stack's volumes that exist.
    async fn volumes(&self, stack: &StackSpec) -> Result<Vec<String>, StackError>;

    /// Reads the state of the stack, with as few requests as possible.
    async fn observe(&self, stack: &StackSpec) -> Result<Observed, StackError>;

    /// State, start time and problem of a container.
    async fn container_detail(&self, id: &str) -> Result<ContainerDetail, StackError>;

    /// Creates the stack's network with Clawker's labels.
    async fn create_network(&self) -> Result<(), StackError>;

    /// Pulls an image. `service` is used in error messages.
    async fn pull_image(
        &self,
        service: Service,
        image: &ImageRef,
        progress: PullProgress<'_>,
    ) -> Result<(), StackError>;

    /// The id of a local image, `sha256:…`. `None` if it is missing.
    async fn image_id(&self, image: &ImageRef) -> Result<Option<String>, StackError>;

    /// Creates a volume with Compose's labels.
    async fn create_volume(&self, volume: &VolumeSpec) -> Result<(), StackError>;

    /// Removes a volume.
    async fn remove_volume(&self, name: &str) -> Result<(), StackError>;

    /// Creates a service's container with all labels, and returns its id. The image must be present.
    async fn create_container(
        &self,
        stack: &StackSpec,
        spec: &ServiceSpec,
        image_id: &str,
    ) -> Result<String, StackError>;

    /// Starts a container. A port that is in use is `StackError::PortTaken`.
    async fn start_container(&self, spec: &ServiceSpec, id: &str) -> Result<(), StackError>;

    /// Stops a container. It is killed after 10 s.
    async fn stop_container(&self, service: Service, id: &str) -> Result<(), StackError>;

    /// Removes a container, running or not. Named volumes are kept.
    async fn remove_container(&self, service: Service, id: &str) -> Result<(), StackError>;

    /// The last lines of a container's log, oldest first.
    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError>;

    /// The same, one line after the other, for logs that don't fit in memory.
    fn read_logs(&self, service: Service, lines: u32) -> BoxStream<'static, Result<LogLine, StackError>>;

    /// The last `tail` lines and then every new line, until the container ends or the stream is dropped.
    fn follow_logs(&self, service: Service, tail: u32) -> BoxStream<'static, Result<LogLine, StackError>>;

    /// CPU and memory of a running container about once a second, until it stops or the stream is dropped.
    fn usage(&self, id: &str) -> BoxStream<'static, Usage>;

    /// Events from now on. The first item is `Ok(None)` when the subscription is active. An error or the end of the stream
    /// means that the engine is unreachable.
    fn events(&self) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>>;
}
