//! The writer's thread: collects requests into groups, commits each group, and answers afterwards.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use super::{
    AppendError, Appended, Options,
    group::Group,
    known::Known,
    open::{self, Opened, is_corrupt},
    retention::Retention,
};
use crate::records::Batch;

/// How many records make a group complete.
const GROUP_ROWS: usize = 2000;
/// How long a group waits for others.
const GROUP_WAIT: Duration = Duration::from_millis(5);
/// How long the writer sleeps before it looks whether there is something to tidy up.
const IDLE: Duration = Duration::from_secs(1);

/// One request, and who waits for it.
#[derive(Debug)]
pub struct Job {
    pub batch: Batch,
    pub reply: oneshot::Sender<Result<Appended, AppendError>>,
}

#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: Opened,
    options: Options,
    known: Known,
    /// SQLite's `data_version` when `known` was last right. Another connection that deletes changes it.
    data_version: Option<i64>,
    retention: Retention,
    committed: watch::Sender<u64>,
    /// The last group could not be written, which the log already says.
    is_failing: bool,
}

impl Writer {
    pub fn new(path: PathBuf, file: Opened, options: Options, committed: watch::Sender<u64>) -> Writer {
        Writer {
            path,
            file,
            options,
            known: Known::default(),
            data_version: None,
            retention: Retention::default(),
            committed,
            is_failing: false,
        }
    }

    /// Works until nobody can send anything anymore.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        let mut had_company = false;
        loop {
            let first = match jobs.recv_timeout(IDLE) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.tidy(true);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let group = collect(first, jobs, had_company);
            had_company = group.len() > 1;
            // A sender whose request makes this program fail must not take the writer away from the others.
            let written = catch_unwind(AssertUnwindSafe(|| self.write(group)));
            if written.is_err() {
                self.roll_back();
            }
            self.tidy(false);
        }
        self.checkpoint();
    }

    fn write(&mut self, group: Vec<Job>) {
        match self.commit(&group) {
            Ok(appended) => {
                self.committed.send_modify(|count| *count += 1);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!(file = %self.path.display(), "telemetry is written again");
                }
                for (job, appended) in group.into_iter().zip(appended) {
                    // A sender that is gone will send again, and is recognized.
                    let _ = job.reply.send(Ok(appended));
                }
            }
            // One that SQLite does not take must not hold up the others.
            Err(error) if group.len() > 1 && !is_of_the_disk(&error) => {
                self.roll_back();
                group.into_iter().for_each(|job| self.write(vec![job]));
            }
            Err(error) => {
                let rolled_back = self.roll_back();
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(%error, file = %self.path.display(), "can't write telemetry; senders are told to try again");
                }
                if is_corrupt(&error) || !rolled_back || self.is_closed() {
                    self.reopen(is_corrupt(&error));
                }
                for job in group {
                    let _ = job.reply.send(Err(AppendError::Disk(error.to_string())));
                }
            }
        }
    }

    fn commit(&mut self, jobs: &[Job]) -> rusqlite::Result<Vec<Appended>> {
        let connection = &self.file.connection;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let version = connection.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0))?;
        if self.data_version.replace(version) != Some(version) {
            self.known = Known::default();
        }
        let mut group = Group::new(connection, &mut self.known, (self.options.clock)());
        let appended = jobs.iter().map(|job| group.add(&job.batch)).collect::<rusqlite::Result<Vec<_>>>()?;
        group.finish()?;
        connection.execute_batch("COMMIT")?;
        Ok(appended)
    }

    /// Ends the transaction, if there is one, and forgets the numbers that it gave. `false` if that fails.
    fn roll_back(&mut self) -> bool {
        self.known = Known::default();
        self.file.connection.is_autocommit() || self.file.connection.execute_batch("ROLLBACK").is_ok()
    }

    /// Whether opening the file again failed before.
    fn is_closed(&self) -> bool {
        self.file.connection.path().is_none_or(str::is_empty)
    }

    /// Opens the file again, or a new one if it is corrupt.
    fn reopen(&mut self, is_corrupt: bool) {
        match rusqlite::Connection::open_in_memory() {
            // Closes the old one. Nothing is accepted here, because it has no tables.
            Ok(nothing) => self.file.connection = nothing,
            Err(error) => return tracing::error!(%error, "can't close the telemetry file"),
        }
        match open::reconnect(&self.path, (self.options.clock)(), is_corrupt) {
            Ok((connection, set_aside)) => {
                self.file.connection = connection;
                if let Some(aside) = set_aside {
                    tracing::error!(file = %aside.display(), "the telemetry file was corrupt and has been set aside");
                }
            }
            // It is tried again when the next request fails.
            Err(error) => tracing::error!(%error, "can't open the telemetry file"),
        }
    }

    /// Deletes what is no longer kept, in steps short enough for senders not to notice.
    fn tidy(&mut self, is_idle: bool) {
        let step = self.retention.step(&self.file.connection, &self.options, is_idle);
        match step {
            Ok(false) => {}
            // Numbers of sessions and contexts may have been deleted.
            Ok(true) => self.known = Known::default(),
            Err(error) => {
                self.roll_back();
                tracing::warn!(%error, "can't delete old telemetry");
            }
        }
    }

    fn checkpoint(&self) {
        let done = self.file.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
        if let Err(error) = done {
            tracing::debug!(%error, "the telemetry file keeps its log");
        }
    }
}

/// Whether the file or its disk is the reason, and not what is written.
fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as E;
    !matches!(error.sqlite_error_code(), Some(E::ConstraintViolation | E::TypeMismatch | E::TooBig))
}

/// Takes what waits, up to a group. Only where others sent at the same time before, it waits for more.
fn collect(first: Job, jobs: &Receiver<Job>, had_company: bool) -> Vec<Job> {
    let begun = Instant::now();
    let mut rows = first.batch.len();
    let mut group = vec![first];
    while rows < GROUP_ROWS {
        let next = match jobs.try_recv() {
            Ok(job) => Some(job),
            Err(_) if had_company => jobs.recv_timeout(GROUP_WAIT.saturating_sub(begun.elapsed())).ok(),
            Err(_) => None,
        };
        let Some(job) = next else { break };
        rows += job.batch.len();
        group.push(job);
    }
    group
}
