//! What the panel may ask, answered: jobs for what takes long, the hub for what is known.

use std::sync::Arc;

use async_trait::async_trait;
use monitor_app::control_plane::ControlPlane;
use monitor_core::{
    agent_page::AgentPage,
    error::StackError,
    file_view::FileView,
    job::{Job, JobKind, Progress},
    live::Snapshot,
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsForm, SettingsPage},
    telemetry::{Numbers, Range},
};
use tokio::sync::Notify;

use crate::{
    agents::{self, Details},
    apply::Apply,
    background::in_background,
    configuration::{Configuration, Overwrite},
    doctor,
    engine::ContainerEngine,
    hub::Hub,
    jobs::Jobs,
    lifecycle::{self, Patience},
    readiness::Readiness,
    settings_page, site, status,
    telemetry::TelemetrySource,
    visits::Visits,
};

/// How many lines of a log a page may ask for.
const LOG_LINES_LIMIT: u32 = 5_000;
/// How long findings are taken for true where nothing is known to have changed.
const CHECKUP_HOLDS_SECONDS: u64 = 5;

/// The running panel.
#[derive(Clone)]
pub struct LocalControlPlane {
    /// The Engine.
    pub engine: Arc<dyn ContainerEngine>,
    /// How services are asked.
    pub readiness: Arc<dyn Readiness>,
    /// What the stores know about agents.
    pub telemetry: Arc<dyn TelemetrySource>,
    /// What was learnt of agents by a second look.
    pub details: Details,
    /// Files and settings.
    pub configuration: Configuration,
    /// The process' jobs.
    pub jobs: Jobs,
    /// What is known.
    pub hub: Hub,
    /// Rung when files or settings may have changed.
    pub configuration_changed: Arc<Notify>,
    /// Rung when what the doctor found may no longer be so.
    pub checkup_due: Arc<Notify>,
    /// Rung when somebody loads a page.
    pub visits: Visits,
    /// How long to wait for services.
    pub patience: Patience,
}

impl LocalControlPlane {
    fn down(&self, kind: JobKind) -> Job {
        let (engine, configuration) = (Arc::clone(&self.engine), self.configuration.clone());
        self.begin(kind, |report| {
            Box::pin(async move {
                let stack = configuration.stack_to_stop()?;
                lifecycle::down(engine.as_ref(), &stack, kind == JobKind::Remove, report.as_ref()).await
            })
        })
    }

    /// Whoever loads a page sees the files as they are now: an editor may have been at them. A few small files are read;
    /// that takes less time than the page.
    fn look_at_configuration(&self) {
        let summary = self.configuration.summary();
        let mut changed = false;
        self.hub.update(|snapshot| {
            changed = snapshot.configuration != summary;
            snapshot.configuration = summary;
            status::settle(snapshot);
        });
        if changed {
            self.configuration_changed.notify_one();
        }
    }

    /// Writing a few small files is quick; whoever pressed the button sees them done, with or without JavaScript.
    async fn seen_done(&self, job: Job) -> Job {
        let ended = self.jobs.ended(job.id).await.unwrap_or(job);
        self.hub.update(|snapshot| snapshot.job = Some(ended.clone()));
        self.look_at_configuration();
        ended
    }

    /// Begins a job, and sees to it that the snapshot holds it before anybody is answered.
    fn begin(&self, kind: JobKind, work: impl FnOnce(crate::jobs::Sink) -> crate::jobs::Work) -> Job {
        let job = self.jobs.begin(kind, work);
        self.hub.update(|snapshot| snapshot.job = self.jobs.current());
        job
    }
}

#[async_trait]
impl ControlPlane for LocalControlPlane {
    fn snapshot(&self) -> Snapshot {
        self.look_at_configuration();
        self.visits.ring();
        let snapshot = self.hub.snapshot();
        // A process that takes a port, or a disk that fills up, tells nobody: whoever loads a page sends for the doctor.
        let age = snapshot.checkup.as_ref().map(|checkup| snapshot.taken_at.seconds_since(checkup.checked_at));
        if age.is_none_or(|seconds| seconds >= CHECKUP_HOLDS_SECONDS) {
            self.checkup_due.notify_one();
        }
        snapshot
    }

    fn build(&self) -> String {
        site::build_id().to_owned()
    }

