//! Notices changes to settings and generated files by other programs: editors, other processes, `rm`. Knows folders, not
//! their contents.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

use crate::{configuration::Configuration, work_lock};

/// One save causes several events. Those within this time are reported once.
const BURST: Duration = Duration::from_millis(50);

/// Watches folders until it is dropped.
pub struct FileWatch {
    task: JoinHandle<()>,
}

impl FileWatch {
    /// Notifies `configuration` of changes in its folders. The folders don't have to exist yet.
    pub fn start(configuration: Configuration) -> notify::Result<FileWatch> {
        let folders = configuration.watched_folders();
        let work_lock = configuration.work_lock().clone();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if is_lock(&event) {
                work_lock.notify_changed();
            } else if is_change(event.kind) {
                // An error means that the task has ended. The watcher is dropped with it.
                let _ = sender.send(());
            }
        })?;
        watch_all(&mut watcher, &folders)?;
        let task = tokio::spawn(async move {
            while receiver.recv().await.is_some() {
                sleep(BURST).await;
                while receiver.try_recv().is_ok() {}
                if let Err(error) = watch_all(&mut watcher, &folders) {
                    tracing::warn!(%error, "can't watch a folder any longer");
                }
                configuration.notify_changed();
                // The lock's file may have come with its folder.
                configuration.work_lock().notify_changed();
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

/// The lock's file is written often during a job, and says nothing about the configuration.
fn is_lock(event: &Event) -> bool {
    is_change(event.kind)
        && !event.paths.is_empty()
        && event.paths.iter().all(|path| path.file_name().is_some_and(|name| name == work_lock::FILE_NAME))
}

/// Reading is not a change. The panel itself reads these files.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Watches each folder, or the nearest parent that exists. Called again after every change, because folders may be created,
/// removed or replaced. Watching a folder twice has no effect.
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
    async fn created_and_removed_files_and_folders_are_noticed() {
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
