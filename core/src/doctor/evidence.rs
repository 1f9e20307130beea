//! The evidence for the checks: everything that was observed at one moment, without interpretation.

use super::PortHolder;
use crate::{
    compose_env::ComposeEnv, compose_override::ComposeOverride, error::StackError, file_view::FileState,
    lifecycle::Observed, problem::Problem, service::Service, status::PublishedPort,
};

/// Everything that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The Engine, or why it can't be reached.
    pub engine: Result<EngineEvidence, StackError>,
    /// What was passed over on the way to the Engine.
    pub passed_over: Vec<PassedOver>,
    /// The folder of the generated files.
    pub folder: FolderEvidence,
    /// The path of the settings file.
    pub settings_file: String,
    /// Why the settings are invalid, if they are. The other checks then use the defaults.
    pub settings: Result<(), StackError>,
    /// Unknown keys in the settings file that look like misspelled settings.
    pub misspelled: Vec<Problem>,
    /// The generated files by name, or why they could not be compared.
    pub files: Result<Vec<(String, FileState)>, StackError>,
    /// The override file that Docker Compose merges, if there is one.
    pub compose_override: Option<ComposeOverride>,
    /// What a `.env` in the folder changes for Docker Compose, if it changes something.
    pub compose_env: Option<ComposeEnv>,
    /// The Engine that the files were written for, if another one is used now.
    pub other_engine: Option<OtherEngine>,
    /// Why ports can't be published on the configured address; `None` if they can, or if the Engine is on another
    /// machine.
    pub address_problem: Option<String>,
    /// All ports that the stack publishes.
    pub ports: Vec<PortEvidence>,
}

/// An address or a file that would have led to another Engine, but could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// What was passed over and why, as a sentence without its period.
    pub what: String,
    /// How to use it after all, as a clause.
    pub next: String,
}

/// Two Engines: the one that the files were written for, and the one that is used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherEngine {
    /// The address of the first, for example `unix:///var/run/docker.sock`.
    pub then: String,
    /// The address of the second.
    pub now: String,
}

/// A service whose health check the Engine can't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthEvidence {
    /// The service.
    pub service: Service,
    /// What the Engine said when it tried.
    pub output: String,
}

/// An Engine that can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvidence {
    /// For example `28.5.2`.
    pub version: String,
    /// The negotiated API version, for example `1.51`.
    pub api_version: String,
    /// For example `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// Its containers, images, volumes, and network.
    pub observed: Observed,
    /// Health checks that it can't run.
    pub health: Vec<HealthEvidence>,
    /// The disk with its images and volumes; `None` if it is not on this machine.
    pub disk: Option<Disk>,
}

/// The disk that contains a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// A folder on it.
    pub folder: String,
    /// Free space in bytes, as available to an ordinary user.
    pub free_bytes: u64,
}

/// The folder of the generated files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEvidence {
    /// The path of the folder.
    pub path: String,
    /// Whether it exists.
    pub exists: bool,
    /// Why the user can't write there, or can't create it, in the operating system's words; `None` if it is writable.
    pub obstacle: Option<String>,
}

/// A port that the stack publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortEvidence {
    /// The service that needs it.
    pub service: Service,
    /// Address and port on the host.
    pub port: PublishedPort,
    /// The setting with the port, for example `monitoring.grafana_port`.
    pub field: String,
    /// What uses it.
    pub holder: PortHolder,
    /// A free port nearby that no setting uses; only searched for if something else uses this one.
    pub free: Option<u16>,
}
