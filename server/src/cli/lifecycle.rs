//! `init`, `up` and `down`: the same jobs as in the panel, in this process.

use std::{sync::Arc, time::Duration};

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState},
    status::{ServiceStatus, StackState},
};

use super::{output, progress::Show};
use crate::{
    configuration::Overwrite,
    installation::Installation,
    jobs::{JobContext, Jobs, Work},
    lifecycle::ReadinessWait,
    status, work,
};

pub(super) async fn initialize(force: bool, json: bool) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let directory = configuration.directory();
    let overwrite = if force { Overwrite::Everything } else { Overwrite::Nothing };
    let job = run_job(JobKind::Initialize, json, |job| {
        Box::pin(async move { work::initialize(&configuration, overwrite, job).await })
    })
    .await;
    finish(job, json, || format!("The configuration is in {directory}. Next: `clawker-monitor up`."))
}

pub(super) async fn up(wait_timeout: u64, json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let (on, wait) = (installation.clone(), readiness_wait(wait_timeout));
    let job = run_job(JobKind::Up, json, |job| Box::pin(async move { work::start(&on, wait, job).await })).await;
    let pages = if job.error.is_none() { page_addresses(&installation).await? } else { String::new() };
    finish(job, json, || format!("All six services are ready.{pages}"))
}

/// At most that many seconds.
pub(super) fn readiness_wait(timeout_seconds: u64) -> ReadinessWait {
    ReadinessWait { timeout: Duration::from_secs(timeout_seconds), ..ReadinessWait::default() }
}

/// A line for each service with a page.
async fn page_addresses(installation: &Installation) -> Result<String, StackError> {
    let Installation { engine, readiness, configuration, .. } = installation;
    let report = status::report(engine.as_ref(), readiness.as_ref(), &configuration.stack()?, true).await?;
    let line = |service: &ServiceStatus| Some(format!("\n  {:<10} {}", service.service.title(), service.url.as_ref()?));
    Ok(report.services.iter().filter_map(line).collect())
}

pub(super) async fn down(with_volumes: bool, json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let kind = if with_volumes { JobKind::Remove } else { JobKind::Down };
    let job =
        run_job(kind, json, |job| Box::pin(async move { work::stop(&installation, with_volumes, job).await })).await;
    let removed = job.steps.len();
    finish(job, json, || match (removed, with_volumes) {
        (0, true) => "The stack has no containers; its volumes were removed.".into(),
        (0, false) => "The stack has no containers.".into(),
        (1, true) => "1 container and all recorded data were removed.".into(),
        (1, false) => "1 container was removed; recorded data and the network were kept.".into(),
        (count, true) => format!("{count} containers and all recorded data were removed."),
        (count, false) => format!("{count} containers were removed; recorded data and the network were kept."),
    })
}

/// Runs one job to its end, or until the process is told to stop.
pub(super) async fn run_job(kind: JobKind, json: bool, work: impl FnOnce(JobContext) -> Work) -> Job {
    let jobs = Jobs::default();
    let show = Arc::new(Show::new(kind, json));
    let shown = Arc::clone(&show);
    let job = jobs.start(kind, |job| work(job.observed_by(move |progress| shown.report(progress.clone()))));
    let ended = tokio::select! {
        ended = jobs.wait_for_end(job.id) => ended,
        () = super::serve::stop_signal() => {
            jobs.shut_down().await;
            jobs.current()
        }
    };
    show.end();
    ended.unwrap_or(job)
}

pub(super) fn finish(job: Job, json: bool, done: impl FnOnce() -> String) -> Result<(), StackError> {
    if json {
        output::json(&job);
    }
    match (job.state, job.error) {
        (JobState::Done, _) => {
            if !json {
                output::line(&done());
            }
            Ok(())
        }
        (_, error) => Err(error.unwrap_or(StackError::Cancelled)),
    }
}

/// The words for a stack's state.
pub(super) fn state_words(state: StackState) -> &'static str {
    match state {
        StackState::Running => "The stack runs: all six services are ready.",
        StackState::Partial => "The stack runs in part.",
        StackState::Stopped => "The stack is stopped.",
        StackState::NotInitialized => "The stack is not initialized. Next: `clawker-monitor init`.",
        StackState::EngineUnreachable => "The Docker Engine does not answer.",
    }
}
