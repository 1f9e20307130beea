//! `apply`: the settings as they are in the file, applied to files and services.

use std::{sync::Arc, time::Duration};

use monitor_core::{error::StackError, job::JobKind};
use tokio::sync::Notify;

use super::{
    installation::Installation,
    lifecycle::{finish, run},
    output,
};
use crate::{apply::Apply, lifecycle::Patience};

pub(super) async fn apply(replace_edited: bool, wait_timeout: u64, json: bool) -> Result<(), StackError> {
    let it = Installation::find()?;
    if !it.configuration.is_initialized() {
        return Err(StackError::NotInitialized { directory: it.configuration.directory() });
    }
    if let Err(error) = it.engine.info().await {
        output::note(&format!("warning: {error}; only files are written"));
    }
    let apply = Apply {
        engine: it.engine,
        readiness: it.readiness,
        configuration: it.configuration,
        patience: Patience { until_ready: Duration::from_secs(wait_timeout), ..Patience::default() },
        changed: Arc::new(Notify::new()),
        edit: None,
        replace_edited,
    };
    let job =
        run(JobKind::Apply, json, |report| Box::pin(async move { apply.prepare().await?.carry_out(report).await }))
            .await;
    let worked_on_services = !job.steps.is_empty();
    finish(job, json, || match worked_on_services {
        true => "The settings are applied; all six services are ready.".into(),
        false => "The files follow the settings. No service runs; `clawker-monitor up` starts them.".into(),
    })
}
