//! Canceling a job while it writes files, on a thread that cannot be aborted.

use clawker_monitor::{
    configuration::Overwrite,
    jobs::{JobContext, Jobs},
    panel::Panel,
    work::{self, Apply},
};
use monitor_core::{
    job::{Job, JobKind, JobState, Progress},
    settings::Change,
};
use monitor_testing::{
    deadline::within_deadline,
    harness::{panel, panel_with},
};

/// The same context, but the job is canceled as soon as it reports that many files.
fn canceled_after(files: usize, jobs: &Jobs, job: JobContext) -> JobContext {
    let (jobs, left) = (jobs.clone(), std::sync::Mutex::new(files));
    job.observed_by(move |progress| {
        if let Progress::File(_) = progress {
            let mut left = left.lock().unwrap();
            *left = left.saturating_sub(1);
            if *left == 0 {
                jobs.cancel();
            }
        }
    })
}

async fn ended(jobs: &Jobs, job: Job) -> Job {
    within_deadline("the end of the job", jobs.wait_for_end(job.id)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_initialize_stops_after_the_current_file() {
    let panel = panel();
    let Panel { installation, jobs, .. } = &*panel.panel;
    let configuration = installation.configuration.clone();
    let job = jobs.start(JobKind::Initialize, |job| {
        let job = canceled_after(2, jobs, job);
        Box::pin(async move { work::initialize(&configuration, Overwrite::Nothing, job).await })
    });
    let job = ended(jobs, job).await;
    assert_eq!((job.state, job.files.len()), (JobState::Cancelled, 2), "{job:#?}");
    let written = |name: &str| panel.generated(name).exists();
    assert!(job.files.iter().all(|file| written(&file.name)));
    let all = installation.configuration.files().unwrap();
    let on_disk = all.iter().filter(|file| written(&file.name)).count();
    assert_eq!(on_disk, 2, "nothing was written after the job had ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_apply_restores_the_files_it_has_written() {
    let settings = "monitoring:\n  grafana_port: 3000\n";
    let panel = panel_with(settings);
    panel.plane.initialize(false).await.unwrap();
    let compose = std::fs::read_to_string(panel.generated("compose.yaml")).unwrap();
    let Panel { installation, wait, jobs, .. } = &*panel.panel;
    let base = installation.configuration.settings_text().unwrap().base;
    // The settings file is reported first, then each generated file: canceled in the middle of these.
    for files in [1, 2, 4] {
        let edit = Some((vec![Change::set("grafana_port", "3001")], base.clone()));
        let apply = Apply { installation: installation.clone(), wait: *wait, edit, replace_edited: false };
        let prepared = apply.prepare().await.unwrap();
        let job = jobs.start(JobKind::Apply, |job| Box::pin(prepared.carry_out(canceled_after(files, jobs, job))));
        let job = ended(jobs, job).await;
        assert_eq!((job.state, job.restored), (JobState::Cancelled, true), "after {files} files: {job:#?}");
        assert_eq!(panel.settings_text(), settings, "after {files} files");
        assert_eq!(std::fs::read_to_string(panel.generated("compose.yaml")).unwrap(), compose, "after {files} files");
    }
}
