//! Starts the stack.

use monitor_core::{error::StackError, job::Progress};

use crate::{
    configuration::Configuration,
    installation::Installation,
    jobs::JobContext,
    lifecycle::{self, ReadinessWait},
    receiving,
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
    warn_of_override(configuration, &job).await;
    // The settings may have been edited since they were last read.
    configuration.notify_changed();
    receiving::wait_until_way_is_made(configuration).await;
    lifecycle::up(engine.as_ref(), readiness.as_ref(), wait, &stack, &|progress| job.report(progress)).await
}

/// Says that Docker Compose uses other files, before services are created without it.
pub(super) async fn warn_of_override(configuration: &Configuration, job: &JobContext) {
    let configuration = configuration.clone();
    let found = move || (configuration.compose_override(), configuration.compose_env());
    let (merged, env) = job.run_blocking(found).await;
    let warnings = [merged.map(|merged| merged.warning()), env.and_then(|env| env.warning())];
    warnings.into_iter().flatten().for_each(|warning| job.report(Progress::Warning(warning)));
}
