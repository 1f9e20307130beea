//! How the last job ended. It stays until the next one, so that whoever comes back finds it.

use leptos::prelude::*;
use monitor_core::{
    error::StackError,
    job::{FileAction, FileOutcome, Job, JobKind, JobState},
    timestamp::format_duration,
};

use super::{Command, CommandButton, Commands};
use crate::{
    api::ApiError,
    components::{Ago, ErrorNote, Icon, Prose, Tone},
    live::Live,
};

/// The last job, where it has ended.
#[component]
pub fn Outcome(commands: Commands) -> impl IntoView {
    let live = Live::get();
    // What is still wrong with the settings is said already, and once is enough.
    let ended = live.derive(|snapshot| {
        let said = |job: &Job| job.error.is_some() && job.error == snapshot.configuration.error;
        snapshot.job.clone().filter(|job| !job.is_running() && !said(job))
    });
    view! {
        {move || match ended.get() {
            Some(job) => match (job.state, job.error.clone()) {
                (JobState::Failed, Some(error)) => view! { <Failure job error commands /> }.into_any(),
                _ => view! { <Success job /> }.into_any(),
            },
            None => ().into_any(),
        }}
    }
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
                    {format!("Read the log of {}", service.title())}
                </a>
            })}
            <When job />
        </ErrorNote>
    }
}

#[component]
fn Success(job: Job) -> impl IntoView {
    let tone = match job.state {
        JobState::Done => Tone::Ok,
        _ => Tone::Off,
    };
    // Whoever applies one setting wants to read what that changed, not all that it did not.
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
            <When job />
        </section>
    }
}

#[component]
fn FileLine(file: FileOutcome) -> impl IntoView {
    view! {
        <li>
            <code>{file.name}</code>
            " "
            <span><Prose text=action_words(&file.action) /></span>
        </li>
    }
}

#[component]
fn When(job: Job) -> impl IntoView {
    let live = Live::get();
    let id = job.id;
    job.finished_at.map(|then| {
        view! {
            <p class="muted">"Job " {id} ", " <Ago then now=live.now() /></p>
        }
    })
}

/// What the job came to, in a sentence without its full stop.
pub fn outcome_title(job: &Job) -> String {
    let took = job.finished_at.map(|end| format_duration(end.seconds_since(job.started_at))).unwrap_or_default();
    match (job.state, job.kind) {
        (JobState::Done, JobKind::Initialize) => "The files are written".into(),
        (JobState::Done, JobKind::Up) => format!("The stack started in {took}"),
        (JobState::Done, JobKind::Apply) => format!("The settings were applied in {took}"),
        (JobState::Done, JobKind::Down) => format!("The stack stopped in {took}; data and network stayed"),
        (JobState::Done, JobKind::Remove) => "The stack and its data are removed".into(),
        (JobState::Cancelled, JobKind::Initialize) => "Initializing was cancelled".into(),
        (JobState::Cancelled, JobKind::Up) => "Starting was cancelled; what was done so far stays".into(),
        (JobState::Cancelled, JobKind::Apply) => "Applying was cancelled; what was done so far stays".into(),
        (JobState::Cancelled, JobKind::Down) => "Stopping was cancelled; what was done so far stays".into(),
        (JobState::Cancelled, JobKind::Remove) => "Removing was cancelled; what was done so far stays".into(),
        (_, JobKind::Initialize) => "The files were not written".into(),
        (_, JobKind::Up) => "The stack did not start".into(),
        (_, JobKind::Apply) if job.restored => "The settings were not applied, and all is as it was before".into(),
        (_, JobKind::Apply) if !job.files.is_empty() => {
            "The settings are saved, but not every service follows them".into()
        }
        (_, JobKind::Apply) => "The settings were not applied".into(),
        (_, JobKind::Down) => "The stack did not stop".into(),
        (_, JobKind::Remove) => "The stack was not removed".into(),
    }
}

/// What was done with a file.
pub fn action_words(action: &FileAction) -> String {
    match action {
        FileAction::Written => "written".into(),
        FileAction::Unchanged => "was right already".into(),
        FileAction::Updated => "written anew".into(),
        FileAction::Kept => "kept as it is, though it differs from the settings".into(),
        FileAction::Replaced { backup } => format!("replaced; the old one is `{backup}`"),
    }
}
