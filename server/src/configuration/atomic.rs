//! Writing files so that a reader, or a crash, sees the old contents or the new, never half of each.

use std::{
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Readable by all: the services run as users of their own.
const MODE: u32 = 0o644;

/// Replaces or creates the file. A symbolic link is followed, and an existing file keeps its mode.
pub(super) fn write(path: &Path, contents: &str) -> io::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mode = std::fs::metadata(&target).map_or(MODE, |found| found.permissions().mode());
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents.as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(&target).map(drop).map_err(|error| error.error)
}

/// Copies the file to the first free of `NAME.bak`, `NAME.bak2`, … beside it, and answers with that name.
pub(super) fn back_up(path: &Path) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for count in 1.. {
        let backup = if count == 1 { format!("{name}.bak") } else { format!("{name}.bak{count}") };
        let target: PathBuf = path.with_file_name(&backup);
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(mut file) => {
                let copied =
                    std::fs::read(path).and_then(|contents| file.write_all(&contents)).and_then(|()| file.sync_all());
                if copied.is_err() {
                    let _ = std::fs::remove_file(&target);
                }
                return copied.map(|()| backup);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
