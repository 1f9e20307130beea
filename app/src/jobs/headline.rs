//! A running job in words. Pure.

use monitor_core::{
    job::{Job, JobKind, Phase},
    timestamp::format_duration,
};

use crate::words;

/// What the running job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobHeadline {
    /// One word, for a chip.
    pub word: &'static str,
    /// One sentence.
    pub title: String,
    /// What else to know. May be empty.
    pub text: String,
}

/// Describes the running job.
pub fn job_headline(job: &Job) -> JobHeadline {
    let in_phase = |phase: Phase| job.steps.iter().filter(move |step| step.phase == phase);
    let fetching = job.pulls.iter().filter(|pull| !pull.complete).count();
    let silent_seconds = job.pulls.iter().map(|pull| pull.silent_seconds).max().unwrap_or(0);
    let (word, title, text) = match job.kind {
        JobKind::Initialize => ("Initializing", "Writing the files.".to_owned(), String::new()),
        JobKind::Up if fetching > 0 => (
            "Starting",
            format!("Pulling {}.", words::plural(fetching, "image", "images")),
            if silent_seconds > 0 {
                let silent = format_duration(silent_seconds.into());
                format!("The registry has sent nothing for {silent}. After 10 min the start fails.")
            } else {
                "Images are kept; the next start is faster.".to_owned()
            },
        ),
        JobKind::Up => {
            let ready = in_phase(Phase::Ready).count();
            let awaited: Vec<&str> = in_phase(Phase::AwaitingReadiness).map(|step| step.service.title()).collect();
            let title = match (ready, job.steps.len()) {
                (0, _) => "Starting the stack.".to_owned(),
                (ready, all) => words::ready_of(ready, all),
            };
            let text = if awaited.is_empty() {
                String::new()
            } else {
                format!("Waiting for {} to become ready.", words::join_names(&awaited))
            };
            ("Starting", title, text)
        }
        JobKind::Apply => (
            "Applying",
            "Applying the settings.".to_owned(),
            "Affected services are recreated. If any fails, everything is rolled back.".to_owned(),
        ),
        JobKind::Down => {
            ("Stopping", "Stopping the stack.".to_owned(), "Recorded data and the network are kept.".to_owned())
        }
        JobKind::Remove => (
            "Removing",
            "Removing the stack and its data.".to_owned(),
            "Recorded metrics, events, and dashboard changes are deleted.".to_owned(),
        ),
    };
    let text = match job.process {
        Some(process) => {
            format!("Process {process} is doing this, outside of this panel. {text}").trim_end().to_owned()
        }
        None => text,
    };
    JobHeadline { word, title, text }
}
