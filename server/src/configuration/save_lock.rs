//! The lock for changes to the settings file: whoever has it reads the file, changes it and replaces it, and nobody else
//! does so meanwhile, neither in this process nor in another one.
//!
//! The lock belongs to the folder of the file, and not to a file beside it: nothing is left behind, and two links to one
//! file have one lock. The kernel releases it, however a process ends.

use std::{
    fs::{File, TryLockError},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use monitor_core::error::StackError;

use crate::{file_access::FileAccess, paths::file_error};

/// How long another process is waited for. A change takes some milliseconds; a process that was stopped keeps the lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(2);

/// The lock of one settings file. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct SaveLock {
    threads: Arc<Mutex<()>>,
}

/// The lock, held until this is dropped.
pub(super) struct HeldSaveLock<'a> {
    // Dropped in this order: the other threads wait until other processes can have it.
    _folder: Option<File>,
    _thread: MutexGuard<'a, ()>,
}

impl SaveLock {
    /// Waits for the lock. Where a folder can't be locked, only the threads of this process are kept apart.
    ///
    /// # Errors
    /// Another process keeps the lock for longer than 10 s, or the disk does not answer.
    pub(super) fn acquire(&self, files: &FileAccess, folder: &Path) -> Result<HeldSaveLock<'_>, StackError> {
        let thread = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let own = folder.to_owned();
        let locked = files.writing_within(folder, move || lock_folder(&own));
        let folder = locked.map_err(|error| file_error(folder, "locked", &error))??;
        Ok(HeldSaveLock { _folder: folder, _thread: thread })
    }
}

fn lock_folder(path: &Path) -> Result<Option<File>, StackError> {
    let unlocked = |error: std::io::Error| {
        tracing::warn!(path = %path.display(), %error, "can't lock the folder; working without");
        Ok(None)
    };
    let folder = match File::open(path) {
        Ok(folder) => folder,
        Err(error) => return unlocked(error),
    };
    let began = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(StackError::LockHeld { path: path.display().to_string() }),
            Err(TryLockError::Error(error)) => return unlocked(error),
        }
    }
}
