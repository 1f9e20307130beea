//! Executes plans step by step. `monitor_core::lifecycle` decides what to do.
//!
//! Everything here can be canceled by dropping the future, and repeated: what already exists is kept.

mod await_ready;
mod down;
mod up;

use std::time::Duration;

use futures::future::join_all;
use monitor_core::{
    error::StackError,
    job::{Phase, Progress},
    service::Service,
};

pub use down::down;
pub use up::up;

use crate::engine::ContainerEngine;

/// Called with every step of progress, often; must not block.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How long and how often to check whether a started service is ready.
#[derive(Debug, Clone, Copy)]
pub struct ReadinessWait {
    /// After this time the service counts as failed. Grafana's first start takes up to a minute.
    pub timeout: Duration,
    /// The time between the first checks. Grows to a twentieth of the time waited, up to 500 ms.
    pub interval: Duration,
}

impl Default for ReadinessWait {
    fn default() -> Self {
        ReadinessWait { timeout: Duration::from_secs(180), interval: Duration::from_millis(20) }
    }
}

fn step(report: Report<'_>, service: Service, phase: Phase) {
    report(Progress::Step { service, phase });
}

/// Stops and removes containers side by side. All are tried; the first error is returned.
///
/// Without the order of `down`: these are containers that are recreated, so whatever sends to one of them retries until its
/// successor runs.
pub async fn remove_all(engine: &dyn ContainerEngine, containers: Vec<(Service, String)>) -> Result<(), StackError> {
    let removed = join_all(containers.iter().map(|(service, id)| remove(engine, *service, id))).await;
    removed.into_iter().collect()
}

/// Stops a container and removes it. The service gets the time to end by itself, which a forced removal alone would not
/// give it.
async fn remove(engine: &dyn ContainerEngine, service: Service, id: &str) -> Result<(), StackError> {
    engine.stop_container(service, id).await?;
    engine.remove_container(service, id).await
}
