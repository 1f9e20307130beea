//! Notices changes to settings and generated files, whatever makes them: an editor, another process, `rm`. Knows folders,
//! not what is in them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

use crate::configuration::Configuration;

/// One save is several events; they are heard as one.
const BURST: Duration = Duration::from_millis(50);

/// A watch over folders, until it is dropped.
pub struct FileWatch {
    task: JoinHandle<()>,
}

impl FileWatch {
    /// Reports to `configuration` that something in its folders changed. A folder may be created later.
    pub fn start(configuration: Configuration) -> notify::Result<FileWatch> {
        let folders = configuration.folders();
        let (heard, mut hearing) = mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| changes_something(event.kind)) {
                // Nobody hears once the task is gone; the watcher ends with it.
                let _ = heard.send(());
            }
        })?;
        watch_all(&mut watcher, &folders)?;
        let task = tokio::spawn(async move {
            while hearing.recv().await.is_some() {
                sleep(BURST).await;
                while hearing.try_recv().is_ok() {}
                if let Err(error) = watch_all(&mut watcher, &folders) {
                    tracing::warn!(%error, "a folder can no longer be watched");
                }
                configuration.notify_changed();
            }
        });
        Ok(FileWatch { task })
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reading is no change; the panel itself reads.
fn changes_something(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Watches each folder, or the nearest one above it that exists. Done again after every change, since a folder may have
/// come, gone, or been replaced by another of its name; watching what is watched already changes nothing.
fn watch_all(watcher: &mut RecommendedWatcher, folders: &[PathBuf]) -> notify::Result<()> {
    for folder in folders {
        if let Some(present) = folder.ancestors().find(|folder| Path::is_dir(folder)) {
            watcher.watch(present, RecursiveMode::NonRecursive)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::time::timeout;

    use super::*;
    use crate::paths::Paths;

    #[tokio::test(flavor = "multi_thread")]
    async fn files_and_folders_that_come_and_go_are_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let monitor = folder.path().join("data/monitor");
        let paths = Paths { settings_file: folder.path().join("config/settings.yaml"), directory: monitor.clone() };
        let configuration = Configuration::new(paths, "/var/run/docker.sock".into());
        let _watch = FileWatch::start(configuration.clone()).expect("a watch");
        let noticed = async |what: &str| {
            timeout(Duration::from_secs(10), configuration.changed())
                .await
                .unwrap_or_else(|_| panic!("{what} was not noticed"));
        };
        fs::create_dir(folder.path().join("data")).expect("a folder");
        noticed("a parent folder").await;
        fs::create_dir(&monitor).expect("a folder");
        noticed("the folder").await;
        fs::write(monitor.join("compose.yaml"), "a").expect("a file");
        noticed("a file").await;
        fs::remove_dir_all(&monitor).expect("the folder is removed");
        noticed("its removal").await;
    }
}
