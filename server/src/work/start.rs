//! Starts the stack.

use monitor_core::error::StackError;

use crate::{
    installation::Installation,
    jobs::JobContext,
    lifecycle::{self, ReadinessWait},
};

/// Starts the services and returns once all of them are ready.
pub async fn start(installation: &Installation, wait: ReadinessWait, job: JobContext) -> Result<(), StackError> {
    let Installation { engine, readiness, configuration, .. } = installation;
    // Checked first, because nothing else works without an Engine.
    engine.check().await?;
    let stack = {
        let configuration = configuration.clone();
        job.run_blocking(move || configuration.stack_to_start()).await?
    };
    // The settings may have been edited since they were last read.
    configuration.notify_changed();
    lifecycle::up(engine.as_ref(), readiness.as_ref(), wait, &stack, &|progress| job.report(progress)).await
}
