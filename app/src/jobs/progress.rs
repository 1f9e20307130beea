//! The progress of the running job: a bar, and the same in words.

use leptos::prelude::*;
use monitor_core::{
    job::{Job, JobKind, Phase},
    timestamp::{Timestamp, format_duration},
};

use super::job_headline;
use crate::{components::show_if, live::Live, words};

/// The progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// How much is done, out of `max`. Thousandths, because byte counts exceed what some browsers handle.
    pub value: u32,
    /// The value at the end.
    pub max: u32,
    /// The text beside the bar.
    pub words: String,
}

/// Returns the bar of a job; `None` while there is nothing to count.
pub fn progress_bar(job: &Job) -> Option<Bar> {
    let fetching = job.pulls.iter().any(|pull| !pull.complete);
    match job.pulled_bytes() {
        Some((fetched, total)) if fetching => Some(Bar {
            value: thousandths(fetched, total),
            max: 1000,
            words: format!("{} of {} pulled", words::bytes(fetched), words::bytes(total)),
        }),
        _ if job.steps.is_empty() => None,
        _ => {
            let (wanted, verb) = match job.kind {
                JobKind::Down | JobKind::Remove => (Phase::Removed, "stopped"),
                JobKind::Up | JobKind::Apply | JobKind::Initialize => (Phase::Ready, "ready"),
            };
            let done = job.steps.iter().filter(|step| step.phase == wanted).count();
            let all = job.steps.len();
            Some(Bar {
                value: thousandths(done as u64, all as u64),
                max: 1000,
                words: format!("{done} of {all} services {verb}"),
            })
        }
    }
}

/// Returns the part in thousandths of the whole; 0 where the whole is 0.
pub fn thousandths(part: u64, whole: u64) -> u32 {
    part.min(whole).saturating_mul(1000).checked_div(whole).unwrap_or(0) as u32
}

/// Returns the job's number, or the process that runs it, and the duration: `job 3 · 14 s`.
pub fn caption(job: &Job, now: Timestamp) -> String {
    let (what, number) = job.process.map_or(("job", job.id), |process| ("process", process));
    format!("{what} {number} · {}", format_duration(now.seconds_since(job.started_at)))
}

/// The bar of the running job.
#[component]
pub fn Progress() -> impl IntoView {
    let live = Live::get();
    let running = |job: &Option<Job>| job.clone().filter(Job::is_running);
    let job = live.derive(move |snapshot| running(&snapshot.job));
    let bar = Memo::new(move |_| job.with(|job| job.as_ref().and_then(progress_bar)));
    let caption = live.derive_timed(|snapshot, now| snapshot.running_job().map(|job| caption(job, now)));
    let at_work = Memo::new(move |_| job.with(Option::is_some));
    view! {
        {show_if(at_work, move || view! {
            <div class="job-progress">
                <progress
                    aria-label="Job progress"
                    max=move || bar.get().map(|bar| bar.max.to_string())
                    value=move || bar.get().map(|bar| bar.value.to_string())
                ></progress>
                <p class="muted">
                    <span>{move || bar.get().map(|bar| bar.words).unwrap_or_default()}</span>
                    <span>{move || caption.get().unwrap_or_default()}</span>
                </p>
            </div>
        })}
    }
}

/// The running job, for pages other than the stack page: what it does, and the bar.
#[component]
pub fn JobAtWork() -> impl IntoView {
    let live = Live::get();
    let title = live.derive(|snapshot| snapshot.running_job().map(|job| job_headline(job).title).unwrap_or_default());
    view! {
        <div role="status">
            <p class="job-title">{move || title.get()}</p>
        </div>
        <Progress />
    }
}
