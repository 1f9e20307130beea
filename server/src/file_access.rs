//! Reads files that anybody may have put there, or that are on a disk that does not answer. Only regular files are opened,
//! and only up to a size that is checked first: a pipe would wait for its other end, and a device may never end.
//!
//! **Invariant:** nobody waits longer than `PATIENCE`, or `WRITING_PATIENCE`. What hangs in the kernel can't be interrupted, so it keeps a thread
//! of its own; until it returns, no further one is started for the same folder.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::fs::OFlags;

/// How long reading in a folder may take.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long writing in a folder may take. Data is flushed to the disk, for which a busy one needs seconds.
pub const WRITING_PATIENCE: Duration = Duration::from_secs(20);

/// Access to files. Clones share what is known about folders that do not answer.
#[derive(Debug, Clone)]
pub struct FileAccess {
    patience: Duration,
    writing_patience: Duration,
    /// How many operations in a folder take longer than that.
    overdue: Arc<Mutex<BTreeMap<PathBuf, usize>>>,
}

impl Default for FileAccess {
    fn default() -> FileAccess {
        FileAccess { patience: PATIENCE, writing_patience: WRITING_PATIENCE, overdue: Arc::default() }
    }
}

impl FileAccess {
    /// The same with other limits on time, for tests.
    #[must_use]
    pub fn with_patience(patience: Duration, writing_patience: Duration) -> FileAccess {
        FileAccess { patience, writing_patience, ..FileAccess::default() }
    }

    /// The contents of a regular file. `None` if there is nothing at the path.
    ///
    /// # Errors
    /// As for `read_regular`, and `TimedOut` if its folder does not answer.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let file = path.to_owned();
        self.within(path.parent().unwrap_or(path), move || read_regular(&file, limit))?
    }

    /// The result of work on the files in this folder.
    ///
    /// # Errors
    /// `TimedOut` if there is none in time, and at once while earlier work in the folder is overdue.
    pub fn within<T: Send + 'static>(&self, folder: &Path, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        self.wait(folder, self.patience, work)
    }

    /// The same for work that changes files in this folder. What is given up may still be done later.
    ///
    /// # Errors
    /// As for `within`.
    pub fn writing_within<T: Send + 'static>(
        &self,
        folder: &Path,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        self.wait(folder, self.writing_patience, work)
    }

    /// Whether earlier work in the folder is overdue.
    pub fn is_overdue(&self, folder: &Path) -> bool {
        self.overdue().contains_key(folder)
    }

    fn wait<T: Send + 'static>(
        &self,
        folder: &Path,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        if self.is_overdue(folder) {
            return Err(silence());
        }
        let (sender, receiver) = mpsc::channel();
        let operation =
            Operation { folder: folder.to_owned(), overdue: Arc::clone(&self.overdue), state: Arc::default() };
        let state = Arc::clone(&operation.state);
        thread::Builder::new().name("files".to_owned()).spawn(move || {
            // Dropped at the end, also if the work panics.
            let _operation = operation;
            sender.send(work()).ok();
        })?;
        match receiver.recv_timeout(patience) {
            Ok(done) => Ok(done),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(io::Error::other("reading it failed")),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let mut overdue = self.overdue();
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if *state == State::Running {
                    *state = State::Overdue;
                    *overdue.entry(folder.to_owned()).or_default() += 1;
                }
                Err(no_answer(patience))
            }
        }
    }

    fn overdue(&self) -> MutexGuard<'_, BTreeMap<PathBuf, usize>> {
        self.overdue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error for a folder in which earlier work is overdue.
pub fn silence() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "its disk does not answer")
}

fn no_answer(patience: Duration) -> io::Error {
    let message = format!("its disk did not answer within {} s", patience.as_secs_f32());
    io::Error::new(ErrorKind::TimedOut, message)
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Running,
    Overdue,
    Ended,
}

/// Work that has a thread.
struct Operation {
    folder: PathBuf,
    overdue: Arc<Mutex<BTreeMap<PathBuf, usize>>>,
    state: Arc<Mutex<State>>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        let mut overdue = self.overdue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == State::Overdue
            && let Some(count) = overdue.get_mut(&self.folder)
        {
            *count -= 1;
            if *count == 0 {
                overdue.remove(&self.folder);
            }
        }
        *state = State::Ended;
    }
}

