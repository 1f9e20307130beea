//! Jobs: long work that belongs to the process. One at a time; whoever asks for a second one gets the first.

use std::{collections::VecDeque, future::Future, pin::Pin, sync::Arc};

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState, Progress},
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::clock::now;

/// How many ended jobs are remembered for those who wait for them.
const REMEMBERED: usize = 8;

/// Where a job's work reports to.
pub type Sink = Arc<dyn Fn(Progress) + Send + Sync>;
/// The work of a job.
pub type Work = Pin<Box<dyn Future<Output = Result<(), StackError>> + Send>>;

/// The process' jobs.
#[derive(Clone)]
pub struct Jobs {
    state: watch::Sender<State>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    last_id: u32,
    job: Option<Job>,
    /// Those before it, oldest first: who waits for a job may look after the next one began.
    past: VecDeque<Job>,
    cancel: CancellationToken,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs { state: watch::Sender::new(State::default()), tasks: TaskTracker::new() }
    }
}

impl Jobs {
    /// Begins a job, unless one is at work: then that one is answered and `work` is never called.
    pub fn begin(&self, kind: JobKind, work: impl FnOnce(Sink) -> Work) -> Job {
        let mut began = None;
        let mut answer = None;
        self.state.send_if_modified(|state| {
            if let Some(running) = state.job.as_ref().filter(|job| job.is_running()) {
                answer = Some(running.clone());
                return false;
            }
            state.last_id += 1;
            state.past.extend(state.job.take());
            if state.past.len() > REMEMBERED {
                state.past.pop_front();
            }
            state.cancel = CancellationToken::new();
            let job = Job::begin(state.last_id, kind, now());
            state.job = Some(job.clone());
            began = Some((job, state.cancel.clone()));
            true
        });
        let Some((job, cancel)) = began else {
            // `send_if_modified` sets one of the two.
            return answer.unwrap_or_else(|| Job::begin(0, kind, now()));
        };
        tracing::info!(job = job.id, kind = ?kind, "job began");
        let state = self.state.clone();
        let sink: Sink = Arc::new(move |progress| {
            state.send_modify(|state| {
                if let Some(job) = &mut state.job {
                    job.apply(progress);
                }
            });
        });
        let work = work(sink);
        let state = self.state.clone();
        self.tasks.spawn(async move {
            // The work runs as a task of its own so that a panic in it ends the job, not the process.
            let mut task = tokio::spawn(work);
            let result = tokio::select! {
                joined = &mut task => joined.unwrap_or_else(|panic| Err(internal(&panic))),
                () = cancel.cancelled() => {
                    task.abort();
                    let _ = task.await;
                    Err(StackError::Cancelled)
                }
            };
            state.send_modify(|state| {
                if let Some(job) = &mut state.job {
                    finish(job, result);
                }
            });
        });
        job
    }

    /// Asks the running job to stop where it is.
    pub fn cancel(&self) {
        self.state.borrow().cancel.cancel();
    }

    /// The running job, or the one that ended last.
    pub fn current(&self) -> Option<Job> {
        self.state.borrow().job.clone()
    }

    /// Resolves at every change of the job, at once for one that was not seen yet.
    pub fn changes(&self) -> JobChanges {
        JobChanges(self.state.subscribe())
    }

    /// Waits until the job of that id has ended.
    pub async fn ended(&self, id: u32) -> Option<Job> {
        let mut changes = self.state.subscribe();
        let state = changes
            .wait_for(|state| state.job.as_ref().is_none_or(|job| job.id != id || !job.is_running()))
            .await
            .ok()?;
        let known = state.past.iter().chain(&state.job).find(|job| job.id == id);
        known.or(state.job.as_ref()).cloned()
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
    /// The next change. Never resolves after the jobs are gone.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
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

fn internal(panic: &tokio::task::JoinError) -> StackError {
    let id = format!("{:x}", now().unix_milliseconds());
    tracing::error!(id, error = %panic, "the work of a job panicked");
    StackError::Internal { id }
}

#[cfg(test)]
mod tests {
    use monitor_core::{job::Phase, service::Service};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_request_gets_the_running_job() {
        let jobs = Jobs::default();
        let (finish, finished) = oneshot::channel::<()>();
        let first =
            jobs.begin(JobKind::Up, |_| Box::pin(async move { finished.await.map_err(|_| StackError::Cancelled) }));
        let second = jobs.begin(JobKind::Down, |_| Box::pin(async { panic!("this work must not run") }));
        assert_eq!(second, first);
        assert_eq!(finish.send(()), Ok(()));
        let ended = jobs.ended(first.id).await.expect("the job is known");
        assert_eq!(ended.state, JobState::Done);
        let third = jobs.begin(JobKind::Down, |_| Box::pin(async { Ok(()) }));
        assert_eq!(third.id, first.id + 1);
        assert_eq!(jobs.ended(first.id).await, Some(ended), "the first is still told of");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn progress_is_kept_and_cancelling_ends_the_work() {
        let jobs = Jobs::default();
        let job = jobs.begin(JobKind::Up, |report| {
            Box::pin(async move {
                report(Progress::Step { service: Service::Loki, phase: Phase::Starting });
                std::future::pending().await
            })
        });
        let mut changes = jobs.changes();
        while jobs.current().is_some_and(|job| job.steps.is_empty()) {
            changes.next().await;
        }
        jobs.shut_down().await;
        let ended = jobs.ended(job.id).await.expect("the job is known");
        assert_eq!((ended.state, ended.error), (JobState::Cancelled, Some(StackError::Cancelled)));
        assert_eq!(ended.steps[0].phase, Phase::Starting);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_in_the_work_ends_the_job_and_not_the_process() {
        let jobs = Jobs::default();
        let job = jobs.begin(JobKind::Up, |_| Box::pin(async { panic!("on purpose") }));
        let ended = jobs.ended(job.id).await.expect("the job is known");
        assert!(matches!(ended.error, Some(StackError::Internal { .. })));
    }
}
