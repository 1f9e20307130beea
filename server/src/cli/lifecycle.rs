//! `init`, `up` and `down`: the same jobs as in the panel, in this process.

use std::{sync::Arc, time::Duration};

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState, Progress},
    status::StackState,
};

use super::{installation::Installation, output, progress::Show};
use crate::{
    configuration::Overwrite,
    jobs::{Jobs, Sink, Work},
    lifecycle::{self, Patience},
    status,
};

pub(super) async fn initialize(force: bool, json: bool) -> Result<(), StackError> {
    let configuration = Installation::find()?.configuration;
    let directory = configuration.directory();
    let job = run(JobKind::Initialize, json, |report| {
        Box::pin(async move {
            let overwrite = if force { Overwrite::Everything } else { Overwrite::Nothing };
            configuration.write(overwrite, |outcome| report(Progress::File(outcome)))
        })
    })
    .await;
    finish(job, json, || format!("The configuration is in {directory}. Next: `clawker-monitor up`."))
}

pub(super) async fn up(wait_timeout: u64, json: bool) -> Result<(), StackError> {
    let it = Installation::find()?;
    let patience = Patience { until_ready: Duration::from_secs(wait_timeout), ..Patience::default() };
    let configuration = it.configuration.clone();
    let (engine, readiness) = (Arc::clone(&it.engine), Arc::clone(&it.readiness));
    let job = run(JobKind::Up, json, |report| {
        Box::pin(async move {
            // Asked first: where there is no Engine, nothing else matters.
            engine.info().await?;
            let stack = configuration.stack_to_start()?;
            lifecycle::up(engine.as_ref(), readiness.as_ref(), patience, &stack, report.as_ref()).await
        })
    })
    .await;
    let pages = match job.error {
        None => {
            let stack = it.configuration.stack()?;
            let report = status::report(it.engine.as_ref(), it.readiness.as_ref(), &stack, true).await?;
            let pages = report
                .services
                .iter()
                .filter_map(|service| Some(format!("\n  {:<10} {}", service.service.title(), service.url.as_ref()?)));
            pages.collect()
        }
        _ => String::new(),
    };
    finish(job, json, || format!("All six services are ready.{pages}"))
}

pub(super) async fn down(kind: JobKind, json: bool) -> Result<(), StackError> {
    let it = Installation::find()?;
    let stack = it.configuration.stack_to_stop()?;
    let job = run(kind, json, |report| {
        Box::pin(
            async move { lifecycle::down(it.engine.as_ref(), &stack, kind == JobKind::Remove, report.as_ref()).await },
        )
    })
    .await;
    let removed = job.steps.len();
    finish(job, json, || match (removed, kind) {
        (0, JobKind::Remove) => "No container of the stack was there; its volumes are gone.".into(),
        (0, _) => "No container of the stack was there.".into(),
        (count, JobKind::Remove) => format!("{count} containers and all recorded data are removed."),
        (count, _) => format!("{count} containers are removed; recorded data and the network stay."),
    })
}

/// Runs one job to its end, or until the process is told to stop.
pub(super) async fn run(kind: JobKind, json: bool, work: impl FnOnce(Sink) -> Work) -> Job {
    let jobs = Jobs::default();
    let show = Arc::new(Show::new(kind, json));
    let shown = Arc::clone(&show);
    let job = jobs.begin(kind, |sink| {
        work(Arc::new(move |progress: Progress| {
            shown.report(progress.clone());
            sink(progress);
        }))
    });
    let ended = tokio::select! {
        ended = jobs.ended(job.id) => ended,
        () = super::serve::told_to_stop() => {
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
