//! Jobs: long work that belongs to the process. One runs at a time. A second request returns the running one. A job may hold
//! the lock for work on the stack; then it is recorded there, and the lock is released before the job counts as ended.
//!
//! **Invariant:** a job reports only to itself, and ends only after everything it started. Work on a blocking thread can't be
//! aborted, so a canceled job waits for it.

use std::{collections::VecDeque, convert::Infallible, future::Future, pin::Pin, sync::Arc, time::Duration};

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState, Progress},
};
use tokio::{sync::watch, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{background::finished, clock::now, work_lock::HeldLock};

/// How many ended jobs are kept for callers that wait for them.
const ENDED_JOBS_KEPT: usize = 8;
/// The minimum time between two records in the lock's file.
const RECORD_INTERVAL: Duration = Duration::from_millis(200);

/// The work of a job.
pub type Work = Pin<Box<dyn Future<Output = Result<(), StackError>> + Send>>;

type Observer = Arc<dyn Fn(&Progress) + Send + Sync>;

/// The process's jobs. Clones share them.
#[derive(Clone)]
pub struct Jobs {
    state: watch::Sender<State>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    last_id: u32,
    /// The running job, or the one that ended last.
    job: Option<Job>,
    /// The ones before it, oldest first.
    ended: VecDeque<Job>,
    cancel: CancellationToken,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs { state: watch::Sender::new(State::default()), tasks: TaskTracker::new() }
    }
}

/// Passed to a job's work: reports progress, runs blocking work, and tells whether the job was canceled.
#[derive(Clone)]
pub struct JobContext {
    id: u32,
    state: watch::Sender<State>,
    observers: Vec<Observer>,
    cancel: CancellationToken,
    blocking: TaskTracker,
}

impl JobContext {
    /// Adds progress to this job. Does nothing once the job has ended.
    pub fn report(&self, progress: Progress) {
        for observer in &self.observers {
            observer(&progress);
        }
        self.state.send_if_modified(|state| {
            let job = state.job.as_mut().filter(|job| job.id == self.id && job.is_running());
            job.map(|job| job.apply(progress)).is_some()
        });
    }

    /// The same context, whose reports are also passed to `observer`.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Progress) + Send + Sync + 'static) -> JobContext {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Fails if the job was canceled. For work on a blocking thread, between two steps.
    ///
    /// # Errors
    /// `StackError::Cancelled`.
    pub fn stop_if_canceled(&self) -> Result<(), StackError> {
        if self.cancel.is_cancelled() { Err(StackError::Cancelled) } else { Ok(()) }
    }

    /// Runs `work` on a blocking thread. The job does not end before `work` does, even when the job is canceled.
    pub async fn run_blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        finished(self.blocking.spawn_blocking(work).await).await
    }
}

impl Jobs {
    /// Starts a job, unless one is running: then that one is returned and `work` is never called.
    pub fn start(&self, kind: JobKind, work: impl FnOnce(JobContext) -> Work) -> Job {
        self.start_holding(HeldLock::without_file(), kind, work)
    }

    /// The same for a job that holds the lock for work on the stack until it ends.
    pub fn start_holding(&self, lock: HeldLock, kind: JobKind, work: impl FnOnce(JobContext) -> Work) -> Job {
        let mut started = None;
        let mut running = None;
        self.state.send_if_modified(|state| {
            running = state.job.clone().filter(Job::is_running);
            if running.is_some() {
                return false;
            }
            state.last_id += 1;
            state.ended.extend(state.job.take());
            if state.ended.len() > ENDED_JOBS_KEPT {
                state.ended.pop_front();
            }
            state.cancel = CancellationToken::new();
            let job = Job::begin(state.last_id, kind, now());
            state.job = Some(job.clone());
            started = Some((job, state.cancel.clone()));
            true
        });
        let Some((job, cancel)) = started else {
            // One of the two is always set.
            return running.unwrap_or_else(|| Job::begin(0, kind, now()));
        };
        tracing::info!(job = job.id, kind = ?kind, "job started");
        lock.record(&job);
        let blocking = TaskTracker::new();
        let context = JobContext {
            id: job.id,
            state: self.state.clone(),
            observers: Vec::new(),
            cancel: cancel.clone(),
            blocking: blocking.clone(),
        };
        let work = work(context);
        let state = self.state.clone();
        self.tasks.spawn(async move {
            // A separate task, so that a panic in the work ends the job and not the process.
            let mut task = tokio::spawn(work);
            let result = tokio::select! {
                joined = &mut task => joined.unwrap_or_else(|panic| Err(internal_error(&panic))),
                never = record_changes(state.subscribe(), &lock) => match never {},
                () = cancel.cancelled() => {
                    task.abort();
                    let _ = task.await;
                    Err(StackError::Cancelled)
                }
            };
            blocking.close();
            blocking.wait().await;
            state.send_modify(|state| {
                if let Some(job) = &mut state.job {
                    finish(job, result);
                    lock.record(job);
                }
                // Released while the state is locked: whoever sees that the job has ended can get the lock.
                drop(lock);
            });
        });
        job
    }