/// The contents of a regular file. `None` if there is nothing at the path.
///
/// # Errors
/// `IsADirectory`; `InvalidInput` for what is no regular file; `FileTooLarge`, without reading it; and the system's.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = open_regular(path)? else { return Ok(None) };
    let size = file.metadata()?.len();
    let mut bytes = Vec::new();
    if size <= limit {
        // It may grow, and files in `/proc` have no size.
        file.take(limit + 1).read_to_end(&mut bytes)?;
    }
    if size > limit || bytes.len() as u64 > limit {
        let size = size.max(bytes.len() as u64);
        let message = format!("it is too large: {size} bytes, and the limit is {} MiB", limit >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(Some(bytes))
}

/// The same for a file in a folder in which others write: symbolic links that lead out of `root` are not followed.
///
/// # Errors
/// As for `read_regular`, and `InvalidInput` for such a link.
pub fn read_inside(root: &Path, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !real.starts_with(root.canonicalize()?) {
        let message = format!("it is a link that leads out of `{}`", root.display());
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    read_regular(&real, limit)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Opens a regular file for reading, without waiting. `None` if there is nothing at the path.
///
/// # Errors
/// As for `read_regular`.
pub fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let missing = |error: io::Error| if is_missing(&error) { Ok(None) } else { Err(error) };
    // Before it is opened, which has effects on some devices.
    match path.metadata() {
        Ok(metadata) => check_regular(&metadata)?,
        Err(error) => return missing(error),
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) => return missing(error),
    };
    // It may have been replaced since.
    check_regular(&file.metadata()?)?;
    Ok(Some(file))
}

fn check_regular(metadata: &std::fs::Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("it is not a regular file but {what}")))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, time::Instant};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn why(path: &Path) -> String {
        FileAccess::default().read(path, 1 << 20).expect_err("it is not read").to_string()
    }

    #[test]
    fn only_regular_files_within_the_limit_are_read_and_nothing_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").expect("a file");
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        symlink(at("pipe"), at("link-to-pipe")).expect("a link");
        symlink("/dev/zero", at("link-to-device")).expect("a link");
        symlink(at("nowhere"), at("link-to-nothing")).expect("a link");
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        fs::File::create(at("huge")).and_then(|file| file.set_len(1_500_000_000)).expect("a file with a hole");

        let began = Instant::now();
        let read = |name: &str| FileAccess::default().read(&at(name), 1 << 20).expect("an answer");
        assert_eq!(read("file").as_deref(), Some(&b"text"[..]));
        assert_eq!((read("missing"), read("file/below"), read("link-to-nothing")), (None, None, None));
        assert_eq!(why(&at("pipe")), "it is not a regular file but a pipe");
        assert_eq!(why(&at("link-to-pipe")), "it is not a regular file but a pipe");
        assert_eq!(why(&at("link-to-device")), "it is not a regular file but a device");
        assert_eq!(why(&at("socket")), "it is not a regular file but a socket");
        assert_eq!(why(&at("huge")), "it is too large: 1500000000 bytes, and the limit is 1 MiB");
        assert!(FileAccess::default().read(folder.path(), 1).is_err_and(|it| it.kind() == ErrorKind::IsADirectory));
        assert!(FileAccess::default().read(&at("file"), 3).is_err_and(|it| it.kind() == ErrorKind::FileTooLarge));
        assert!(began.elapsed() < PATIENCE, "something waited");
    }

    #[test]
    fn a_folder_that_hangs_is_waited_for_once_and_asked_again_when_it_answers() {
        let access = FileAccess { patience: Duration::from_millis(50), ..FileAccess::default() };
        let (release, wait) = mpsc::channel::<()>();
        let slow = access.within(Path::new("/slow"), move || wait.recv().is_ok());
        assert!(slow.is_err_and(|error| error.kind() == ErrorKind::TimedOut));
        let began = Instant::now();
        for _ in 0..100 {
            assert!(access.within(Path::new("/slow"), || ()).is_err(), "no thread is added");
        }
        assert!(access.within(Path::new("/other"), || ()).is_ok(), "another folder is not concerned");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        release.send(()).expect("it still waits");
        while access.within(Path::new("/slow"), || ()).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "it answers again");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn work_that_panics_is_an_error() {
        let failed = FileAccess::default().within::<()>(Path::new("/"), || panic!("on purpose"));
        assert!(failed.is_err());
    }
}
