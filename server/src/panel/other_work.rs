//! What another process does to the stack: read from the lock's file, and shown like a job of the panel.

use std::sync::{Mutex, MutexGuard, PoisonError};

use monitor_core::{job::Job, timestamp::Timestamp};

use super::Panel;
use crate::{background::in_background, clock::now};

/// The job of another process that runs, or that ended last since the panel was started.
pub struct OtherWork {
    known: Mutex<Known>,
}

struct Known {
    /// A job that ended before is not shown.
    since: Timestamp,
    job: Option<Job>,
}

impl Default for OtherWork {
    fn default() -> OtherWork {
        OtherWork { known: Mutex::new(Known { since: now(), job: None }) }
    }
}

impl OtherWork {
    /// The job to show: the one that runs, or else the later one.
    pub(super) fn or_own(&self, own: Option<Job>) -> Option<Job> {
        let other = self.known().job.clone();
        match (own, other) {
            (Some(own), Some(other))
                if !own.is_running() && (other.is_running() || other.started_at > own.started_at) =>
            {
                Some(other)
            }
            (own, other) => own.or(other),
        }
    }

    /// Remembers the job. Returns whether it is news.
    fn set(&self, job: Option<Job>) -> bool {
        let mut known = self.known();
        let changed = known.job != job;
        known.job = job;
        changed
    }

    /// Forgets jobs that have ended, whoever did them.
    pub(super) fn dismiss(&self) {
        let mut known = self.known();
        known.since = now();
        known.job.take_if(|job| !job.is_running());
    }

    /// Whether the job is worth showing: not one that ended before the panel was there to see it, or that was dismissed.
    fn concerns(&self, job: &Job) -> bool {
        let known = self.known();
        let is_known = known.job.as_ref().is_some_and(|known| known.is_same(job));
        job.is_running() || is_known || job.finished_at.is_some_and(|finished| finished > known.since)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Panel {
    /// Reads what another process does, and publishes it. Returns whether it is at work.
    pub(crate) async fn refresh_other_work(&self) -> bool {
        let lock = self.installation.configuration.work_lock().clone();
        let reader = lock.clone();
        let record = in_background(move || reader.read()).await;
        let is_held_here = lock.is_held_here();
        let is_own = |job: &Job| self.jobs.current().is_some_and(|own| own.started_at == job.started_at);
        let other = record.and_then(|record| {
            // While this process has the lock, only the job before may be another one's.
            let current = Some(record.job).filter(|_| !is_held_here);
            current.into_iter().chain(record.previous).find(|job| !is_own(job) && self.other_work.concerns(job))
        });
        let is_running = other.as_ref().is_some_and(Job::is_running);
        self.publish_other_work(other);
        is_running
    }

    pub(super) fn publish_other_work(&self, job: Option<Job>) {
        let ended = !job.as_ref().is_some_and(Job::is_running);
        if self.other_work.set(job) {
            self.publish_job();
            let configuration = &self.installation.configuration;
            if ended {
                // Its last changes may have come before this.
                configuration.notify_changed();
            } else {
                // It may need the ports.
                self.receiving.check();
                // The watch follows it from here on.
                configuration.work_lock().notify_changed();
            }
        }
    }
}
