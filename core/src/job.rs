//! A job: long-running work that belongs to the process, not to the request that started it.

use serde::{Deserialize, Serialize};

use crate::{error::StackError, service::Service, timestamp::Timestamp};

pub use crate::job_kind::JobKind;

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// The job is running.
    Running,
    /// The job has finished and its goal was verified.
    Done,
    /// The job has failed; `Job::error` has the reason.
    Failed,
    /// The job was canceled, or the process ended.
    Cancelled,
}

/// Progress of one service within a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not started yet.
    Waiting,
    /// Its image is being pulled.
    Pulling,
    /// Its container is being created or recreated.
    Creating,
    /// Its container is being started.
    Starting,
    /// It is running but not ready yet.
    AwaitingReadiness,
    /// It is ready.
    Ready,
    /// Its container is being stopped.
    Stopping,
    /// Its container was removed.
    Removed,
    /// It failed; the job's error may name it.
    Failed,
}

/// One service within a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStep {
    /// The service.
    pub service: Service,
    /// Its progress.
    pub phase: Phase,
    /// Why its container is recreated, as a clause; `None` if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Progress of pulling one image, in compressed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The image reference.
    pub image: String,
    /// Bytes pulled so far.
    pub fetched_bytes: u64,
    /// Total bytes as far as the registry has reported; grows while layers are discovered.
    pub total_bytes: u64,
    /// The image is complete.
    pub complete: bool,
    /// For how many seconds nothing has arrived; 0 below a minute.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub silent_seconds: u32,
}

/// What a job did with one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// The file's name within the monitor folder.
    pub name: String,
    /// What was done.
    pub action: FileAction,
}

/// An action on a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "did")]
pub enum FileAction {
    /// It was missing and was created.
    Written,
    /// It was already up to date.
    Unchanged,
    /// It had not been edited and was updated to the settings.
    Updated,
    /// It differs from the settings and was not changed.
    Kept,
    /// It differed and was replaced; the old file was backed up.
    Replaced {
        /// The name of the backup in the same folder.
        backup: String,
    },
}

/// A job, running or ended. All tabs show the same job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Counts from 1 within the process.
    pub id: u32,
    /// The id of the process that runs it. `None` for a job of the process that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// What it does.
    pub kind: JobKind,
    /// Its state.
    pub state: JobState,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; `None` while it is running.
    pub finished_at: Option<Timestamp>,
    /// Images being pulled; may be empty.
    pub pulls: Vec<Pull>,
    /// The services it works on.
    pub steps: Vec<ServiceStep>,
    /// What was done with each file (`Initialize`, `Apply`).
    pub files: Vec<FileOutcome>,
    /// How many containers were removed (`Down`, `Remove`). A service may have had two.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed_containers: u32,
    /// What a person has to know about it; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The job failed, and its changes were rolled back (`Apply`).
    pub restored: bool,
    /// Why it failed; `None` unless it did.
    pub error: Option<StackError>,
}

impl Job {
    /// A job that has just started.
    pub fn begin(id: u32, kind: JobKind, started_at: Timestamp) -> Job {
        Job {
            id,
            process: None,
            kind,
            state: JobState::Running,
            started_at,
            finished_at: None,
            pulls: Vec::new(),
            steps: Vec::new(),
            files: Vec::new(),
            removed_containers: 0,
            warnings: Vec::new(),
            restored: false,
            error: None,
        }
    }

    /// Whether both are the same job, perhaps at different times.
    pub fn is_same(&self, other: &Job) -> bool {
        (self.process, self.id, self.kind, self.started_at) == (other.process, other.id, other.kind, other.started_at)
    }

    /// The error for a request that this job does not let through.
    pub fn busy_error(&self) -> StackError {
        StackError::Busy { kind: self.kind, process: self.process, since: self.started_at }
    }

    /// Whether it is running.
    pub fn is_running(&self) -> bool {
        self.state == JobState::Running
    }

    /// Updates the job with one progress report.
    pub fn apply(&mut self, progress: Progress) {
        match progress {
            Progress::Step { service, phase } => match self.steps.iter_mut().find(|step| step.service == service) {
                Some(step) => step.phase = phase,
                None => self.steps.push(ServiceStep { service, phase, because: None }),
            },
            Progress::Recreate { service, because } => {
                if let Some(step) = self.steps.iter_mut().find(|step| step.service == service) {
                    step.because = Some(because);
                }
            }
            Progress::Warning(warning) => self.warnings.push(warning),
            Progress::Pull(pull) => match self.pulls.iter_mut().find(|known| known.image == pull.image) {
                Some(known) => *known = pull,
                None => self.pulls.push(pull),
            },
            Progress::File(outcome) => self.files.push(outcome),
            Progress::ContainerRemoved => self.removed_containers += 1,
            Progress::Restored => self.restored = true,
        }
    }

    /// Pulled and total bytes of all images; `None` if no image is being pulled.
    pub fn pulled_bytes(&self) -> Option<(u64, u64)> {
        (!self.pulls.is_empty()).then(|| {
            self.pulls
                .iter()
                .fold((0, 0), |(fetched, total), pull| (fetched + pull.fetched_bytes, total + pull.total_bytes))
        })
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One progress report from the work to its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A service reached a phase.
    Step {
        /// The service.
        service: Service,
        /// The phase it reached.
        phase: Phase,
    },
    /// A service's container is recreated.
    Recreate {
        /// The service.
        service: Service,
        /// Why, as a clause.
        because: String,
    },
    /// Something that a person has to know, as a sentence without its period.
    Warning(String),
    /// Progress of pulling an image.
    Pull(Pull),
    /// A file was handled.
    File(FileOutcome),
    /// A container was removed.
    ContainerRemoved,
    /// All changes were rolled back.
    Restored,
}
