//! Writes files atomically: readers and crashes see either the old contents or the new, never a mixture. A disk that hangs
//! is given up after a time; what it had begun is still either old or new.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::NamedTempFile;

use super::write_points::{carried, kill_point, write_point};
use crate::file_access::{FileAccess, read_regular};

/// Readable by all users, because the services run as different ones.
const NEW_FILE_MODE: u32 = 0o644;
/// For files and folders that nobody else may read.
const PRIVATE_FILE_MODE: u32 = 0o600;
const PRIVATE_FOLDER_MODE: u32 = 0o700;
/// The same limit as in Linux.
const MAX_LINKS: usize = 40;
/// What the names of unfinished files begin and end with.
const UNFINISHED: (&str, &str) = (".clawker-monitor-", ".tmp");
/// Unfinished files that are older than this belong to a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(60);
/// Larger files are not copied, in bytes.
const LARGEST_BACKUP: u64 = 16 << 20;

/// Runs work that changes files beside this one, and gives it up in time.
pub(super) fn in_time<T: Send + 'static>(
    files: &FileAccess,
    path: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let own = path.to_owned();
    files.writing_within(path.parent().unwrap_or(path), carried(move || work(&own)))?
}

/// Replaces or creates a file. Symbolic links are followed, even if the target does not exist yet. An existing file keeps its
/// mode and, if this user may set them, its owner and group.
pub(super) fn write(files: &FileAccess, path: &Path, contents: &[u8]) -> io::Result<()> {
    let contents = contents.to_owned();
    in_time(files, path, move |path| write_now(path, &contents, NEW_FILE_MODE))
}

/// The same, but only the owner can read a new file.
pub(super) fn write_private(files: &FileAccess, path: &Path, contents: &[u8]) -> io::Result<()> {
    let contents = contents.to_owned();
    in_time(files, path, move |path| write_now(path, &contents, PRIVATE_FILE_MODE))
}

fn write_now(path: &Path, contents: &[u8], new_file_mode: u32) -> io::Result<()> {
    let target = resolve_links(path)?;
    let mut file = unfinished_file(&target)?;
    write_point()?;
    file.write_all(contents)?;
    match fs::metadata(&target) {
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        Ok(found) => copy_metadata(file.as_file(), &found)?,
        Err(_) => file.as_file().set_permissions(Permissions::from_mode(new_file_mode))?,
    }
    file.as_file().sync_all()?;
    write_point()?;
    file.persist(&target).map_err(|error| error.error)?;
    kill_point();
    Ok(())
}

/// Removes a file.
pub(super) fn remove(files: &FileAccess, path: &Path) -> io::Result<()> {
    in_time(files, path, |path| {
        kill_point();
        fs::remove_file(path)?;
        kill_point();
        Ok(())
    })
}

/// Creates a folder and its parents, if they do not exist.
pub(super) fn create_folder(files: &FileAccess, path: &Path) -> io::Result<()> {
    in_time(files, path, |path| fs::create_dir_all(path))
}

/// The same, but only the owner can use a new folder.
pub(super) fn create_private_folder(files: &FileAccess, path: &Path) -> io::Result<()> {
    in_time(files, path, |path| fs::DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER_MODE).create(path))
}

/// Where a path leads if symbolic links are followed; the target may be missing.
pub(super) fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    links(path).map(|mut links| links.pop().unwrap_or_else(|| path.to_owned()))
}

/// The path, what it links to, what that links to, and so on. The last one is no link.
pub(super) fn links(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![path.to_owned()];
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(found),
        }
        found.push(target.clone());
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A new file beside the target, which is removed when it is dropped. A killed process leaves it behind.
fn unfinished_file(target: &Path) -> io::Result<NamedTempFile> {
    write_point()?;
    let folder = target.parent().ok_or(ErrorKind::InvalidInput)?;
    remove_left_behind(folder);
    tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder)
}

/// Removes the unfinished files of processes that were killed.
pub(super) fn remove_left_behind(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1));
        let is_old = || {
            let changed = entry.metadata().ok().filter(fs::Metadata::is_file)?.modified().ok()?;
            changed.elapsed().ok().filter(|age| *age > LEFT_BEHIND)
        };
        if is_ours && is_old().is_some() {
            // Another process may have been faster.
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// Sets the owner first, because changing it clears bits of the mode.
fn copy_metadata(file: &File, original: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (original.uid(), original.gid()) {
        // Only root can change the owner. Other users can set a group they belong to.
        let _ = fchown(file, Some(original.uid()), Some(original.gid()))
            .or_else(|_| fchown(file, None, Some(original.gid())));
    }
    file.set_permissions(Permissions::from_mode(original.mode() & 0o7777))
}

/// Copies the file to the first free name of `NAME.bak`, `NAME.bak2`, … in the same folder, and returns that name.
pub(super) fn back_up(files: &FileAccess, path: &Path) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    in_time(files, path, move |path| {
        copy_to_free_name(
            path,
            1,
            |count| if count == 1 { format!("{name}.bak") } else { format!("{name}.bak{count}") },
        )
    })
}

/// Copies the file to the first free name of `STEM.bak`, `STEM-2.bak`, … in the same folder from that number on, and returns
/// that name. For work that is `in_time`.
pub(super) fn back_up_as(path: &Path, stem: &str, first: u32) -> io::Result<String> {
    copy_to_free_name(
        path,
        first,
        |count| if count == 1 { format!("{stem}.bak") } else { format!("{stem}-{count}.bak") },
    )
}

fn copy_to_free_name(path: &Path, first: u32, name: impl Fn(u32) -> String) -> io::Result<String> {
    let contents = read_regular(path, LARGEST_BACKUP)?.ok_or(ErrorKind::NotFound)?;
    let mut copy = unfinished_file(path)?;
    copy_metadata(copy.as_file(), &fs::metadata(path)?)?;
    write_point()?;
    copy.write_all(&contents)?;
    copy.as_file().sync_all()?;
    for count in first.. {
        let backup = name(count);
        write_point()?;
        // Under its name, it is complete.
        match copy.persist_noclobber(path.with_file_name(&backup)) {
            Ok(_) => {
                kill_point();
                return Ok(backup);
            }
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => copy = refused.file,
            Err(refused) => return Err(refused.error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
