//! Folders and the disks they lie on.

use std::path::Path;

use rustix::{
    fs::{Access, access, statvfs},
    io::Errno,
};

/// Bytes that are free to an ordinary user on the disk of that folder; `None` where that cannot be found out.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Why this user cannot write in that folder or, where it is missing, make it; in the system's words. Writes nothing.
pub fn obstacle_to_writing(folder: &Path) -> Option<String> {
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if folder.is_dir() => None,
        Ok(()) => Some("it is not a folder".into()),
        Err(Errno::NOENT) => {
            let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty())?;
            obstacle_to_writing(parent).map(|obstacle| match obstacle.contains('`') {
                true => obstacle,
                false => format!("it is missing, and `{}` does not let it be made: {obstacle}", parent.display()),
            })
        }
        Err(error) => Some(std::io::Error::from(error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_or_can_be_made_is_no_obstacle_and_a_file_in_the_way_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(obstacle_to_writing(folder.path()), None);
        assert_eq!(obstacle_to_writing(&folder.path().join("a/b")), None);
        let file = folder.path().join("file");
        std::fs::write(&file, "x").expect("a file");
        assert!(obstacle_to_writing(&file).is_some());
        assert!(obstacle_to_writing(&file.join("a")).is_some());
        assert!(free_bytes(folder.path()).is_some_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(&folder.path().join("missing")), None);
    }
}
