//! The lock for work on one stack: a file in the monitor folder. A process holds it while its job runs, and writes the job
//! into it, so that others can see who works, follow, and learn how it ended.
//!
//! **Invariant:** the lock belongs to the open file. However a process ends, the kernel releases it, and what the file says
//! about a running job counts only while the lock is held.

#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, sleep},
    time::Duration,
};

use monitor_core::{
    error::StackError,
    job::{Job, JobState},
};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{
    file_access::{FileAccess, open_regular},
    paths::file_error,
};

/// The lock's file name in the monitor folder.
pub const FILE_NAME: &str = ".lock";
/// How much of the file is read. A record has some 2 kB.
const LONGEST_RECORD: u64 = 1 << 20;
/// How often a lock that is taken is tried. Once is not enough: a process that looks holds it for an instant, and one that
/// has just got it has not yet written what it does.
const ATTEMPTS: u32 = 20;
/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock of one monitor folder. Clones share it.
#[derive(Debug, Clone)]
pub struct WorkLock {
    path: PathBuf,
    access: FileAccess,
    /// How many locks this process holds: one or none.
    held: Arc<AtomicUsize>,
    changed: Arc<Notify>,
}

/// What the lock's file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What was asked for. Equal requests can share one job.
    pub request: String,
    /// The job that holds the lock, or held it last.
    pub job: Job,
    /// The job before it, for those who were following that one.
    pub previous: Option<Job>,
}

/// The result of trying to get the lock.
#[derive(Debug)]
pub enum Attempt {
    /// This process has the lock now.
    Acquired(HeldLock),
    /// Another one has it.
    Busy(Box<Record>),
}

impl WorkLock {
    /// The lock of this folder, which may not exist.
    pub fn new(directory: &Path) -> WorkLock {
        let path = directory.join(FILE_NAME);
        WorkLock { path, access: FileAccess::default(), held: Arc::default(), changed: Arc::default() }
    }

    /// The same with this access to files.
    #[must_use]
    pub fn with_access(self, access: FileAccess) -> WorkLock {
        WorkLock { access, ..self }
    }

    /// Tries to get the lock, for 400 ms at most.
    ///
    /// Where the lock can't be kept in a file (no folder, no permission, a file system without locks), work is not refused:
    /// then nothing is locked.
    ///
    /// # Errors
    /// Something else has locked the file, it can't be opened, or its disk does not answer.
    pub fn try_acquire(&self, request: &str) -> Result<Attempt, StackError> {
        let (lock, request) = (self.clone(), request.to_owned());
        self.access
            .writing_within(self.folder(), move || lock.try_acquire_now(&request))
            .map_err(|error| file_error(&self.path, "locked", &error))?
    }

