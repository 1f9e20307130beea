//! Waits for the lock for work on the stack. A process that does the same is followed; one that does something else is
//! waited for, if asked to.

use std::time::Duration;

use monitor_core::{
    error::StackError,
    job::{Job, JobState},
};
use tokio::time::sleep;

use super::{LockOptions, progress::ProgressDisplay};
use crate::{
    background::in_background,
    configuration::Configuration,
    work::Request,
    work_lock::{Attempt, HeldLock, Record, WorkLock},
};

/// The time between two looks at the lock's file.
const INTERVAL: Duration = Duration::from_millis(100);

/// How the wait ended.
pub(super) enum Turn {
    /// The lock is ours.
    Ours(HeldLock),
    /// Another process has done the same, and this is how its job ended.
    Followed(Box<Job>),
}

/// Waits for the lock, or for the end of the same job in another process. A job that was canceled or killed has no result;
/// then it is our turn.
pub(super) async fn wait_for_turn(
    configuration: &Configuration,
    request: &Request,
    options: LockOptions,
    display: &ProgressDisplay,
) -> Result<Turn, StackError> {
    let mut noted: Option<Job> = None;
    loop {
        let record = match request.lock(configuration).await? {
            Attempt::Acquired(lock) => return Ok(Turn::Ours(lock)),
            Attempt::Busy(record) => record,
        };
        let busy = record.job.busy_error();
        let is_same = record.request == request.words;
        if !is_same && !options.wait {
            return Err(busy);
        }
        if noted.as_ref().is_none_or(|noted| !noted.is_same(&record.job)) {
            let what = if is_same { "following" } else { "waiting" };
            display.note(&format!("{what}: {busy}"));
            noted = Some(record.job.clone());
        }
        if is_same && let Some(job) = follow(configuration.work_lock(), *record, display).await {
            return Ok(Turn::Followed(Box::new(job)));
        }
        sleep(INTERVAL).await;
    }
}

/// Shows the job's progress until it ends. `None` if it has no result.
async fn follow(lock: &WorkLock, record: Record, display: &ProgressDisplay) -> Option<Job> {
    let mut shown =
        Job { steps: Vec::new(), pulls: Vec::new(), files: Vec::new(), warnings: Vec::new(), ..record.job.clone() };
    let mut job = record.job;
    loop {
        display.show_changes(&shown, &job);
        match job.state {
            JobState::Running => {}
            JobState::Done | JobState::Failed => return Some(job),
            JobState::Cancelled => return None,
        }
        sleep(INTERVAL).await;
        shown = job;
        let lock = lock.clone();
        let read = in_background(move || lock.read()).await?;
        // The next process may have the lock already.
        job = std::iter::once(read.job).chain(read.previous).find(|job| job.is_same(&shown))?;
    }
}
