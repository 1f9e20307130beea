//! `init`, `up` and `down`: the same jobs that the panel runs, in this process.

use std::{sync::Arc, time::Duration};

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState},
    stack::{ServiceSpec, StackSpec},
    status::StackState,
};

use super::{
    LockOptions,
    output::Output,
    progress::ProgressDisplay,
    turn::{Turn, wait_for_turn},
};
use crate::{
    configuration::{Configuration, Overwrite},
    installation::Installation,
    jobs::{JobContext, Jobs, Work},
    lifecycle::ReadinessWait,
    status,
    work::{self, Request},
};

pub(super) async fn initialize(force: bool, output: &Output, lock: LockOptions) -> Result<(), StackError> {
    let configuration = Installation::from_environment()?.configuration;
    let directory = configuration.directory();
    let overwrite = if force { Overwrite::Everything } else { Overwrite::Nothing };
    let request = Request::new(&configuration, JobKind::Initialize, if force { "force" } else { "" }).await;
    let on = configuration.clone();
    let job = run_job(&configuration, request, lock, output, |job| {
        Box::pin(async move { work::initialize(&on, overwrite, job).await })
    })
    .await?;
    finish(job, output, || format!("The configuration files are in {directory}. Next: `clawker-monitor up`."))
}

pub(super) async fn up(wait_timeout: u64, output: &Output, lock: LockOptions) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let configuration = &installation.configuration;
    let (on, wait) = (installation.clone(), readiness_wait(wait_timeout));
    let request = Request::new(configuration, JobKind::Up, "").await;
    let job =
        run_job(configuration, request, lock, output, |job| Box::pin(async move { work::start(&on, wait, job).await }))
            .await?;
    let pages = if job.error.is_none() { page_addresses(&configuration.stack()?) } else { String::new() };
    finish(job, output, || format!("All six services are ready.{pages}"))
}

/// Waits at most this many seconds for each service.
pub(super) fn readiness_wait(timeout_seconds: u64) -> ReadinessWait {
    ReadinessWait { timeout: Duration::from_secs(timeout_seconds), ..ReadinessWait::default() }
}

/// One line for each service with a web page. After a start, its ports are published as the stack says.
fn page_addresses(stack: &StackSpec) -> String {
    let line = |spec: &ServiceSpec| {
        Some(format!("\n  {:<10} {}", spec.service.title(), status::page_address(spec, &spec.ports)?))
    };
    stack.services.iter().filter_map(line).collect()
}

pub(super) async fn down(with_volumes: bool, output: &Output, lock: LockOptions) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let kind = if with_volumes { JobKind::Remove } else { JobKind::Down };
    let configuration = installation.configuration.clone();
    let request = Request::new(&configuration, kind, "").await;
    let job = run_job(&configuration, request, lock, output, |job| {
        Box::pin(async move { work::stop(&installation, with_volumes, job).await })
    })
    .await?;
    let removed = job.removed_containers;
    finish(job, output, || match (removed, with_volumes) {
        (0, true) => "No containers to remove. All recorded data was removed.".into(),
        (0, false) => "No containers to remove.".into(),
        (1, true) => "Removed 1 container and all recorded data.".into(),
        (1, false) => "Removed 1 container. Recorded data and the network were kept.".into(),
        (count, true) => format!("Removed {count} containers and all recorded data."),
        (count, false) => format!("Removed {count} containers. Recorded data and the network were kept."),
    })
}

/// Runs one job until it ends or the process is interrupted. If another process does the same, follows it instead, and
/// returns its job.
///
/// # Errors
/// Another process does something else, and `lock` does not say to wait for it.
pub(super) async fn run_job(
    configuration: &Configuration,
    request: Request,
    lock: LockOptions,
    output: &Output,
    work: impl FnOnce(JobContext) -> Work,
) -> Result<Job, StackError> {
    let kind = request.kind;
    let display = Arc::new(ProgressDisplay::new(kind, output));
    let lock = tokio::select! {
        turn = wait_for_turn(configuration, &request, lock, &display) => match turn? {
            Turn::Ours(lock) => lock,
            Turn::Followed(job) => {
                display.finish();
                return Ok(*job);
            }
        },
        () = super::serve::stop_signal() => return Err(StackError::Cancelled),
    };
    let jobs = Jobs::default();
    let observer = Arc::clone(&display);
    let job =
        jobs.start_holding(lock, kind, |job| work(job.observed_by(move |progress| observer.update(progress.clone()))));
    let ended = tokio::select! {
        ended = jobs.wait_for_end(job.id) => ended,
        () = super::serve::stop_signal() => {
            jobs.shut_down().await;
            jobs.current()
        }
    };
    display.finish();
    Ok(ended.unwrap_or(job))
}

pub(super) fn finish(job: Job, output: &Output, success_message: impl FnOnce() -> String) -> Result<(), StackError> {
    if job.state == JobState::Done {
        if output.is_json() {
            output.document(&job);
        } else {
            output.lines(&success_message());
        }
        return Ok(());
    }
    let error = job.error.clone().unwrap_or(StackError::Cancelled);
    if output.is_json() {
        output.failed_document(&job, &error);
    }
    Err(error)
}

pub(super) fn describe_stack_state(state: StackState) -> &'static str {
    match state {
        StackState::Running => "The stack is running. All six services are ready.",
        StackState::Partial => "The stack is partly running.",
        StackState::Stopped => "The stack is stopped.",
        StackState::NotInitialized => "The stack is not initialized. Next: `clawker-monitor init`.",
        StackState::EngineUnreachable => "Can't reach Docker.",
    }
}
