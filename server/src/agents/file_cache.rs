//! What files say about an agent: those in its container, and Clawker's on this machine. Reading them is slow, so it is
//! done once for each run of a container and again when its page is loaded, and lists do not wait for it.

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

use tokio::time::timeout;

use super::clawker_files;
use crate::{background::in_background, engine::AgentFiles, installation::Installation};

/// How long reading the files in one container may take: some hundred requests to the Engine, each of some milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The files that were read so far, by container. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct AgentFileCache {
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
}

#[derive(Debug)]
struct Entry {
    /// When that run of the container started: in the next one, Claude Code may have another version.
    run: Option<Timestamp>,
    files: AgentFiles,
    clawker: ClawkerVariables,
}

impl AgentFileCache {
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
        let entry = Entry { run: container.started_at, files, clawker };
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
