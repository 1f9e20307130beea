//! `apply`: applies the settings in the file to files and services.

use monitor_core::{error::StackError, job::JobKind};

use super::{
    LockOptions,
    lifecycle::{finish, readiness_wait, run_job},
    output::Output,
};
use crate::{
    installation::Installation,
    work::{Apply, Request},
};

pub(super) async fn apply(
    replace_edited: bool,
    wait_timeout: u64,
    output: &Output,
    lock: LockOptions,
) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    if !installation.configuration.is_initialized() {
        return Err(StackError::NotInitialized { directory: installation.configuration.directory() });
    }
    if let Err(error) = installation.engine.check().await {
        output.note(&format!("warning: {error}; only the files will be updated"));
    }
    let configuration = installation.configuration.clone();
    let request =
        Request::new(&configuration, JobKind::Apply, if replace_edited { "replace edited" } else { "" }).await;
    let apply = Apply { installation, wait: readiness_wait(wait_timeout), edit: None, replace_edited };
    let job = run_job(&configuration, request, lock, output, |job| {
        Box::pin(async move { apply.prepare().await?.carry_out(job).await })
    })
    .await?;
    let changed_services = !job.steps.is_empty();
    finish(job, output, || {
        if changed_services {
            "Settings applied. All six services are ready.".into()
        } else {
            "The files are up to date. No services are running; start them with `clawker-monitor up`.".into()
        }
    })
}