    /// Asks the running job to stop.
    pub fn cancel(&self) {
        self.state.borrow().cancel.cancel();
    }

    /// Forgets the job that ended last, because somebody has read how.
    pub fn dismiss(&self) {
        self.state.send_if_modified(|state| {
            let ended = state.job.take_if(|job| !job.is_running());
            let has_ended = ended.is_some();
            state.ended.extend(ended);
            has_ended
        });
    }

    /// The running job, or the one that ended last.
    pub fn current(&self) -> Option<Job> {
        self.state.borrow().job.clone()
    }

    /// Notifies of every change of the current job; the first time at once, if there was a change since.
    pub fn changes(&self) -> JobChanges {
        JobChanges(self.state.subscribe())
    }

    /// Waits until the job with this id has ended, and returns it as it ended. `None` for an id that was never given out,
    /// or that is older than the last `ENDED_JOBS_KEPT` jobs.
    pub async fn wait_for_end(&self, id: u32) -> Option<Job> {
        let mut changes = self.state.subscribe();
        let is_running = |state: &State| state.job.as_ref().is_some_and(|job| job.id == id && job.is_running());
        let state = changes.wait_for(|state| !is_running(state)).await.ok()?;
        state.ended.iter().chain(&state.job).find(|job| job.id == id).cloned()
    }

