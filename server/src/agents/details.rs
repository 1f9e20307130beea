//! What a second look tells: files in an agent's container, and its project's file on this machine. Slower than the
//! first, so nobody waits for it, and it is taken once for each run of a container.

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

/// No project's file is larger.
const LIMIT_BYTES: u64 = 1 << 20;

/// What was learnt so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Details {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

#[derive(Debug)]
struct Known {
    /// Tells one run of the container from the next: Claude Code may be another version then.
    run: Option<Timestamp>,
    files: AgentFiles,
    agent_env: Vec<String>,
}

impl Details {
    /// Adds what is known of that container; `false` where there is more to learn.
    pub fn add_to(&self, container: &mut AgentContainer) -> bool {
        let known = self.known();
        let Some(known) = known.get(&container.id) else { return false };
        container.claude_version.clone_from(&known.files.claude_version);
        container.managed_settings.clone_from(&known.files.managed_settings);
        container.agent_env.clone_from(&known.agent_env);
        known.run == container.started_at
    }

    /// Looks, and remembers.
    pub async fn learn(&self, engine: &dyn ContainerEngine, container: &AgentContainer) -> Result<(), StackError> {
        let files = engine.agent_files(&container.id).await?;
        let workdir = container.workdir.clone().filter(|_| container.managed);
        let agent_env =
            in_background(move || workdir.map(|folder| set_in(Path::new(&folder))).unwrap_or_default()).await;
        let known = Known { run: container.started_at, files, agent_env };
        self.known().insert(container.id.clone(), known);
        Ok(())
    }

    /// Both at once, for whoever can wait.
    pub async fn complete(
        &self,
        engine: &dyn ContainerEngine,
        container: &mut AgentContainer,
    ) -> Result<(), StackError> {
        if !self.add_to(container) {
            self.learn(engine, container).await?;
            self.add_to(container);
        }
        Ok(())
    }

    /// Forgets all containers but these.
    pub fn keep(&self, ids: &BTreeSet<&str>) {
        self.known().retain(|id, _| ids.contains(id.as_str()));
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The telemetry variables that the project in that folder gives its agents. Where there is a folder `.clawker`, Clawker
/// looks nowhere else; its local file has the last word (Clawker v0.8.0, reference B.6).
fn set_in(folder: &Path) -> Vec<String> {
    if !folder.is_absolute() {
        return Vec::new();
    }
    let own = folder.join(".clawker");
    let files = match own.is_dir() {
        true => [own.join("clawker.yaml"), own.join("clawker.local.yaml")],
        false => [folder.join(".clawker.yaml"), folder.join(".clawker.local.yaml")],
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
    fn clawkers_own_folder_hides_the_file_beside_it_and_the_local_one_comes_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it is written");
        assert!(set_in(folder.path()).is_empty());
        write(".clawker.yaml", FILE);
        write(".clawker.local.yaml", "agent: {env: {OTEL_LOGS_EXPORTER: otlp}}");
        assert_eq!(set_in(folder.path()), ["OTEL_LOGS_EXPORTER=none", "OTEL_LOGS_EXPORTER=otlp"]);
        fs::create_dir(folder.path().join(".clawker")).expect("a folder");
        assert!(set_in(folder.path()).is_empty());
        write(".clawker/clawker.yaml", FILE);
        assert_eq!(set_in(folder.path()), ["OTEL_LOGS_EXPORTER=none"]);
        assert!(set_in(Path::new("relative")).is_empty());
    }
}
