//! The agents' containers, pending inspections, and the files that are still to be read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use monitor_core::{agents::AgentContainer, timestamp::Timestamp};
use tokio::time::Instant;

use super::{AgentUpdate, AgentWatch};
use crate::agents::AgentFileCache;

/// Low, because reading files is not urgent and must not slow down running agents; but a few slow ones must not make the
/// others wait.
const MAX_CONCURRENT_FILE_READS: usize = 4;

/// Containers by id, and pending inspections.
#[derive(Default)]
pub(super) struct Inspections {
    containers: BTreeMap<String, AgentContainer>,
    /// Ids of containers that are being inspected. `true` if the container has changed since, so that it has to be repeated.
    pending: BTreeMap<String, bool>,
    /// The same for the collector.
    pending_collector: Option<bool>,
    pub(super) collector_known: bool,
    /// When all containers were listed.
    pub(super) listed_at: Option<Instant>,
    /// Containers that changed while they were being listed, so that the list is out of date for them.
    changed_since_listing: BTreeSet<String>,
    files_to_read: VecDeque<String>,
    /// Containers whose files are being read, and in which run of each.
    reading_files: BTreeMap<String, Option<Timestamp>>,
}

impl Inspections {
    pub(super) fn containers(&self) -> impl Iterator<Item = &AgentContainer> {
        self.containers.values()
    }

    /// Adds what was read from files since, for example for the page of an agent.
    pub(super) fn fill_in_files(&mut self, agent_files: &AgentFileCache) {
        for container in self.containers.values_mut() {
            agent_files.fill_in(container);
        }
    }

    pub(super) fn container_mut(&mut self, id: &str) -> Option<&mut AgentContainer> {
        self.containers.get_mut(id)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.containers.contains_key(id)
    }

    pub(super) fn ids(&self) -> BTreeSet<&str> {
        self.containers.keys().map(String::as_str).collect()
    }

    /// Sets the result of listing all agents.
    pub(super) fn set_all(&mut self, found: Vec<AgentContainer>) {
        self.listed_at = Some(Instant::now());
        let since = std::mem::take(&mut self.changed_since_listing);
        for container in found.into_iter().filter(|container| !since.contains(&container.id)) {
            self.files_to_read.push_back(container.id.clone());
            self.containers.insert(container.id.clone(), container);
        }
    }

    /// Removes a container. `true` if it was an agent's.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.mark_changed(id);
        self.containers.remove(id).is_some()
    }

    /// Ends an inspection. `true` if the container has changed in the meantime, so that it has to be repeated.
    pub(super) fn finish(&mut self, id: &str) -> bool {
        self.pending.remove(id).unwrap_or_default()
    }

    pub(super) fn finish_collector(&mut self) -> bool {
        self.pending_collector.take().unwrap_or_default()
    }

    /// Sets the result of an inspection. `true` if anything is different.
    pub(super) fn update(&mut self, id: &str, found: Option<AgentContainer>, agent_files: &AgentFileCache) -> bool {
        let Some(mut container) = found else { return self.containers.remove(id).is_some() };
        if !agent_files.fill_in(&mut container) {
            self.files_to_read.push_back(id.to_owned());
        }
        let before = self.containers.insert(id.to_owned(), container);
        before.as_ref() != self.containers.get(id)
    }

    /// Ends the reading of a container's files. They are read again if it has been started again in the meantime.
    pub(super) fn finish_reading(&mut self, id: &str) {
        let run = self.reading_files.remove(id);
        if let (Some(run), Some(container)) = (run, self.containers.get(id))
            && container.started_at != run
        {
            self.files_to_read.push_back(id.to_owned());
        }
    }

    /// Marks a pending inspection as out of date.
    fn mark_changed(&mut self, id: &str) {
        if let Some(again) = self.pending.get_mut(id) {
            *again = true;
        }
        if self.listed_at.is_none() {
            self.changed_since_listing.insert(id.to_owned());
        }
    }
}

impl AgentWatch<'_> {
    /// Lists all agents. Once for each connection to the Engine.
    pub(super) fn list_all(&mut self) {
        let engine = self.panel.installation.engine.as_ref();
        self.pending.push(Box::pin(async move { AgentUpdate::Listed(engine.agents().await) }));
        self.inspect_collector();
    }

    /// Inspects a container. If an inspection is pending, it is repeated when it ends.
    pub(super) fn inspect(&mut self, id: &str) {
        self.inspections.mark_changed(id);
        if self.inspections.pending.contains_key(id) {
            return;
        }
        self.inspections.pending.insert(id.to_owned(), false);
        let (engine, id) = (self.panel.installation.engine.as_ref(), id.to_owned());
        self.pending.push(Box::pin(async move {
            let found = engine.agent(&id).await;
            AgentUpdate::Inspected(id, Box::new(found))
        }));
    }

    /// Inspects the collector. If an inspection is pending, it is repeated when it ends.
    pub(super) fn inspect_collector(&mut self) {
        if let Some(again) = &mut self.inspections.pending_collector {
            *again = true;
            return;
        }
        self.inspections.pending_collector = Some(false);
        let engine = self.panel.installation.engine.as_ref();
        self.pending.push(Box::pin(async move { AgentUpdate::Collector(engine.collector().await) }));
    }

    /// Reads the files of containers that are queued for it.
    pub(super) fn read_files(&mut self) {
        while self.inspections.reading_files.len() < MAX_CONCURRENT_FILE_READS
            && let Some(id) = self.inspections.files_to_read.pop_front()
        {
            if self.inspections.reading_files.contains_key(&id) {
                continue;
            }
            let Some(container) = self.inspections.containers.get(&id) else { continue };
            if self.panel.agent_files.fill_in(&mut container.clone()) {
                continue;
            }
            self.start_reading(id);
        }
    }

    /// Reads the files of one running agent again, if they were read long ago: Docker does not tell when somebody edits
    /// `settings.json`. One at a time, each time that the stores are asked, which is while somebody looks.
    pub(super) fn read_files_again(&mut self) {
        if !self.inspections.reading_files.is_empty() || !self.inspections.files_to_read.is_empty() {
            return;
        }
        let running = self.inspections.containers().filter(|container| container.state.is_up());
        if let Some(id) = self.panel.agent_files.take_oldest(running.map(|container| container.id.as_str())) {
            self.start_reading(id);
        }
    }

    fn start_reading(&mut self, id: String) {
        if let Some(container) = self.inspections.containers.get(&id) {
            self.inspections.reading_files.insert(id.clone(), container.started_at);
            let (installation, agent_files, container) =
                (&self.panel.installation, self.panel.agent_files.clone(), container.clone());
            self.pending.push(Box::pin(async move {
                let outcome = agent_files.load(installation, &container).await;
                AgentUpdate::FilesRead(id, outcome)
            }));
        }
    }
}
