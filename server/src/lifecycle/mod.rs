//! Executes plans step by step. `monitor_core::lifecycle` decides what to do.
//!
//! Everything here can be canceled by dropping the future, and repeated: what already exists is kept.

mod down;
mod up;

use std::time::Duration;

use monitor_core::{
    job::{Phase, Progress},
    service::Service,
};

pub use down::down;
pub use up::up;

/// Called with every step of progress, often; must not block.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How long and how often to check whether a started service is ready.
#[derive(Debug, Clone, Copy)]
pub struct ReadinessWait {
    /// After this time the service counts as failed. Loki takes about 15 s, Grafana's first start up to a minute.
    pub timeout: Duration,
    /// The time between two checks. Grows with the time waited, up to 500 ms.
    pub interval: Duration,
}

impl Default for ReadinessWait {
    fn default() -> Self {
        ReadinessWait { timeout: Duration::from_secs(180), interval: Duration::from_millis(100) }
    }
}

fn step(report: Report<'_>, service: Service, phase: Phase) {
    report(Progress::Step { service, phase });
}
