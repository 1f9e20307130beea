//! Writes the generated files.

use monitor_core::{error::StackError, job::Progress};

use crate::{
    configuration::{Configuration, Overwrite},
    jobs::JobContext,
};

/// Writes the files that are missing and replaces those that `overwrite` names. A canceled job stops after the current
/// file; each file is either the old or the new one.
pub async fn initialize(
    configuration: &Configuration,
    overwrite: Overwrite,
    job: JobContext,
) -> Result<(), StackError> {
    let (configuration, writer) = (configuration.clone(), job.clone());
    job.run_blocking(move || {
        configuration.write_files(overwrite, |outcome| {
            writer.report(Progress::File(outcome));
            writer.stop_if_canceled()
        })
    })
    .await
}
