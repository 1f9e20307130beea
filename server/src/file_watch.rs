//! Hears of changes to settings and generated files, whoever makes them: an editor, another process, a person with `rm`.
//! Knows folders, not what is in them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::sleep,
};

/// One save is several events; they are heard as one.
const BURST: Duration = Duration::from_millis(50);

/// A watch over folders, until it is dropped.
pub struct FileWatch {
    task: JoinHandle<()>,
}

impl FileWatch {
    /// Rings `news` after anything in these folders changed. A folder that does not exist yet is noticed when it does.
    pub fn start<const COUNT: usize>(folders: [PathBuf; COUNT], news: Arc<Notify>) -> notify::Result<FileWatch> {
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
                news.notify_one();
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

    #[tokio::test(flavor = "multi_thread")]
    async fn files_and_folders_that_come_and_go_are_heard_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let monitor = folder.path().join("data/monitor");
        let news = Arc::new(Notify::new());
        let _watch = FileWatch::start([monitor.clone()], Arc::clone(&news)).expect("a watch");
        let heard = async |what: &str| {
            timeout(Duration::from_secs(10), news.notified())
                .await
                .unwrap_or_else(|_| panic!("{what} was not heard of"));
        };
        fs::create_dir(folder.path().join("data")).expect("a folder");
        heard("a folder above").await;
        fs::create_dir(&monitor).expect("a folder");
        heard("the folder").await;
        fs::write(monitor.join("compose.yaml"), "a").expect("a file");
        heard("a file").await;
        fs::remove_dir_all(&monitor).expect("no folder");
        heard("its removal").await;
    }
}