    /// Cancels the running job and waits until it has ended.
    pub async fn shut_down(&self) {
        self.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// See `Jobs::changes`.
pub struct JobChanges(watch::Receiver<State>);

impl JobChanges {
    /// Resolves at the next change. Never resolves once the jobs are gone.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Records the job's progress until dropped. The file is small and written at most five times a second, so that a thread for
/// it would cost more than it saves.
async fn record_changes(mut state: watch::Receiver<State>, lock: &HeldLock) -> Infallible {
    loop {
        if state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let job = state.borrow_and_update().job.clone();
        if let Some(job) = job.filter(Job::is_running) {
            lock.record(&job);
        }
        sleep(RECORD_INTERVAL).await;
    }
}

fn finish(job: &mut Job, result: Result<(), StackError>) {
    job.finished_at = Some(now());
    job.state = match &result {
        Ok(()) => JobState::Done,
        Err(StackError::Cancelled) => JobState::Cancelled,
        Err(_) => JobState::Failed,
    };
    match &result {
        Ok(()) => tracing::info!(job = job.id, "job done"),
        Err(error) => tracing::warn!(job = job.id, error = %error, "job ended early"),
    }
    job.error = result.err();
}

fn internal_error(panic: &tokio::task::JoinError) -> StackError {
    let id = format!("{:x}", now().unix_milliseconds());
    tracing::error!(id, error = %panic, "the work of a job panicked");
    StackError::Internal { id }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_core::{job::Phase, service::Service};
    use tokio::{sync::oneshot, time::timeout};

    use super::*;

    fn step(service: Service) -> Progress {
        Progress::Step { service, phase: Phase::Starting }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_request_gets_the_running_job() {
        let jobs = Jobs::default();
        let (finish, finished) = oneshot::channel::<()>();
        let first =
            jobs.start(JobKind::Up, |_| Box::pin(async move { finished.await.map_err(|_| StackError::Cancelled) }));
        let second = jobs.start(JobKind::Down, |_| Box::pin(async { panic!("this work must not run") }));
        assert_eq!(second, first);
        assert_eq!(finish.send(()), Ok(()));
        let ended = jobs.wait_for_end(first.id).await.expect("the job is known");
        assert_eq!(ended.state, JobState::Done);
        let third = jobs.start(JobKind::Down, |_| Box::pin(async { Ok(()) }));
        assert_eq!(third.id, first.id + 1);
        assert_eq!(jobs.wait_for_end(first.id).await, Some(ended), "the first is still known");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn progress_is_kept_and_canceling_ends_the_work() {
        let jobs = Jobs::default();
        let job = jobs.start(JobKind::Up, |job| {
            Box::pin(async move {
                job.report(step(Service::Loki));
                std::future::pending().await
            })
        });
        let mut changes = jobs.changes();
        while jobs.current().is_some_and(|job| job.steps.is_empty()) {
            changes.next().await;
        }
        jobs.shut_down().await;
        let ended = jobs.wait_for_end(job.id).await.expect("the job is known");
        assert_eq!((ended.state, ended.error), (JobState::Cancelled, Some(StackError::Cancelled)));
        assert_eq!(ended.steps[0].phase, Phase::Starting);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_canceled_job_ends_after_its_blocking_work_and_another_one_starts_only_then() {
        let jobs = Jobs::default();
        let (begun, has_begun) = oneshot::channel::<()>();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let job = jobs.start(JobKind::Initialize, |job| {
            Box::pin(async move {
                let context = job.clone();
                job.run_blocking(move || {
                    begun.send(()).expect("the test waits");
                    released.recv().expect("the test releases it");
                    assert_eq!(context.stop_if_canceled(), Err(StackError::Cancelled), "it can see that it is to stop");
                    context.report(step(Service::Grafana));
                    Ok(())
                })
                .await
            })
        });
        has_begun.await.expect("the work begins");
        jobs.cancel();
        assert!(
            timeout(Duration::from_millis(100), jobs.wait_for_end(job.id)).await.is_err(),
            "the job ended while its work went on"
        );
        let refused = jobs.start(JobKind::Down, |_| Box::pin(async { panic!("this work must not run") }));
        assert_eq!(refused.id, job.id);
        release.send(()).expect("the work waits");
        let ended = jobs.wait_for_end(job.id).await.expect("the job is known");
        assert_eq!(ended.state, JobState::Cancelled);
        assert_eq!(ended.steps.len(), 1, "what was reported late belongs to the job that did it");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_ended_job_does_not_report_to_the_next_one() {
        let jobs = Jobs::default();
        let (hand_out, handed_out) = oneshot::channel();
        let first = jobs.start(JobKind::Up, |job| {
            Box::pin(async move {
                hand_out.send(job).ok();
                Ok(())
            })
        });
        let late = handed_out.await.expect("the work hands its context out");
        let ended = jobs.wait_for_end(first.id).await.expect("the job is known");
        late.report(step(Service::Loki));
        assert_eq!(jobs.current(), Some(ended), "an ended job does not change");
        let second = jobs.start(JobKind::Up, |_| Box::pin(std::future::pending()));
        late.report(step(Service::Loki));
        let current = jobs.current().expect("a job runs");
        assert_eq!((current.id, current.steps.len()), (second.id, 0));
        jobs.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_forgotten_job_is_none_and_not_another_one() {
        let jobs = Jobs::default();
        assert_eq!(jobs.wait_for_end(1).await, None, "there was no job yet");
        let mut last = None;
        for _ in 0..ENDED_JOBS_KEPT + 2 {
            let job = jobs.start(JobKind::Up, |_| Box::pin(async { Ok(()) }));
            last = jobs.wait_for_end(job.id).await;
        }
        assert_eq!(jobs.wait_for_end(1).await, None, "too long ago");
        assert_eq!(jobs.wait_for_end(2).await.map(|job| job.id), Some(2));
        assert_eq!(jobs.wait_for_end(999).await, None, "never given out");
        assert_eq!(jobs.current(), last);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_in_the_work_ends_the_job_and_not_the_process() {
        let jobs = Jobs::default();
        for in_background in [false, true] {
            let job = jobs.start(JobKind::Up, |job| {
                Box::pin(async move {
                    if in_background { job.run_blocking(|| panic!("on purpose")).await } else { panic!("on purpose") }
                })
            });
            let ended = jobs.wait_for_end(job.id).await.expect("the job is known");
            assert!(matches!(ended.error, Some(StackError::Internal { .. })), "{in_background}: {:?}", ended.error);
        }
    }
}
