//! The doctor: is this machine fit for the stack, and what stands in its way? Evidence in, findings out.
//!
//! The findings are plain data, for the command line, for scripts and for the page; how the evidence is gathered is
//! known to the server alone.

#[cfg(feature = "engine")]
mod evidence;
#[cfg(feature = "engine")]
mod examine;
#[cfg(feature = "engine")]
mod images;
#[cfg(all(test, feature = "engine"))]
mod tests;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use evidence::{Disk, EngineEvidence, Evidence, FolderEvidence, PortEvidence};
#[cfg(feature = "engine")]
pub use examine::examine;

use crate::timestamp::Timestamp;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// The stack works, but somebody should know.
    Warning,
    /// The stack cannot start, or not as a whole.
    Problem,
}

impl Grade {
    /// The word in `doctor --json`.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Ok => "ok",
            Grade::Warning => "warning",
            Grade::Problem => "problem",
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The Docker Engine and the API that it speaks.
    Engine,
    /// The folder of the generated files.
    DataFolder,
    /// `settings.yaml`.
    Settings,
    /// The generated files.
    Files,
    /// The address on which ports are published.
    Address,
    /// A port on the host.
    Port,
    /// The names of the containers.
    ContainerName,
    /// The network.
    Network,
    /// Room for images and data.
    DiskSpace,
    /// A program that sees no more releases.
    EndOfLife,
}

/// Who has a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortHolder {
    /// Nobody.
    Nobody,
    /// A container of this stack, by its name.
    Stack(String),
    /// A container that is not this stack's, by its name.
    Container(String),
    /// A process of this machine, as ``process `nginx` (pid 812)``; `None` where this user may not see which.
    Process(Option<String>),
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// Which one of several: a setting, a file, a service. `None` where there is but one.
    pub subject: Option<String>,
    /// How bad it is.
    pub grade: Grade,
    /// One sentence without its full stop; literals in backticks.
    pub summary: String,
    /// What was seen.
    pub evidence: String,
    /// The next step, where one is due.
    pub next: Option<String>,
}

/// One visit to the doctor; also what `doctor --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When, by the server's clock.
    pub checked_at: Timestamp,
    /// The worst grade among the findings.
    pub result: Grade,
    /// In the order in which one would look.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// The findings of that moment.
    pub fn new(checked_at: Timestamp, findings: Vec<Finding>) -> Checkup {
        let result = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
        Checkup { checked_at, result, findings }
    }

    /// How many findings have that grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }
}
