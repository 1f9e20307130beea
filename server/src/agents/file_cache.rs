//! What files say about an agent: those in its container, and Clawker's on this machine. Reading them is slow, so it is
//! done once for each run of a container, again when its page is loaded, and now and then while somebody looks; lists do
//! not wait for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use monitor_core::{
    agents::{AgentContainer, ClawkerVariables, owner_in_variables},
    error::StackError,
    timestamp::Timestamp,
};

use tokio::time::{Instant, timeout};

use super::clawker_files;
use crate::{background::in_background, engine::AgentFiles, installation::Installation};

/// How long reading the files in one container may take: some hundred requests to the Engine, each of some milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How old what was read may become while somebody looks.
const MAX_AGE: Duration = Duration::from_secs(60);

/// The files that were read so far, by container. Clones share them.
#[derive(Debug, Clone)]
pub struct AgentFileCache {
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
    max_age: Duration,
}

impl Default for AgentFileCache {
    fn default() -> Self {
        AgentFileCache::with_max_age(MAX_AGE)
    }
}

#[derive(Debug)]
struct Entry {
    /// When that run of the container started: in the next one, Claude Code may have another version.
    run: Option<Timestamp>,
    files: AgentFiles,
    clawker: ClawkerVariables,
    /// When they were last read, or were to be.
    read_at: Instant,
}

impl AgentFileCache {
    /// An empty cache that wants files to be read again after this time.
    pub fn with_max_age(max_age: Duration) -> AgentFileCache {
        AgentFileCache { entries: Arc::default(), max_age }
    }

    /// The one of these containers whose files were read longest ago, if that is too long. It counts as read from now on,
    /// so that one that cannot be read does not hold up the others.
    pub fn take_oldest<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Option<String> {
        let mut entries = self.entries();
        let read_at = |id: &&str| entries.get(*id).map(|entry| entry.read_at);
        let oldest = ids.filter(|id| read_at(id).is_some_and(|at| at.elapsed() >= self.max_age)).min_by_key(read_at)?;
        entries.get_mut(oldest)?.read_at = Instant::now();
        Some(oldest.to_owned())
    }

    /// Adds what is cached. `false` if the files of this run were not read yet.
    pub fn fill_in(&self, container: &mut AgentContainer) -> bool {
        let entries = self.entries();
        let Some(known) = entries.get(&container.id) else { return false };
        container.claude_version.clone_from(&known.files.claude_version);
        container.settings_files.clone_from(&known.files.settings);
        container.clawker.clone_from(&known.clawker);
        container.files_read = true;
        if !container.managed {
            let owner = owner_in_variables(container);
            container.project = owner.project;
            container.agent = owner.agent.unwrap_or_default();
        }
        known.run == container.started_at
    }

    /// Reads the files.
    pub async fn load(&self, installation: &Installation, container: &AgentContainer) -> Result<(), StackError> {
        let files = timeout(PATIENCE, installation.engine.agent_files(&container.id)).await;
        let files = files.map_err(|_| StackError::File {
            path: container.container.clone(),
            verb: "read".to_owned(),
            detail: format!("its files were not read within {} s", PATIENCE.as_secs()),
        })??;
        let clawker = if container.managed {
            let folders = installation.configuration.clawker_folders();
            let access = installation.configuration.file_access().clone();
            let workdir = container.workdir.clone();
            in_background(move || clawker_files::variables(&access, workdir.as_deref(), &folders)).await
        } else {
            ClawkerVariables::default()
        };
        let entry = Entry { run: container.started_at, files, clawker, read_at: Instant::now() };
        self.entries().insert(container.id.clone(), entry);
        Ok(())
    }

    /// Reads the files, and adds what they say. What was read earlier stays if that fails.
    pub async fn load_and_fill_in(
        &self,
        installation: &Installation,
        container: &mut AgentContainer,
    ) -> Result<(), StackError> {
        let loaded = self.load(installation, container).await;
        self.fill_in(container);
        loaded
    }

    /// Removes all containers except these.
    pub fn retain(&self, ids: &BTreeSet<&str>) {
        self.entries().retain(|id, _| ids.contains(id.as_str()));
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let (files, clawker) = (AgentFiles::default(), ClawkerVariables::default());
        Entry { run: None, files, clawker, read_at: Instant::now() }
    }

    #[test]
    fn containers_take_turns_and_those_that_were_never_read_have_none() {
        let cache = AgentFileCache::with_max_age(Duration::ZERO);
        for id in ["b", "a"] {
            cache.entries().insert(id.to_owned(), entry());
            std::thread::sleep(Duration::from_millis(1));
        }
        let turns: Vec<Option<String>> = (0..4)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(1));
                cache.take_oldest(["a", "b", "new"].into_iter())
            })
            .collect();
        assert_eq!(turns, ["b", "a", "b", "a"].map(|id| Some(id.to_owned())));
        assert_eq!(cache.take_oldest(["new"].into_iter()), None);
        let fresh = AgentFileCache::default();
        fresh.entries().insert("a".to_owned(), entry());
        assert_eq!(fresh.take_oldest(["a"].into_iter()), None, "it was read a moment ago");
    }
}
