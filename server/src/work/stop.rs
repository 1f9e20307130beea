//! Stops the stack.

use monitor_core::error::StackError;

use crate::{installation::Installation, jobs::JobContext, lifecycle};

/// Removes the stack's containers and, with `with_volumes`, its volumes with all recorded data. The network is kept.
pub async fn stop(installation: &Installation, with_volumes: bool, job: JobContext) -> Result<(), StackError> {
    let stack = {
        let configuration = installation.configuration.clone();
        job.run_blocking(move || configuration.stack_to_stop()).await?
    };
    lifecycle::down(installation.engine.as_ref(), &stack, with_volumes, &|progress| job.report(progress)).await
}
