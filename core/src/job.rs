//! A job: long work that belongs to the process, not to the request that asked for it.

use serde::{Deserialize, Serialize};

use crate::{error::StackError, service::Service, timestamp::Timestamp};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Writes the files.
    Initialize,
    /// Starts the stack.
    Up,
    /// Stops the stack and removes its containers.
    Down,
    /// Saves settings, writes the files anew, and makes anew what that concerns.
    Apply,
    /// As `Down`, and removes the three volumes with all recorded data.
    Remove,
}

impl JobKind {
    /// What it does, in words that follow "the job:".
    pub const fn description(self) -> &'static str {
        match self {
            JobKind::Initialize => "creating the files",
            JobKind::Up => "starting the stack",
            JobKind::Down => "stopping the stack",
            JobKind::Apply => "applying settings",
            JobKind::Remove => "removing the stack and its data",
        }
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// At work.
    Running,
    /// The wanted end state was seen.
    Done,
    /// `Job::error` says why.
    Failed,
    /// Stopped because somebody asked, or the process ended.
    Cancelled,
}

/// Where one service stands within a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing done yet.
    Waiting,
    /// Its image is being fetched.
    Pulling,
    /// Its container is being made, or made anew.
    Creating,
    /// Its container is being started.
    Starting,
    /// It runs; its readiness answer is awaited.
    AwaitingReadiness,
    /// It answers that it is ready.
    Ready,
    /// It is being stopped.
    Stopping,
    /// Its container is gone.
    Removed,
    /// It failed; the job's error may name it.
    Failed,
}

/// One service within a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStep {
    /// Which service.
    pub service: Service,
    /// Where it stands.
    pub phase: Phase,
}

/// The fetching of one image. Bytes are compressed bytes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The image reference.
    pub image: String,
    /// Bytes fetched so far.
    pub fetched_bytes: u64,
    /// Bytes in all, as far as the registry has told; grows while layers are discovered.
    pub total_bytes: u64,
    /// The image is here.
    pub complete: bool,
}

/// What happened to one file when the configuration was initialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// The file's name within the monitor folder.
    pub name: String,
    /// What was done.
    pub action: FileAction,
}

/// What was done with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "did")]
pub enum FileAction {
    /// It was missing and is written now.
    Written,
    /// It was there and is right.
    Unchanged,
    /// It was as it had been written last, and follows the settings now.
    Updated,
    /// It was there and differs from what would be written; it was left alone.
    Kept,
    /// It differed and was replaced; the old one is kept under this name beside it.
    Replaced {
        /// The backup's file name.
        backup: String,
    },
}

/// A job, running or ended. The same in every tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Counts from 1 within the process.
    pub id: u32,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Images being fetched.
    pub pulls: Vec<Pull>,
    /// The services it works on.
    pub steps: Vec<ServiceStep>,
    /// What happened to each file (`Initialize`, `Apply`).
    pub files: Vec<FileOutcome>,
    /// It failed, and what it had changed was put back as it was (`Apply`).
    pub restored: bool,
    /// Why it failed.
    pub error: Option<StackError>,
}

impl Job {
    /// A job at its beginning.
    pub fn begin(id: u32, kind: JobKind, started_at: Timestamp) -> Job {
        Job {
            id,
            kind,
            state: JobState::Running,
            started_at,
            finished_at: None,
            pulls: Vec::new(),
            steps: Vec::new(),
            files: Vec::new(),
            restored: false,
            error: None,
        }
    }

    /// Whether it is at work.
    pub fn is_running(&self) -> bool {
        self.state == JobState::Running
    }

    /// Folds one report of progress in.
    pub fn apply(&mut self, progress: Progress) {
        match progress {
            Progress::Step { service, phase } => match self.steps.iter_mut().find(|step| step.service == service) {
                Some(step) => step.phase = phase,
                None => self.steps.push(ServiceStep { service, phase }),
            },
            Progress::Pull(pull) => match self.pulls.iter_mut().find(|known| known.image == pull.image) {
                Some(known) => *known = pull,
                None => self.pulls.push(pull),
            },
            Progress::File(outcome) => self.files.push(outcome),
            Progress::Restored => self.restored = true,
        }
    }

    /// Bytes fetched and bytes to fetch over all images, or `None` when nothing is fetched.
    pub fn pulled_bytes(&self) -> Option<(u64, u64)> {
        (!self.pulls.is_empty()).then(|| {
            self.pulls
                .iter()
                .fold((0, 0), |(fetched, total), pull| (fetched + pull.fetched_bytes, total + pull.total_bytes))
        })
    }
}

/// One report of progress from the work to the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A service came to a phase.
    Step {
        /// Which service.
        service: Service,
        /// Which phase.
        phase: Phase,
    },
    /// An image's bytes.
    Pull(Pull),
    /// A file was dealt with.
    File(FileOutcome),
    /// What was changed is as it was before.
    Restored,
}
