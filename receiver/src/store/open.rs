//! Opening the file: the lock, the version, and what becomes of a file that can't be used.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, APPLICATION_ID, VERSION};
use crate::Nanoseconds;

/// How long to wait for a reader that holds up a change of the file's form.
const BUSY: Duration = Duration::from_secs(5);
/// How long to wait until a receiver lets something be deleted.
const DELETING_BUSY: Duration = Duration::from_secs(30);
/// How large the log of changes may stay after a checkpoint, in bytes.
const LOG_BYTES: i64 = 16 << 20;
/// After how many pages of changes SQLite tries to move them into the file.
const CHECKPOINT_PAGES: i64 = 4000;

/// The most bytes of the lock's file that are read.
const LONGEST_HOLDER: usize = 256;

/// Why the file can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another receiver writes it.
    #[error("`{}` is in use by another receiver", .0.display())]
    InUse(PathBuf),
    /// It was written by a newer version.
    #[error("`{}` was written by a newer version of clawker-monitor (format {found}, this version reads up to {VERSION})", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in it.
        found: i64,
    },
    /// It is another program's database.
    #[error("`{}` is a database of another program", .0.display())]
    NotOurs(PathBuf),
    /// It can't be created, read or written.
    #[error("`{}` can't be opened: {detail}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's or SQLite's words.
        detail: String,
    },
}

/// An open file, and the lock that keeps others from writing it.
#[derive(Debug)]
pub struct Opened {
    pub connection: Connection,
    /// Released when it is dropped, and when the process ends in any way.
    _lock: File,
    /// Where a corrupt file was moved to.
    pub set_aside: Option<PathBuf>,
}

/// Opens the file for writing, creates it if there is none, and sets a corrupt one aside.
///
/// # Errors
/// Why it can't be used.
pub fn open(path: &Path, now: Nanoseconds, makes_way: bool) -> Result<Opened, OpenError> {
    let lock = lock(path)?;
    // Best effort: it is only told to others, and a full disk must not end anything here.
    let text = serde_json::json!({ "process": std::process::id(), "makes_way": makes_way }).to_string();
    let _ = lock.set_len(0).and_then(|()| lock.write_all_at(text.as_bytes(), 0));
    let (connection, set_aside) = reconnect(path, now, false)?;
    Ok(Opened { connection, _lock: lock, set_aside })
}

/// The same for a file whose lock is already held, and which no connection of this process writes. `is_known_corrupt` if
/// that was seen before. Also returns where a corrupt file was moved to.
///
/// # Errors
/// Why it can't be used.
pub fn reconnect(
    path: &Path,
    now: Nanoseconds,
    is_known_corrupt: bool,
) -> Result<(Connection, Option<PathBuf>), OpenError> {
    match if is_known_corrupt { Err(Failure::Corrupt) } else { connect(path) } {
        Ok(connection) => Ok((connection, None)),
        Err(Failure::Refused(error)) => Err(error),
        Err(Failure::Corrupt) => {
            let aside = set_aside(path, now).map_err(|error| unusable(path, &error))?;
            match connect(path) {
                Ok(connection) => Ok((connection, Some(aside))),
                Err(Failure::Refused(error)) => Err(error),
                Err(Failure::Corrupt) => Err(unusable(path, &"a new file is corrupt at once")),
            }
        }
    }
}

/// A lock of the operating system beside the file. The file itself can't be locked: SQLite has its own locks on it.
fn lock(path: &Path) -> Result<File, OpenError> {
    let beside = with_suffix(path, ".lock");
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder).map_err(|error| unusable(path, &error))?;
    }
    let file = create_private(&beside).map_err(|error| unusable(&beside, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(unusable(&beside, &error)),
    }
}

/// Opens a file, which is created for its owner alone: it holds prompts and addresses. SQLite gives its other files the
/// same mode.
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// The process that receives into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct Holder {
    /// Its number.
    pub process: u32,
    /// Whether it ends when the ports are needed.
    pub makes_way: bool,
}

/// Which process receives into this file right now; `None` if none does, or if that can't be seen.
pub fn holder(path: &Path) -> Option<Holder> {
    let file = File::open(with_suffix(path, ".lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        _ => return None,
    }
    let mut text = [0; LONGEST_HOLDER];
    let length = file.read_at(&mut text, 0).ok()?;
    serde_json::from_slice(&text[..length]).ok()
}

enum Failure {
    Corrupt,
    Refused(OpenError),
}

fn connect(path: &Path) -> Result<Connection, Failure> {
    let failed = |error: rusqlite::Error| {
        if is_corrupt(&error) { Failure::Corrupt } else { Failure::Refused(unusable(path, &error)) }
    };
    create_private(path).map_err(|error| Failure::Refused(unusable(path, &error)))?;
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let (version, application) = (number("user_version")?, number("application_id")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(Failure::Refused(OpenError::NotOurs(path.to_owned())));
    }
    if version > VERSION {
        return Err(Failure::Refused(OpenError::Newer { path: path.to_owned(), found: version }));
    }
    configure(&connection, tables == 0).map_err(failed)?;
    schema::migrate(&mut connection, version).map_err(failed)?;
    Ok(connection)
}

fn configure(connection: &Connection, is_new: bool) -> rusqlite::Result<()> {
    if is_new {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Durable before the sender has its answer. Costs one sync for each group of requests.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A connection that only reads, beside the writer's.
///
/// # Errors
/// Why it can't be read.
pub fn open_for_reading(path: &Path) -> Result<Connection, OpenError> {
    open_beside(path, OpenFlags::SQLITE_OPEN_READ_ONLY, BUSY)
}

/// A connection that deletes, beside the writer's.
///
/// # Errors
/// Why it can't be written.
pub fn open_for_deleting(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let connection = open_beside(path, OpenFlags::SQLITE_OPEN_READ_WRITE, DELETING_BUSY)?;
    if connection.is_readonly("main").map_err(failed)? {
        return Err(unusable(path, &"it is read-only"));
    }
    // What was deleted must not stay in free pages.
    for (name, value) in [("secure_delete", "ON"), ("synchronous", "FULL"), ("temp_store", "MEMORY")] {
        connection.pragma_update(None, name, value).map_err(failed)?;
    }
    Ok(connection)
}

fn open_beside(path: &Path, access: OpenFlags, patience: Duration) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    connection.busy_timeout(patience).map_err(failed)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let (version, application) = (number("user_version")?, number("application_id")?);
    match (application, version) {
        (APPLICATION_ID, VERSION) => Ok(connection),
        (APPLICATION_ID, found) if found > VERSION => Err(OpenError::Newer { path: path.to_owned(), found }),
        // The receiver that is about to write it brings it up to date.
        (APPLICATION_ID | 0, 0..VERSION) => Err(unusable(path, &"its receiver has not prepared it yet")),
        _ => Err(OpenError::NotOurs(path.to_owned())),
    }
}

/// Whether the file is not what SQLite wrote.
pub fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Renames the file and what belongs to it.
///
/// # Errors
/// Why it can't be renamed.
fn set_aside(path: &Path, now: Nanoseconds) -> io::Result<PathBuf> {
    let aside = with_suffix(path, &format!(".corrupt-{}", now / 1_000_000_000));
    for suffix in ["-wal", "-shm"] {
        match std::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
    OpenError::Unusable { path: path.to_owned(), detail: error.to_string() }
}
