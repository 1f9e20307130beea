//! Writes files atomically: readers and crashes see either the old contents or the new, never a mixture.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// Readable by all users, because the services run as different ones.
const NEW_FILE_MODE: u32 = 0o644;
/// The same limit as in Linux.
const MAX_LINKS: usize = 40;

/// Replaces or creates a file. Symbolic links are followed, even if the target does not exist yet. An existing file keeps its
/// mode and, if this user may set them, its owner and group.
pub(super) fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let target = resolve_links(path)?;
    let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    match fs::metadata(&target) {
        Ok(found) if !found.is_file() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) => copy_metadata(file.as_file(), &found)?,
        Err(_) => file.as_file().set_permissions(Permissions::from_mode(NEW_FILE_MODE))?,
    }
    file.as_file().sync_all()?;
    file.persist(&target).map(drop).map_err(|error| error.error)
}

fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
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
pub(super) fn back_up(path: &Path) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    copy_to_free_name(path, |count| if count == 1 { format!("{name}.bak") } else { format!("{name}.bak{count}") })
}

/// Copies the file to the first free name of `STEM.bak`, `STEM-2.bak`, … in the same folder, and returns that name.
pub(super) fn back_up_as(path: &Path, stem: &str) -> io::Result<String> {
    copy_to_free_name(path, |count| if count == 1 { format!("{stem}.bak") } else { format!("{stem}-{count}.bak") })
}

fn copy_to_free_name(path: &Path, name: impl Fn(u32) -> String) -> io::Result<String> {
    for count in 1.. {
        let backup = name(count);
        let target: PathBuf = path.with_file_name(&backup);
        match fs::OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(mut file) => {
                let copied = fs::metadata(path)
                    .and_then(|original| copy_metadata(&file, &original))
                    .and_then(|()| file.write_all(&fs::read(path)?))
                    .and_then(|()| file.sync_all());
                if copied.is_err() {
                    let _ = fs::remove_file(&target);
                }
                return copied.map(|()| backup);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