    fn try_acquire_now(&self, request: &str) -> Result<Attempt, StackError> {
        let nothing_to_lock = || Attempt::Acquired(HeldLock::without_file());
        let Some((file, writable)) = self.open()? else { return Ok(nothing_to_lock()) };
        for attempt in 1..=ATTEMPTS {
            match file.try_lock() {
                Ok(()) => {
                    self.held.fetch_add(1, Ordering::SeqCst);
                    let previous = read_record(&file).map(|record| Box::new(record.job));
                    return Ok(Attempt::Acquired(HeldLock {
                        file: Some(Arc::new(file)),
                        folder: self.folder().to_owned(),
                        access: self.access.clone(),
                        writable,
                        request: request.to_owned(),
                        previous,
                        held: Arc::clone(&self.held),
                    }));
                }
                Err(TryLockError::WouldBlock) => {
                    let running = read_record(&file).filter(|record| record.job.is_running() && attempt > 1);
                    if let Some(record) = running {
                        return Ok(Attempt::Busy(Box::new(record)));
                    }
                    sleep(PAUSE);
                }
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(path = %self.path.display(), %error, "the file system can't lock; working without");
                    return Ok(nothing_to_lock());
                }
            }
        }
        Err(StackError::LockHeld { path: self.path.display().to_string() })
    }

    /// What the file says. A job that says it is running, but whose process has ended, counts as canceled. `None` if
    /// there is no file, or if it can't be read or understood.
    pub fn read(&self) -> Option<Record> {
        let lock = self.clone();
        self.access.within(self.folder(), move || lock.read_now()).ok().flatten()
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    fn read_now(&self) -> Option<Record> {
        let file = open_regular(&self.path).ok().flatten()?;
        // A record may be half written when it is read.
        let mut record = (0..3).find_map(|_| {
            read_record(&file).or_else(|| {
                sleep(Duration::from_millis(1));
                None
            })
        })?;
        if record.job.is_running() && !self.is_held_here() && file.try_lock_shared().is_ok() {
            // It may have ended by itself between the two.
            record = read_record(&file)?;
            if record.job.is_running() {
                record.job.state = JobState::Cancelled;
            }
        }
        Some(record)
    }

    /// Whether this process holds the lock.
    pub fn is_held_here(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Wakes the task that waits in `changed`: the file may have changed.
    pub fn notify_changed(&self) {
        self.changed.notify_one();
    }

    /// Resolves when the file may have changed since the last call. For one waiting task at a time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The open file and whether it can be written. `None` if there can be none.
    fn open(&self) -> Result<Option<(File, bool)>, StackError> {
        // Opening some devices has effects.
        if self.path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Ok(None);
        }
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path);
        let (opened, writable) = match opened {
            // Somebody else's file can still be locked.
            Err(error) if is_refused(&error) => (File::open(&self.path), false),
            opened => (opened, true),
        };
        match opened {
            Ok(file) if is_regular(&file) => Ok(Some((file, writable))),
            Ok(_) => Ok(None),
            Err(error)
                if is_refused(&error) || matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(file_error(&self.path, "opened", &error)),
        }
    }
}

/// The lock, held until this is dropped.
#[derive(Debug)]
pub struct HeldLock {
    /// `None` where there is nothing to lock.
    file: Option<Arc<File>>,
    folder: PathBuf,
    access: FileAccess,
    writable: bool,
    request: String,
    previous: Option<Box<Job>>,
    held: Arc<AtomicUsize>,
}

impl HeldLock {
    /// Locks nothing.
    pub fn without_file() -> HeldLock {
        HeldLock {
            file: None,
            folder: PathBuf::new(),
            access: FileAccess::default(),
            writable: false,
            request: String::new(),
            previous: None,
            held: Arc::default(),
        }
    }

    /// Writes the job into the file. Best effort: a full disk must not end the work, nor one that hangs.
    pub fn record(&self, job: &Job) {
        let Some(file) = self.file.as_ref().filter(|_| self.writable) else { return };
        let job = Job { process: Some(std::process::id()), ..job.clone() };
        let record = Record { request: self.request.clone(), job, previous: self.previous.as_deref().cloned() };
        let Ok(mut text) = serde_json::to_vec(&record) else { return };
        text.push(b'\n');
        // Written first and cut afterwards: readers take the first document in the file.
        let file = Arc::clone(file);
        let write = move || file.write_all_at(&text, 0).and_then(|()| file.set_len(text.len() as u64));
        if let Err(error) = self.access.within(&self.folder, write).flatten() {
            tracing::debug!(%error, "can't record the job in the lock's file");
        }
    }

    /// Gives the lock back without a job: the one that was recorded never began.
    pub fn withdraw(self) {
        if let Some(file) = self.file.clone().filter(|_| self.writable) {
            self.access.within(&self.folder, move || file.set_len(0)).ok();
        }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        if self.access.is_overdue(&self.folder) {
            // Closing a file may wait for its disk.
            thread::Builder::new().spawn(move || drop(file)).ok();
        } else {
            drop(file);
        }
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

fn is_refused(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull)
}

fn is_regular(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn read_record(mut file: &File) -> Option<Record> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(LONGEST_RECORD).read_to_end(&mut bytes).ok()?;
    serde_json::Deserializer::from_slice(&bytes).into_iter::<Record>().next()?.ok()
}
