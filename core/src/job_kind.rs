//! The kinds of jobs. Apart from `job`, so that an error can name the job that is running.

use serde::{Deserialize, Serialize};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Creates the files.
    Initialize,
    /// Starts the stack.
    Up,
    /// Stops the stack and removes its containers.
    Down,
    /// Saves settings, updates the files, and recreates affected services.
    Apply,
    /// Like `Down`, and also removes the three volumes with all recorded data.
    Remove,
}

impl JobKind {
    /// What it does, as in "process 4711 is …".
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
