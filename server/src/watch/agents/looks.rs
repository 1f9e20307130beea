//! Which containers are agents, which of them are being looked at, and what is still to be learnt of whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use monitor_core::agents::AgentContainer;
use tokio::time::Instant;

use super::{Agents, News};
use crate::agents::AgentFileCache;

/// How many containers' files are looked at at a time. Nobody waits for them, and an agent at work is not to be disturbed.
const LEARNING_AT_A_TIME: usize = 2;

/// The containers by id, and the looks that are under way.
#[derive(Default)]
pub(super) struct Looks {
    containers: BTreeMap<String, AgentContainer>,
    /// Ids that are being looked at; `true` where something happened since the look began.
    under_way: BTreeMap<String, bool>,
    /// The same for the collector.
    collector: Option<bool>,
    pub(super) knows_collector: bool,
    /// When everybody was seen for the first time.
    pub(super) listed_at: Option<Instant>,
    /// What happened while everybody was looked at is newer than that list.
    since_listing: BTreeSet<String>,
    to_learn: VecDeque<String>,
    pub(super) learning: usize,
}

impl Looks {
    pub(super) fn containers(&self) -> impl Iterator<Item = &AgentContainer> {
        self.containers.values()
    }

    pub(super) fn container(&mut self, id: &str) -> Option<&mut AgentContainer> {
        self.containers.get_mut(id)
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        self.containers.contains_key(id)
    }

    pub(super) fn ids(&self) -> BTreeSet<&str> {
        self.containers.keys().map(String::as_str).collect()
    }

    /// Everybody was looked at.
    pub(super) fn everybody(&mut self, found: Vec<AgentContainer>) {
        self.listed_at = Some(Instant::now());
        let since = std::mem::take(&mut self.since_listing);
        for container in found.into_iter().filter(|container| !since.contains(&container.id)) {
            self.to_learn.push_back(container.id.clone());
            self.containers.insert(container.id.clone(), container);
        }
    }

    /// That container is gone. `true` if it was an agent's.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.happened(id);
        self.containers.remove(id).is_some()
    }

    /// A look at that container ended; `true` if something happened meanwhile, so that it is out of date.
    pub(super) fn done(&mut self, id: &str) -> bool {
        self.under_way.remove(id).unwrap_or_default()
    }

    pub(super) fn collector_done(&mut self) -> bool {
        self.collector.take().unwrap_or_default()
    }

    /// Takes in what a look has found. `true` if that changes anything.
    pub(super) fn set(&mut self, id: &str, found: Option<AgentContainer>, agent_files: &AgentFileCache) -> bool {
        let Some(mut container) = found else { return self.containers.remove(id).is_some() };
        if !agent_files.fill_in(&mut container) {
            self.to_learn.push_back(id.to_owned());
        }
        let before = self.containers.insert(id.to_owned(), container);
        before.as_ref() != self.containers.get(id)
    }

    /// Marks looks that are under way as out of date.
    fn happened(&mut self, id: &str) {
        if let Some(again) = self.under_way.get_mut(id) {
            *again = true;
        }
        if self.listed_at.is_none() {
            self.since_listing.insert(id.to_owned());
        }
    }
}

impl Agents<'_> {
    /// Looks at all containers. Once for each connection to the Engine.
    pub(super) fn look_at_everybody(&mut self) {
        let engine = self.panel.installation.engine.as_ref();
        self.at_work.push(Box::pin(async move { News::Everybody(engine.agents().await) }));
        self.look_at_collector();
    }

    /// Looks at one container, once more where a look is under way already.
    pub(super) fn look_at(&mut self, id: &str) {
        self.looks.happened(id);
        if self.looks.under_way.contains_key(id) {
            return;
        }
        self.looks.under_way.insert(id.to_owned(), false);
        let (engine, id) = (self.panel.installation.engine.as_ref(), id.to_owned());
        self.at_work.push(Box::pin(async move {
            let found = engine.agent(&id).await;
            News::One(id, Box::new(found))
        }));
    }

    /// Looks at the collector, once more where a look is under way already.
    pub(super) fn look_at_collector(&mut self) {
        if let Some(again) = &mut self.looks.collector {
            *again = true;
            return;
        }
        self.looks.collector = Some(false);
        let engine = self.panel.installation.engine.as_ref();
        self.at_work.push(Box::pin(async move { News::Collector(engine.collector().await) }));
    }

    /// Looks at the files of whoever is due.
    pub(super) fn learn(&mut self) {
        while self.looks.learning < LEARNING_AT_A_TIME
            && let Some(id) = self.looks.to_learn.pop_front()
        {
            let Some(container) = self.looks.containers.get(&id) else { continue };
            if self.panel.agent_files.fill_in(&mut container.clone()) {
                continue;
            }
            self.looks.learning += 1;
            let (engine, agent_files, container) =
                (self.panel.installation.engine.as_ref(), self.panel.agent_files.clone(), container.clone());
            self.at_work.push(Box::pin(async move {
                let outcome = agent_files.load(engine, &container).await;
                News::Learnt(id, outcome)
            }));
        }
    }
}
