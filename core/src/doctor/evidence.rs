//! What the doctor goes by: everything that was seen, at one moment, without a judgement.

use super::PortHolder;
use crate::{error::StackError, file_view::FileState, lifecycle::Observed, service::Service, status::PublishedPort};

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The Engine, or why it does not answer.
    pub engine: Result<EngineEvidence, StackError>,
    /// The folder of the generated files.
    pub folder: FolderEvidence,
    /// The settings file.
    pub settings_file: String,
    /// Why the settings cannot be used, where they cannot. The rest is then judged by the defaults.
    pub settings: Result<(), StackError>,
    /// The generated files by name, or why they could not be compared.
    pub files: Result<Vec<(String, FileState)>, StackError>,
    /// Why nothing can be published on the configured address; `None` where it can, or where the Engine is elsewhere.
    pub address_problem: Option<String>,
    /// Every port that the stack publishes.
    pub ports: Vec<PortEvidence>,
}

/// An Engine that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvidence {
    /// As `28.5.2`.
    pub version: String,
    /// The API version agreed on, as `1.51`.
    pub api_version: String,
    /// As `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// What it holds.
    pub observed: Observed,
    /// The disk on which it keeps images and volumes, where that is a disk of this machine.
    pub disk: Option<Disk>,
}

/// A disk, by a folder on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The folder.
    pub folder: String,
    /// Bytes that are free to an ordinary user.
    pub free_bytes: u64,
}

/// The folder of the generated files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEvidence {
    /// Its path.
    pub path: String,
    /// It is there.
    pub exists: bool,
    /// Why this user cannot write there (or, where it is missing, make it), in the system's words.
    pub obstacle: Option<String>,
}

/// One port that the stack publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortEvidence {
    /// Who wants it.
    pub service: Service,
    /// The address and the number.
    pub port: PublishedPort,
    /// The setting that holds the number, as `monitoring.grafana_port`.
    pub field: String,
    /// Who has it.
    pub holder: PortHolder,
    /// A port nearby that nobody has and no setting names; looked for only where somebody else has this one.
    pub free: Option<u16>,
}
