//! The store: one SQLite file with one writer, whose answer comes after the commit.
//!
//! **Invariant:** what `append` has accepted is on disk, once, whatever happens to the process or the machine afterwards.
//! A request that is sent again is recognized, also after a crash.

mod codec;
mod counted;
mod eraser;
mod group;
mod known;
mod open;
mod reader;
mod retention;
mod rollups;
mod schema;
mod selection;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
};

use tokio::sync::{oneshot, watch};

pub use counted::{Counted, prefer};
pub use eraser::Eraser;
pub use open::{Holder, OpenError, holder};
pub use reader::{EventPlace, ManagedSettings, Reader, Seen, Statistics, Step, StoredEvent, Total, Window};
/// What reading the file returns: SQLite's errors.
pub use rusqlite::{Error as ReadError, Result as ReadResult};
pub use selection::{Amount, Selection};

use self::writer::{Job, Writer};
use crate::{Clock, Nanoseconds, mapping::Rules, records::Batch};

/// How many requests may wait for the writer.
const QUEUE: usize = 512;

/// How a store works.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Reads the time.
    pub clock: Clock,
    /// How long events and spans are kept, in nanoseconds; `None` for ever.
    pub keep_events: Option<Nanoseconds>,
    /// How long metrics are kept, in nanoseconds; `None` for ever.
    pub keep_metrics: Option<Nanoseconds>,
    /// The most bytes that the file may use; the oldest data is deleted beyond that.
    pub max_bytes: Option<u64>,
    /// Whether the account of the user is kept.
    pub keep_account: bool,
    /// Whether spans are kept.
    pub keep_spans: bool,
    /// Whether this receiver ends when the ports are needed. Told to other processes by `holder`.
    pub makes_way: bool,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appended {
    /// Records that were stored.
    pub stored: u64,
    /// Records that were already there.
    pub repeated: u64,
}

/// Why a batch was not stored. The sender may try again in each case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Too many requests wait.
    #[error("the receiver is busy")]
    Busy,
    /// The file can't be written. Holds SQLite's words.
    #[error("the data can't be written: {0}")]
    Disk(String),
    /// The receiver stops.
    #[error("the receiver is stopping")]
    Closed,
}

/// The handle of the store. When it is dropped, what waits is written and the file is closed.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    options: Options,
    set_aside: Option<PathBuf>,
    queue: Option<SyncSender<Job>>,
    commits: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the file for writing, and creates it if there is none. A corrupt file is renamed, and a new one begun.
    ///
    /// # Errors
    /// Why the file can't be used.
    pub fn open(path: &Path, options: Options) -> Result<Store, OpenError> {
        let opened = open::open(path, (options.clock)(), options.makes_way)?;
        let set_aside = opened.set_aside.clone();
        let (queue, jobs) = sync_channel(QUEUE);
        let (committed, commits) = watch::channel(0);
        let writer = Writer::new(path.to_owned(), opened, options, committed);
        let thread = std::thread::Builder::new().name("telemetry-writer".into()).spawn(move || writer.run(&jobs));
        let thread =
            thread.map_err(|error| OpenError::Unusable { path: path.to_owned(), detail: error.to_string() })?;
        Ok(Store { path: path.to_owned(), options, set_aside, queue: Some(queue), commits, thread: Some(thread) })
    }

    /// Where a corrupt file was moved to when the store was opened.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// The rules for mapping a request that arrives now.
    pub fn rules(&self) -> Rules {
        let now = (self.options.clock)();
        let keep = match (self.options.keep_events, self.options.keep_metrics) {
            (Some(events), Some(metrics)) => Some(events.max(metrics)),
            _ => None,
        };
        Rules {
            now,
            oldest: keep.map_or(0, |keep| now.saturating_sub(keep)),
            keep_account: self.options.keep_account,
            keep_spans: self.options.keep_spans,
        }
    }

    /// Stores a batch. Returns once it is on disk.
    ///
    /// # Errors
    /// Why it is not. Nothing of it is stored then.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        if batch.is_empty() {
            return Ok(Appended::default());
        }
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        queue.try_send(Job { batch, reply }).map_err(|error| match error {
            TrySendError::Full(_) => AppendError::Busy,
            TrySendError::Disconnected(_) => AppendError::Closed,
        })?;
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Changes after every commit.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    /// A reader of what is stored, with a connection of its own.
    ///
    /// # Errors
    /// Why the file can't be read.
    pub fn reader(&self) -> Result<Reader, OpenError> {
        Reader::open(&self.path)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was already printed.
            let _ = thread.join();
        }
    }
}
