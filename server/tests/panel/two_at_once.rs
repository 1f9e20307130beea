//! Two panels on one folder and one Engine: one lock for work on the stack.

use clawker_monitor::work_lock::{Attempt, HeldLock, WorkLock};
use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState, Phase, Progress},
    service::Service,
    timestamp::Timestamp,
};
use monitor_testing::harness::{Harness, panel};

/// Another process at work, as far as the lock's file says.
fn other_process(panel: &Harness, job: &Job) -> HeldLock {
    let lock = WorkLock::new(&panel.folder.path().join("data/monitor"));
    let Attempt::Acquired(held) = lock.try_acquire("Up [] other").unwrap() else { panic!("the panel has the lock") };
    held.record(job);
    held
}

fn now() -> Timestamp {
    clawker_monitor::clock::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_processs_work_is_shown_and_nothing_else_starts() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    let mut job = Job::begin(1, JobKind::Up, now());
    job.apply(Progress::Step { service: Service::Loki, phase: Phase::AwaitingReadiness });
    let held = other_process(&panel, &job);

    for asked in [panel.plane.start_stack().await, panel.plane.stop_stack().await, panel.plane.initialize(true).await] {
        let running = asked.unwrap();
        assert_eq!((running.kind, running.process), (JobKind::Up, Some(std::process::id())), "it is answered with");
    }
    assert_eq!(panel.engine.calls(), Vec::<String>::new(), "and nothing was done");
    let busy = panel.apply(&[("grafana_port", "3001")], false).await.unwrap_err();
    assert!(matches!(busy, StackError::Busy { kind: JobKind::Up, process: Some(_), .. }), "{busy}");
    assert_eq!(panel.settings_text(), "");
    let page = panel.get("/").await.text;
    assert!(page.contains("is doing this, outside of this panel"), "{page}");
    assert!(!page.contains(">Cancel<") && !page.contains(">Stop stack<"), "{page}");

    job.state = JobState::Done;
    job.finished_at = Some(now());
    held.record(&job);
    drop(held);
    let page = panel.get("/").await.text;
    assert!(page.contains("Stack started in") && page.contains("Process "), "{page}");
    let own = panel.plane.start_stack().await.unwrap();
    assert_eq!(own.process, None);
    assert_eq!(panel.ended(own.id).await.state, JobState::Done);
    assert_eq!(panel.panel.hub.snapshot().job.map(|job| job.id), Some(own.id), "the later one is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_does_not_stay_at_work() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    let held = other_process(&panel, &Job::begin(1, JobKind::Down, now()));
    panel.get("/").await;
    assert!(panel.panel.hub.snapshot().running_job().is_some_and(|job| job.process.is_some()));
    // What the kernel does for a process that is killed.
    drop(held);
    panel.until("over", |snapshot| snapshot.running_job().is_none()).await;
    assert_eq!(panel.panel.hub.snapshot().job.map(|job| job.state), Some(JobState::Cancelled));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_ended_before_the_panel_started_is_not_shown() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    let shown = panel.panel.hub.snapshot().job;
    let long_ago = Timestamp::from_unix_milliseconds(1_000_000);
    let mut job = Job::begin(1, JobKind::Up, long_ago);
    (job.state, job.finished_at) = (JobState::Done, Some(long_ago));
    drop(other_process(&panel, &job));
    panel.get("/").await;
    assert_eq!(panel.panel.hub.snapshot().job, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panels_job_is_recorded_while_it_runs_and_when_it_ends() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    panel.engine.world().images.clear();
    panel.engine.hold_pulls();
    let lock = WorkLock::new(&panel.folder.path().join("data/monitor"));
    let started = panel.plane.start_stack().await.unwrap();
    let record = lock.read().unwrap();
    assert_eq!((record.job.kind, record.job.is_running()), (JobKind::Up, true));
    assert!(matches!(lock.try_acquire("Down"), Ok(Attempt::Busy(_))));
    panel.engine.release_pulls();
    let ended = panel.ended(started.id).await;
    let record = lock.read().unwrap();
    assert_eq!((record.job.state, record.job.steps.len()), (JobState::Done, 6));
    assert_eq!(record.job.finished_at, ended.finished_at);
    assert!(matches!(lock.try_acquire("Down"), Ok(Attempt::Acquired(_))), "it was released before the job ended");
}
