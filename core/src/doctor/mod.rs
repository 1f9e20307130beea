//! Checks whether this machine can run the stack. Evidence in, findings out.
//!
//! Findings are plain data for the command line, scripts, and the page; only the server knows how evidence is
//! collected.

#[cfg(feature = "engine")]
mod evidence;
#[cfg(feature = "engine")]
mod examine;
#[cfg(feature = "engine")]
mod health;
#[cfg(feature = "engine")]
mod images;
#[cfg(feature = "engine")]
mod other_stacks;
#[cfg(all(test, feature = "engine"))]
mod tests;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use evidence::{
    Disk, EngineEvidence, Evidence, FolderEvidence, HealthEvidence, OtherEngine, PassedOver, PortEvidence,
};
#[cfg(feature = "engine")]
pub use examine::examine;
#[cfg(feature = "engine")]
pub use health::is_unrunnable;

use crate::timestamp::Timestamp;

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// No problem.
    Ok,
    /// The stack works, but there is something to know.
    Warning,
    /// The stack can't start, or not completely.
    Problem,
}

impl Grade {
    /// The name in `doctor --json`.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Ok => "ok",
            Grade::Warning => "warning",
            Grade::Problem => "problem",
        }
    }
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The Docker Engine and its API version.
    Engine,
    /// The folder of the generated files.
    DataFolder,
    /// The settings file, `settings.yaml`.
    Settings,
    /// The generated files.
    Files,
    /// The host address on which ports are published.
    Address,
    /// A port on the host.
    Port,
    /// The container names.
    ContainerName,
    /// The network `clawker-net`.
    Network,
    /// Disk space for images and data.
    DiskSpace,
    /// A health check that the Engine can't run.
    Health,
    /// A service's release, where the stack needs a newer one.
    ImageVersion,
    /// A service without further releases.
    EndOfLife,
}

/// What uses a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortHolder {
    /// The port is free.
    Nobody,
    /// A container of this stack, by its name.
    Stack(String),
    /// The panel's own receiver in the process with this number. It ends when the stack is started.
    MakesWay(u32),
    /// A container outside this stack, by its name.
    Container(String),
    /// A process on this machine, for example ``process `nginx` (pid 812)``; `None` if the user may not inspect it.
    Process(Option<String>),
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// The setting, file, or service that was checked; `None` if the check has only one subject.
    pub subject: Option<String>,
    /// Severity of the finding.
    pub grade: Grade,
    /// One sentence without its period, with literals in backticks.
    pub summary: String,
    /// What was observed, as a clause.
    pub evidence: String,
    /// What to do next; `None` if no action is needed.
    pub next: Option<String>,
}

/// The results of all checks; also the output of `doctor --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When the checks ran, by the server's clock.
    pub checked_at: Timestamp,
    /// The worst grade of all findings.
    pub result: Grade,
    /// In the order in which a person would check.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// The results of checks at that time.
    pub fn new(checked_at: Timestamp, findings: Vec<Finding>) -> Checkup {
        let result = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
        Checkup { checked_at, result, findings }
    }

    /// Number of findings with this grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }
}
