//! The running panel: owns everything that pages, live streams and the watch work with. Built once, in `Panel::new`.
//!
//! Callers reach it only through `access`, which checks their permission.

mod actions;
mod agent_changes;
mod agent_events;
mod other_work;
mod streams;

use std::time::Duration;

use monitor_core::{
    error::StackError,
    job::{Job, JobKind},
    live::{ReceiverAddresses, Snapshot},
    stack::NETWORK,
    status::NetworkStatus,
};
use tokio::sync::Notify;

pub use self::other_work::OtherWork;
pub(crate) use self::streams::only_listed;
use crate::{
    agents::AgentFileCache,
    background::in_background,
    clock::now,
    hub::Hub,
    installation::Installation,
    jobs::{JobContext, Jobs, Work},
    lifecycle::ReadinessWait,
    receiving::ReceiverControl,
    refresh::Refresh,
    status,
    work::Request,
    work_lock::{Attempt, HeldLock},
};

/// How long the stores' answers count as fresh: a little longer than the interval at which the watch queries them.
const STORES_FRESH: Duration = Duration::from_secs(6);
/// How long services' answers count as fresh, so that quick reloads don't ask at each.
const READINESS_FRESH: Duration = Duration::from_secs(1);

/// How long the doctor's findings count as fresh without known changes, in seconds.
const CHECKUP_FRESH_SECONDS: u64 = 5;

/// One panel.
pub struct Panel {
    /// The outside world.
    pub installation: Installation,
    /// How long jobs wait for services.
    pub wait: ReadinessWait,
    /// The jobs of this process.
    pub jobs: Jobs,
    /// What another process does to the stack.
    pub other_work: OtherWork,
    /// What is known right now.
    pub hub: Hub,
    /// What files in agents' containers say.
    pub agent_files: AgentFileCache,
    /// Notified when the doctor's findings may be outdated.
    pub checkup_due: Notify,
    /// Requested when a page needs fresh answers from the stores.
    pub store_refresh: Refresh,
    /// Requested when a page needs to know whether the services are ready.
    pub readiness_refresh: Refresh,
    /// The receiver in this process.
    pub receiving: ReceiverControl,
}

impl Panel {
    /// A panel with what the files say, before the first request to the Engine. Reads a few small files.
    pub fn new(installation: Installation) -> Panel {
        let hub = Hub::new(first_snapshot(&installation));
        Panel {
            installation,
            wait: ReadinessWait::default(),
            jobs: Jobs::default(),
            other_work: OtherWork::default(),
            hub,
            agent_files: AgentFileCache::default(),
            checkup_due: Notify::new(),
            store_refresh: Refresh::new(STORES_FRESH),
            readiness_refresh: Refresh::new(READINESS_FRESH),
            receiving: ReceiverControl::default(),
        }
    }

    /// Starts a job and publishes it, so that the snapshot holds it before the request is answered. If a job is running, in
    /// this process or in another one, that one is returned instead.
    async fn start_job(&self, kind: JobKind, options: &str, work: impl FnOnce(JobContext) -> Work) -> Job {
        match self.lock_for(kind, options).await {
            Ok(lock) => self.start_holding(lock, kind, work),
            Err(NotLocked::Running(job)) => *job,
            Err(NotLocked::Failed(error)) => {
                self.start_holding(HeldLock::without_file(), kind, |_| Box::pin(async { Err(error) }))
            }
        }
    }

    fn start_holding(&self, lock: HeldLock, kind: JobKind, work: impl FnOnce(JobContext) -> Work) -> Job {
        let job = self.jobs.start_holding(lock, kind, work);
        self.publish_job();
        job
    }

    /// Gets the lock for work on the stack.
    async fn lock_for(&self, kind: JobKind, options: &str) -> Result<HeldLock, NotLocked> {
        let running = || self.jobs.current().filter(Job::is_running).map(|job| NotLocked::Running(Box::new(job)));
        if let Some(running) = running() {
            return Err(running);
        }
        let configuration = &self.installation.configuration;
        let request = Request::new(configuration, kind, options).await;
        match request.lock(configuration).await {
            Ok(Attempt::Acquired(lock)) => {
                self.receiving.stop_and_wait().await;
                Ok(lock)
            }
            // A request that came at the same time may have been faster.
            Ok(Attempt::Busy(record)) => Err(running().unwrap_or_else(|| {
                if !configuration.work_lock().is_held_here() {
                    self.publish_other_work(Some(record.job.clone()));
                }
                NotLocked::Running(Box::new(record.job))
            })),
            Err(error) => Err(running().unwrap_or(NotLocked::Failed(error))),
        }
    }

    /// Forgets how the last job ended.
    pub(crate) fn dismiss_job(&self) {
        self.other_work.dismiss();
        self.jobs.dismiss();
        self.publish_job();
    }

    /// Puts the current job into the snapshot. The only place that writes `Snapshot::job`.
    pub(crate) fn publish_job(&self) {
        // Read while the hub is locked, so that an older state never replaces a newer one.
        self.hub.update(|snapshot| snapshot.job = self.other_work.or_own(self.jobs.current()));
    }

    /// Publishes where this process receives, or that it does not.
    pub(crate) fn publish_receiver(&self, addresses: Option<ReceiverAddresses>) {
        self.hub.update(|snapshot| snapshot.receiver = addresses);
        self.installation.stores.notify_relocated();
        self.checkup_due.notify_one();
    }

    /// Waits for a job that takes only a moment, so that the caller sees it done, with or without JavaScript.
    async fn finish_job(&self, job: Job) -> Job {
        let ended = self.jobs.wait_for_end(job.id).await.unwrap_or(job);
        self.publish_job();
        self.refresh_configuration().await;
        ended
    }

    /// Reads settings and generated files, and publishes what they say: an editor may have changed them.
    pub(crate) async fn refresh_configuration(&self) {
        let configuration = self.installation.configuration.clone();
        let summary = in_background(move || configuration.summary()).await;
        self.refresh_other_work().await;
        let mut changed = false;
        self.hub.update(|snapshot| {
            changed = snapshot.configuration != summary;
            snapshot.configuration = summary;
            status::update_stack_state(snapshot);
        });
        if changed {
            self.installation.configuration.notify_changed();
        }
    }

    /// Requests a checkup if the last one is old, because ports in use and full disks cause no event.
    fn request_checkup(&self) {
        let snapshot = self.hub.snapshot();
        let age = snapshot.checkup.as_ref().map(|checkup| snapshot.taken_at.seconds_since(checkup.checked_at));
        if age.is_none_or(|seconds| seconds >= CHECKUP_FRESH_SECONDS) {
            self.checkup_due.notify_one();
        }
    }
}

/// Why the lock for work on the stack is not there.
enum NotLocked {
    /// This job has it.
    Running(Box<Job>),
    /// It could not be had.
    Failed(StackError),
}

/// The snapshot before the first request to the Engine.
fn first_snapshot(installation: &Installation) -> Snapshot {
    let configuration = &installation.configuration;
    let mut snapshot = Snapshot {
        configuration: configuration.summary(),
        network: NetworkStatus { name: NETWORK.into(), exists: false },
        services: status::unknown_services(&configuration.stack_to_look_at()),
        ..Snapshot::unknown(now())
    };
    status::update_stack_state(&mut snapshot);
    snapshot
}
