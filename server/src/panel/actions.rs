//! Actions that change something: starting jobs and editing the settings file.

use monitor_core::{
    error::StackError,
    job::{Job, JobKind},
    settings_page::SettingsForm,
};

use super::{NotLocked, Panel};
use crate::{
    background::in_background,
    clock::now,
    configuration::Overwrite,
    doctor,
    work::{self, Apply},
};

impl Panel {
    /// Writes the generated files. Returns when it is done, or with the job that is running instead.
    pub(crate) async fn initialize(&self, replace: bool) -> Job {
        let overwrite = if replace { Overwrite::Everything } else { Overwrite::Nothing };
        let configuration = self.installation.configuration.clone();
        let options = if replace { "force" } else { "" };
        let job = self
            .start_job(JobKind::Initialize, options, |job| {
                Box::pin(async move { work::initialize(&configuration, overwrite, job).await })
            })
            .await;
        let is_own = job.process.is_none() && job.kind == JobKind::Initialize;
        if is_own { self.finish_job(job).await } else { job }
    }

    /// Starts the stack.
    pub(crate) async fn start_stack(&self) -> Job {
        let (installation, wait) = (self.installation.clone(), self.wait);
        self.start_job(JobKind::Up, "", |job| Box::pin(async move { work::start(&installation, wait, job).await }))
            .await
    }

    /// Stops the stack, and with `with_data` also removes all recorded data.
    pub(crate) async fn stop_stack(&self, with_data: bool) -> Job {
        let installation = self.installation.clone();
        let kind = if with_data { JobKind::Remove } else { JobKind::Down };
        self.start_job(kind, "", |job| Box::pin(async move { work::stop(&installation, with_data, job).await })).await
    }

    /// Saves the form's changes and applies them. Returns when it is done if no service is running.
    ///
    /// # Errors
    /// `Busy` while another job is running: unlike other requests, this one contains the user's input, which must not
    /// be dropped. Otherwise as `Apply::prepare`.
    pub(crate) async fn apply_settings(
        &self,
        form: SettingsForm,
        base: String,
        replace_edited: bool,
    ) -> Result<Job, StackError> {
        // The state before is recorded under the lock, so that nothing changes it in the meantime.
        let lock = match self.lock_for(JobKind::Apply, "form").await {
            Ok(lock) => lock,
            Err(NotLocked::Running(job)) => return Err(job.busy_error()),
            Err(NotLocked::Failed(error)) => return Err(error),
        };
        // Preparing asks the Engine, and others have to see who has the lock meanwhile.
        lock.record(&Job::begin(0, JobKind::Apply, now()));
        let apply = Apply {
            installation: self.installation.clone(),
            wait: self.wait,
            edit: Some((form.changes(), base)),
            replace_edited,
        };
        let prepared = match apply.prepare().await {
            Ok(prepared) => prepared,
            Err(error) => {
                lock.withdraw();
                return Err(error);
            }
        };
        let takes_long = prepared.stack_runs();
        let mut started = false;
        let job = self.start_holding(lock, JobKind::Apply, |job| {
            started = true;
            Box::pin(prepared.carry_out(job))
        });
        if !started {
            return Err(job.busy_error());
        }
        Ok(if takes_long { job } else { self.finish_job(job).await })
    }

    /// Replaces the whole text of the settings file.
    pub(crate) async fn replace_settings_text(&self, text: String, base: String) -> Result<(), StackError> {
        let configuration = self.installation.configuration.clone();
        in_background(move || configuration.replace_settings_text(&text, &base)).await?;
        self.refresh_configuration().await;
        Ok(())
    }

    /// Runs the doctor now and publishes the findings.
    pub(crate) async fn check_up(&self) {
        let checkup = doctor::check_up(self.installation.engine.as_ref(), &self.installation.configuration).await;
        self.hub.update(|snapshot| snapshot.checkup = Some(checkup));
    }
}
