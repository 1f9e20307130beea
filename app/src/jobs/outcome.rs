//! How the last job ended. Shown until the next job starts, so that it is also seen later.

use leptos::prelude::*;
use monitor_core::{
    error::StackError,
    job::{FileAction, FileOutcome, Job, JobKind, JobState, ServiceStep},
    live::Snapshot,
    status::StackState,
    timestamp::format_duration,
};

use super::{Command, CommandButton, Commands};
use crate::{
    api::ApiError,
    components::{Ago, ErrorNote, Icon, Prose, Tone},
    live::Live,
};

/// The last job, once it has ended.
#[component]
pub fn Outcome(commands: Commands) -> impl IntoView {
    let live = Live::get();
    let ended = live.derive(|snapshot| snapshot.job.clone().filter(|job| is_worth_showing(job, snapshot)));
    view! {
        {move || match ended.get() {
            Some(job) => match (job.state, job.error.clone()) {
                (JobState::Failed, Some(error)) => view! { <Failure job error commands /> }.into_any(),
                _ => view! { <Success job commands /> }.into_any(),
            },
            None => ().into_any(),
        }}
    }
}

/// Whether to say how a job ended. Not what the page says anyway about the settings, and not a failure that somebody has
/// repaired since.
pub fn is_worth_showing(job: &Job, snapshot: &Snapshot) -> bool {
    let is_said = job.error.is_some() && job.error == snapshot.configuration.error;
    let is_repaired = job.state == JobState::Failed
        && match job.kind {
            JobKind::Up => snapshot.stack == StackState::Running,
            JobKind::Down | JobKind::Remove => snapshot.stack == StackState::Stopped,
            JobKind::Initialize | JobKind::Apply => false,
        };
    !job.is_running() && !is_said && !is_repaired
}

#[component]
fn Failure(job: Job, error: StackError, commands: Commands) -> impl IntoView {
    let replaceable = matches!(error, StackError::FilesDiffer { .. });
    let failed = match &error {
        StackError::ServiceFailed { service, .. } | StackError::NotReady { service, .. } => Some(*service),
        _ => None,
    };
    view! {
        <ErrorNote title=outcome_title(&job) error=ApiError::Stack(error)>
            {replaceable.then(|| view! { <CommandButton commands command=Command::Replace rank="plain" /> })}
            {failed.map(|service| view! {
                <a class="button" href=format!("/logs/{service}")>
                    {format!("View the logs of {}", service.title())}
                </a>
            })}
            <CommandButton commands command=Command::Dismiss rank="quiet" />
            <Remarks job=job.clone() />
            <When job />
        </ErrorNote>
    }
}

#[component]
fn Success(job: Job, commands: Commands) -> impl IntoView {
    let tone = match job.state {
        JobState::Done => Tone::Ok,
        _ => Tone::Off,
    };
    // After a setting was applied, only the files that changed matter.
    let told = |file: &&FileOutcome| job.kind != JobKind::Apply || file.action != FileAction::Unchanged;
    let files: Vec<AnyView> =
        job.files.iter().filter(told).map(|file| view! { <FileLine file=file.clone() /> }.into_any()).collect();
    let has_files = !files.is_empty();
    view! {
        <section class="note" data-tone=tone.name()>
            <h2>
                <Icon shape=tone.shape() />
                {outcome_title(&job)}
            </h2>
            {has_files.then(|| view! { <ul class="result-list">{files}</ul> })}
            <Remarks job=job.clone() />
            <When job />
            <div class="actions">
                <CommandButton commands command=Command::Dismiss rank="quiet" />
            </div>
        </section>
    }
}

/// What to know about the job, and why containers were recreated.
#[component]
fn Remarks(job: Job) -> impl IntoView {
    let remarks = remarks(&job);
    let lines: Vec<AnyView> = remarks.into_iter().map(|text| view! { <li><Prose text /></li> }.into_any()).collect();
    (!lines.is_empty()).then(|| view! { <ul class="result-list">{lines}</ul> })
}

/// The job's warnings, then the reason for each container that is recreated.
pub fn remarks(job: &Job) -> Vec<String> {
    let because =
        |step: &ServiceStep| Some(format!("{} recreated because {}", step.service.title(), step.because.as_ref()?));
    let warnings = job.warnings.iter().map(|warning| format!("Warning: {warning}"));
    warnings.chain(job.steps.iter().filter_map(because)).collect()
}

#[component]
fn FileLine(file: FileOutcome) -> impl IntoView {
    view! {
        <li>
            <code>{file.name}</code>
            " "
            <span><Prose text=describe_file_action(&file.action) /></span>
        </li>
    }
}

#[component]
fn When(job: Job) -> impl IntoView {
    let live = Live::get();
    let name = match job.process {
        Some(process) => format!("Process {process}"),
        None => format!("Job {}", job.id),
    };
    job.finished_at.map(|then| {
        view! {
            <p class="muted">{name} ", " <Ago then now=live.now() /></p>
        }
    })
}

/// A duration in seconds; `0 s` would say that nothing was done.
fn duration(seconds: u64) -> String {
    if seconds == 0 { "less than 1 s".into() } else { format_duration(seconds) }
}

/// Describes how the job ended, as a heading.
pub fn outcome_title(job: &Job) -> String {
    let took = job.finished_at.map(|end| duration(end.seconds_since(job.started_at))).unwrap_or_default();
    match (job.state, job.kind) {
        (JobState::Done, JobKind::Initialize) => "Files created".into(),
        (JobState::Done, JobKind::Up) => format!("Stack started in {took}"),
        // Nothing ran, so no service was recreated and nothing took time.
        (JobState::Done, JobKind::Apply) if job.steps.is_empty() => "Settings saved; the next start uses them".into(),
        (JobState::Done, JobKind::Apply) => format!("Settings applied in {took}"),
        (JobState::Done, JobKind::Down) => format!("Stack stopped in {took}; data and network were kept"),
        (JobState::Done, JobKind::Remove) => "Stack and data removed".into(),
        (JobState::Cancelled, JobKind::Initialize) => "Initializing was canceled".into(),
        (JobState::Cancelled, JobKind::Up) => "Start canceled; completed steps were kept".into(),
        (JobState::Cancelled, JobKind::Apply) => "Apply canceled; completed steps were kept".into(),
        (JobState::Cancelled, JobKind::Down) => "Stop canceled; completed steps were kept".into(),
        (JobState::Cancelled, JobKind::Remove) => "Removal canceled; completed steps were kept".into(),
        (_, JobKind::Initialize) => "The files were not written".into(),
        (_, JobKind::Up) => "The stack did not start".into(),
        (_, JobKind::Apply) if job.restored => "The settings were not applied; everything was rolled back".into(),
        (_, JobKind::Apply) if !job.files.is_empty() => {
            "The settings are saved, but not all services use them yet".into()
        }
        (_, JobKind::Apply) => "The settings were not applied".into(),
        (_, JobKind::Down) => "The stack did not stop".into(),
        (_, JobKind::Remove) => "The stack was not removed".into(),
    }
}

/// Describes what was done with a file.
pub fn describe_file_action(action: &FileAction) -> String {
    match action {
        FileAction::Written => "created".into(),
        FileAction::Unchanged => "already up to date".into(),
        FileAction::Updated => "updated".into(),
        FileAction::Kept => "kept, although it differs from the settings".into(),
        FileAction::Replaced { backup } => format!("replaced; the backup is `{backup}`"),
    }
}
