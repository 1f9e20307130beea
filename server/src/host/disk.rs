//! Free disk space and write access of folders.

use std::path::Path;

use rustix::{
    fs::{Access, access, statvfs},
    io::Errno,
};

/// Bytes that are available to unprivileged users on the folder's disk. `None` if that is unknown.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Why this user can't write to the folder, or can't create it if it is missing. The text is the system's. Writes nothing.
pub fn write_obstacle(folder: &Path) -> Option<String> {
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if folder.is_dir() => None,
        Ok(()) => Some("it is not a folder".into()),
        Err(Errno::NOENT) => {
            let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty())?;
            write_obstacle(parent).map(|obstacle| {
                if obstacle.contains('`') {
                    obstacle
                } else {
                    format!("it is missing and can't be created in `{}`: {obstacle}", parent.display())
                }
            })
        }
        Err(error) => Some(std::io::Error::from(error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_exists_or_can_be_created_is_writable_and_a_file_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(write_obstacle(folder.path()), None);
        assert_eq!(write_obstacle(&folder.path().join("a/b")), None);
        let file = folder.path().join("file");
        std::fs::write(&file, "x").expect("a file");
        assert!(write_obstacle(&file).is_some());
        assert!(write_obstacle(&file.join("a")).is_some());
        assert!(free_bytes(folder.path()).is_some_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(&folder.path().join("missing")), None);
    }
}
