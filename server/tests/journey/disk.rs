//! A tiny file system of its own: a disk that can be full or read-only.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A mounted tmpfs. It is unmounted when this is dropped.
pub struct Disk {
    pub path: PathBuf,
}

impl Disk {
    /// Mounts one on a new folder at that path.
    pub fn mount(path: &Path, options: &str) -> Disk {
        std::fs::create_dir_all(path).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(path));
        Disk { path: path.to_owned() }
    }

    /// From now on nothing can be written.
    pub fn make_read_only(&self) {
        run(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.path));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.path).status().ok();
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