    async fn initialize(&self, replace: bool) -> Result<Job, StackError> {
        let configuration = self.configuration.clone();
        let job = self.begin(JobKind::Initialize, |report| {
            Box::pin(in_background(move || {
                let overwrite = if replace { Overwrite::Everything } else { Overwrite::Nothing };
                configuration.write(overwrite, |outcome| report(Progress::File(outcome)))
            }))
        });
        if job.kind != JobKind::Initialize {
            return Ok(job);
        }
        Ok(self.seen_done(job).await)
    }

    async fn start_stack(&self) -> Result<Job, StackError> {
        let plane = self.clone();
        Ok(self.begin(JobKind::Up, |report| {
            Box::pin(async move {
                // Asked first: where there is no Engine, nothing else matters.
                plane.engine.info().await?;
                let stack = plane.configuration.stack_to_start()?;
                plane.configuration_changed.notify_one();
                let (engine, readiness) = (plane.engine.as_ref(), plane.readiness.as_ref());
                lifecycle::up(engine, readiness, plane.patience, &stack, report.as_ref()).await
            })
        }))
    }

    async fn stop_stack(&self) -> Result<Job, StackError> {
        Ok(self.down(JobKind::Down))
    }

    async fn remove_stack_and_data(&self) -> Result<Job, StackError> {
        Ok(self.down(JobKind::Remove))
    }

    async fn cancel_job(&self) -> Result<(), StackError> {
        self.jobs.cancel();
        Ok(())
    }

    async fn check_up(&self) -> Result<(), StackError> {
        let checkup = doctor::check_up(self.engine.as_ref(), &self.configuration).await;
        self.hub.update(|snapshot| snapshot.checkup = Some(checkup));
        Ok(())
    }

    async fn settings_page(&self) -> Result<SettingsPage, StackError> {
        settings_page::look(self.engine.as_ref(), &self.configuration).await
    }

    async fn look_at_port(&self, port: u16) -> Result<PortUse, StackError> {
        Ok(settings_page::look_at_port(self.engine.as_ref(), &self.configuration, port).await)
    }

    async fn preview_settings(&self, form: SettingsForm) -> Result<Preview, StackError> {
        settings_page::preview(self.engine.as_ref(), &self.configuration, form).await
    }

    async fn apply_settings(&self, form: SettingsForm, base: String, replace_edited: bool) -> Result<Job, StackError> {
        // What somebody filled in must not be dropped because a job is at work that does something else.
        let busy = |job: &Job| StackError::Busy { kind: job.kind };
        if let Some(job) = self.jobs.current().filter(Job::is_running) {
            return Err(busy(&job));
        }
        let apply = Apply {
            engine: Arc::clone(&self.engine),
            readiness: Arc::clone(&self.readiness),
            configuration: self.configuration.clone(),
            patience: self.patience,
            changed: Arc::clone(&self.configuration_changed),
            edit: Some((form.changes(), base)),
            replace_edited,
        };
        let prepared = apply.prepare().await?;
        let takes_long = prepared.stack_runs();
        let mut began = false;
        let job = self.begin(JobKind::Apply, |report| {
            began = true;
            Box::pin(prepared.carry_out(report))
        });
        match (began, takes_long) {
            (false, _) => Err(busy(&job)),
            (true, true) => Ok(job),
            (true, false) => Ok(self.seen_done(job).await),
        }
    }

    async fn mend_settings(&self, text: String, base: String) -> Result<(), StackError> {
        let configuration = self.configuration.clone();
        in_background(move || configuration.mend_settings(&text, &base)).await?;
        self.look_at_configuration();
        Ok(())
    }

    async fn agent_numbers(&self, range: Range) -> Numbers {
        self.telemetry.numbers(range).await
    }

    async fn agent_page(&self, container: String, range: Range) -> Result<AgentPage, StackError> {
        let (engine, telemetry) = (self.engine.as_ref(), self.telemetry.as_ref());
        agents::page(engine, telemetry, &self.configuration, &self.details, &container, range).await
    }

    async fn files(&self) -> Result<Vec<FileView>, StackError> {
        let configuration = self.configuration.clone();
        in_background(move || configuration.files()).await
    }

    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError> {
        self.engine.recent_logs(service, lines.min(LOG_LINES_LIMIT)).await
    }
}
