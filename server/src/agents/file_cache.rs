//! What files say about an agent: those in its container, and its project's file on this machine. Reading them is slow,
//! so it is done once for each run of a container, and pages do not wait for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use monitor_core::{
    agents::{AgentContainer, agent_env},
    error::StackError,
    timestamp::Timestamp,
};

use crate::{
    background::in_background,
    engine::{AgentFiles, ContainerEngine},
};

/// The largest project file that is read.
const LIMIT_BYTES: u64 = 1 << 20;

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
    agent_env: Vec<String>,
}

impl AgentFileCache {
    /// Adds what is cached. `false` if the files of this run were not read yet.
    pub fn fill_in(&self, container: &mut AgentContainer) -> bool {
        let entries = self.entries();
        let Some(known) = entries.get(&container.id) else { return false };
        container.claude_version.clone_from(&known.files.claude_version);
        container.managed_settings.clone_from(&known.files.managed_settings);
        container.agent_env.clone_from(&known.agent_env);
        known.run == container.started_at
    }

    /// Reads the files.
    pub async fn load(&self, engine: &dyn ContainerEngine, container: &AgentContainer) -> Result<(), StackError> {
        let files = engine.agent_files(&container.id).await?;
        let workdir = container.workdir.clone().filter(|_| container.managed);
        let agent_env =
            in_background(move || workdir.map(|folder| project_variables(Path::new(&folder))).unwrap_or_default())
                .await;
        let entry = Entry { run: container.started_at, files, agent_env };
        self.entries().insert(container.id.clone(), entry);
        Ok(())
    }

    /// Adds what the files say, and reads them first if that was not done yet.
    pub async fn load_and_fill_in(
        &self,
        engine: &dyn ContainerEngine,
        container: &mut AgentContainer,
    ) -> Result<(), StackError> {
        if !self.fill_in(container) {
            self.load(engine, container).await?;
            self.fill_in(container);
        }
        Ok(())
    }

    /// Removes all containers except these.
    pub fn retain(&self, ids: &BTreeSet<&str>) {
        self.entries().retain(|id, _| ids.contains(id.as_str()));
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The telemetry variables that the project in that folder sets for its agents, in Clawker's order: later ones win. If
/// there is a folder `.clawker`, Clawker reads nothing else (Clawker v0.8.0).
fn project_variables(folder: &Path) -> Vec<String> {
    if !folder.is_absolute() {
        return Vec::new();
    }
    let own = folder.join(".clawker");
    let files = if own.is_dir() {
        [own.join("clawker.yaml"), own.join("clawker.local.yaml")]
    } else {
        [folder.join(".clawker.yaml"), folder.join(".clawker.local.yaml")]
    };
    let small = |path: &Path| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LIMIT_BYTES);
    let texts = files.iter().filter(|path| small(path)).filter_map(|path| fs::read_to_string(path).ok());
    texts.flat_map(|text| agent_env(&text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "agent:\n  env:\n    OTEL_LOGS_EXPORTER: none\n    API_KEY: hush\n";

    #[test]
    fn the_clawker_folder_replaces_the_file_and_the_local_file_overrides_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it is written");
        assert!(project_variables(folder.path()).is_empty());
        write(".clawker.yaml", FILE);
        write(".clawker.local.yaml", "agent: {env: {OTEL_LOGS_EXPORTER: otlp}}");
        assert_eq!(project_variables(folder.path()), ["OTEL_LOGS_EXPORTER=none", "OTEL_LOGS_EXPORTER=otlp"]);
        fs::create_dir(folder.path().join(".clawker")).expect("a folder");
        assert!(project_variables(folder.path()).is_empty());
        write(".clawker/clawker.yaml", FILE);
        assert_eq!(project_variables(folder.path()), ["OTEL_LOGS_EXPORTER=none"]);
        assert!(project_variables(Path::new("relative")).is_empty());
    }
}
