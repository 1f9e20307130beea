//! Carries plans out: the one effectful loop. What is to be done is decided in `monitor_core::lifecycle`.
//!
//! All of it can be cancelled by dropping the future, and repeated: what is there already is adopted.

mod down;
mod up;

use std::time::Duration;

use monitor_core::{
    job::{Phase, Progress},
    service::Service,
};

pub use down::down;
pub use up::up;

/// Where reports of progress go. Called often; must not block.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How long to wait for what cannot be hurried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a started service to answer that it is ready. Loki takes about 15 s, Grafana's first start up to a minute.
    pub until_ready: Duration,
    /// Between two questions.
    pub between_questions: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { until_ready: Duration::from_secs(180), between_questions: Duration::from_millis(100) }
    }
}

fn step(report: Report<'_>, service: Service, phase: Phase) {
    report(Progress::Step { service, phase });
}
