//! Notices changes to settings and generated files by other programs: editors, other processes, `rm`. Knows folders, not
//! their contents.

use std::{path::Path, time::Duration};

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
        watch_all(&mut watcher, &configuration)?;
        let task = tokio::spawn(async move {
            while receiver.recv().await.is_some() {
                sleep(BURST).await;
                while receiver.try_recv().is_ok() {}
                if let Err(error) = watch_all(&mut watcher, &configuration) {
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
/// removed or replaced, and links may lead elsewhere. Watching a folder twice has no effect. One that does not answer is
/// left out.
fn watch_all(watcher: &mut RecommendedWatcher, configuration: &Configuration) -> notify::Result<()> {
    for folder in configuration.watched_folders() {
        let ancestors = folder.clone();
        let present = move || ancestors.ancestors().find(|folder| Path::is_dir(folder)).map(Path::to_owned);
        if let Ok(Some(present)) = configuration.file_access().within(&folder, present) {
            watcher.watch(&present, RecursiveMode::NonRecursive)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use tokio::time::timeout;

    use super::*;
    use crate::paths::Paths;

    /// A configuration whose files are watched.
    struct Watched {
        configuration: Configuration,
        _watch: FileWatch,
    }

    impl Watched {
        fn start(home: &Path) -> Watched {
            let paths =
                Paths { settings_file: home.join("config/settings.yaml"), directory: home.join("data/monitor") };
            let configuration = Configuration::new(paths, "/var/run/docker.sock".into());
            let watch = FileWatch::start(configuration.clone()).expect("a watch");
            Watched { configuration, _watch: watch }
        }

        /// Waits until the last change is noticed. The folders are watched anew before that is told, so the next change is
        /// seen in any case.
        async fn notices(&self, what: &str) {
            let changed = timeout(Duration::from_secs(10), self.configuration.changed());
            changed.await.unwrap_or_else(|_| panic!("{what} was not noticed"));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn created_and_removed_files_and_folders_are_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let monitor = folder.path().join("data/monitor");
        let watched = Watched::start(folder.path());
        let noticed = async |what: &str| watched.notices(what).await;
        fs::create_dir(folder.path().join("data")).expect("a folder");
        noticed("a parent folder").await;
        fs::create_dir(&monitor).expect("a folder");
        noticed("the folder").await;
        fs::write(monitor.join("compose.yaml"), "a").expect("a file");
        noticed("a file").await;
        fs::remove_dir_all(&monitor).expect("the folder is removed");
        noticed("its removal").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_settings_file_that_is_a_link_is_watched_where_it_leads() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for created in ["config", "dotfiles/clawker", "elsewhere"] {
            fs::create_dir_all(at(created)).expect("a folder");
        }
        fs::write(at("dotfiles/clawker/settings.yaml"), "monitoring: {}\n").expect("a file");
        fs::write(at("elsewhere/settings.yaml"), "monitoring: {}\n").expect("a file");
        // A link to a link, as dotfiles have it.
        symlink("clawker/settings.yaml", at("dotfiles/settings.yaml")).expect("a link");
        symlink("../dotfiles/settings.yaml", at("config/settings.yaml")).expect("a link");
        let watched = Watched::start(folder.path());
        let noticed = async |what: &str| watched.notices(what).await;
        fs::write(at("dotfiles/clawker/settings.yaml"), "monitoring: {loki_port: 3101}\n").expect("a file");
        noticed("a change of the target").await;
        fs::write(at("new"), "monitoring: {loki_port: 3102}\n").expect("a file");
        fs::rename(at("new"), at("dotfiles/clawker/settings.yaml")).expect("it is replaced, as editors do");
        noticed("another file in place of the target").await;
        fs::remove_file(at("dotfiles/settings.yaml")).expect("it is removed");
        symlink("../elsewhere/settings.yaml", at("dotfiles/settings.yaml")).expect("a link");
        noticed("a link that leads elsewhere").await;
        fs::write(at("elsewhere/settings.yaml"), "monitoring: {loki_port: 3103}\n").expect("a file");
        noticed("a change of the new target").await;
    }
}
