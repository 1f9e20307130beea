//! What the server's answer to a command depended on. Pure.

use monitor_core::{job::JobState, live::EngineState, status::StackState};

use crate::live::{Link, View};

/// The state of the connections, the stack and the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    is_connected: bool,
    connections: u32,
    stack: StackState,
    job: Option<(Option<u32>, u32, JobState)>,
}

impl Situation {
    /// Reads it from the view.
    pub fn of(view: &View) -> Situation {
        let snapshot = &view.snapshot;
        let has_engine = matches!(snapshot.engine, EngineState::Connected { .. });
        Situation {
            is_connected: view.link != Link::Lost && has_engine,
            connections: view.connections,
            stack: snapshot.stack,
            job: snapshot.job.as_ref().map(|job| (job.process, job.id, job.state)),
        }
    }

    /// Whether a refusal from before may no longer be true: the page or Docker is connected again, the stack has changed, or
    /// a job has started or ended. The first connection of a page changes nothing.
    pub fn has_improved(&self, now: &Situation) -> bool {
        self.connections > 0 && now.is_connected && self != now
    }
}
