//! Keeps the snapshot's agents up to date. An event causes an inspection of its container only. Verdicts are then computed
//! again for all agents, which needs no requests. The stores are queried only while pages are open.
//!
//! **Invariant:** an event causes at most one inspection of a container and one of the collector, however many agents there
//! are. Events during an inspection cause one more.

mod inspections;
mod store_polling;

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use monitor_core::{
    agents::{AgentContainer, AgentList, CollectorEvidence, StackEvidence, check_new_agents},
    error::StackError,
    service::Service,
    settings::Settings,
    stack::NETWORK,
    status::ContainerState,
    telemetry::{CollectorThen, Flow, LastSeen, Losses, event::RecentEvents},
    timestamp::Timestamp,
};
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use self::{inspections::Inspections, store_polling::StorePolling};
use super::{Watch, sleep_until};
use crate::{
    agents::all_agents,
    background::in_background,
    clock::now,
    engine::{ContainerAction, EngineEvent},
    panel::Panel,
    telemetry::NoAnswer,
};

const NOT_QUERIED: &str = "not queried yet";

/// Messages from the watch of the stack to that of the agents.
pub(super) enum AgentMessage {
    /// Something happened in the Engine.
    Event(EngineEvent),
    /// The services were observed, and the source of telemetry has their addresses.
    ServicesChanged,
    /// Files or settings may have changed.
    SettingsChanged,
}

/// The result of a request.
enum AgentUpdate {
    Listed(Result<Vec<AgentContainer>, StackError>),
    Inspected(String, Box<Result<Option<AgentContainer>, StackError>>),
    Collector(Result<CollectorEvidence, StackError>),
    FilesRead(String, Result<(), StackError>),
    LastSeen(Result<LastSeen, String>, Losses, CollectorHistory),
    RecentEvents(Result<Arc<RecentEvents>, NoAnswer>),
    Flow(Flow),
    Settings(Box<Settings>),
}

/// Whether a collector was running at the times that somebody has to know.
type CollectorHistory = Result<BTreeMap<Timestamp, CollectorThen>, NoAnswer>;

struct AgentWatch<'a> {
    panel: &'a Panel,
    pending: FuturesUnordered<BoxFuture<'a, AgentUpdate>>,
    inspections: Inspections,
    store_polling: StorePolling,
    settings: Settings,
    collector: CollectorEvidence,
    collector_then: CollectorHistory,
    last_seen: Result<LastSeen, String>,
    losses: Losses,
    recent_events: Arc<RecentEvents>,
    /// The published agents are out of date.
    outdated: bool,
    /// The stores have answered, but the result is not published yet.
    store_refresh_pending: bool,
}

impl Watch {
    /// Runs until the Engine becomes unreachable, and returns the error.
    pub(super) async fn watch_agents(
        &self,
        mut messages: UnboundedReceiver<AgentMessage>,
    ) -> Result<Infallible, StackError> {
        let mut readers = self.panel.hub.readers();
        let configuration = &self.panel.installation.configuration;
        let settings = configuration.read(|it| it.settings().unwrap_or_default()).await;
        let mut agents = AgentWatch::new(&self.panel, settings);
        agents.list_all();
        loop {
            let watched = *readers.borrow_and_update() > 0;
            if agents.store_polling.set_watched(watched) {
                agents.query_stores();
            }
            let (query_at, clear_flow_at) = (agents.store_polling.next_at, agents.store_polling.clear_flow_at);
            let publish_at = agents.publish_at();
            tokio::select! {
                // Messages and results come before publishing, so that a burst is published once.
                biased;
                Some(message) = messages.recv() => agents.handle(message),
                Some(update) = agents.pending.next() => agents.apply_update(update)?,
                // An error is impossible, because the hub outlives the watch.
                _ = readers.changed() => {}
                () = self.panel.store_refresh.requested() => agents.query_stores(),
                () = sleep_until(query_at) => agents.query_stores(),
                () = sleep_until(clear_flow_at) => agents.clear_flow(),
                () = sleep_until(publish_at) => agents.publish(),
            }
        }
    }
}

impl<'a> AgentWatch<'a> {
    fn new(panel: &'a Panel, settings: Settings) -> AgentWatch<'a> {
        AgentWatch {
            panel,
            pending: FuturesUnordered::new(),
            inspections: Inspections::default(),
            store_polling: StorePolling::default(),
            settings,
            collector: CollectorEvidence::default(),
            collector_then: Err(NOT_QUERIED.into()),
            last_seen: Err(NOT_QUERIED.into()),
            losses: Losses::default(),
            recent_events: Arc::default(),
            outdated: true,
            store_refresh_pending: false,
        }
    }

    fn handle(&mut self, message: AgentMessage) {
        match message {
            AgentMessage::Event(EngineEvent::Container { id, name, action }) => {
                self.handle_container_event(&id, &name, action)
            }
            AgentMessage::Event(EngineEvent::Network { name, container }) => match container {
                Some(id) if self.inspections.contains(&id) => self.inspect(&id),
                _ if name == NETWORK => self.inspect_collector(),
                _ => {}
            },
            AgentMessage::Event(EngineEvent::Volume | EngineEvent::Image) => {}
            AgentMessage::ServicesChanged => {
                let snapshot = self.panel.hub.snapshot();
                if self.store_polling.update_stores(&snapshot.services) {
                    self.query_stores();
                }
            }
            AgentMessage::SettingsChanged => {
                let configuration = self.panel.installation.configuration.clone();
                let read = in_background(move || configuration.settings().unwrap_or_default());
                self.pending.push(Box::pin(async { AgentUpdate::Settings(Box::new(read.await)) }));
            }
        }
    }

    fn handle_container_event(&mut self, id: &str, name: &str, action: ContainerAction) {
        // Includes health checks, which report all the time, and reading files from a container.
        if action == ContainerAction::Other {
            return;
        }
        if name.contains("otel-collector") || action == ContainerAction::Renamed {
            if action == ContainerAction::Died && self.collector.container.as_deref() == Some(name) {
                self.collector.running = false;
                self.outdated = true;
            }
            self.inspect_collector();
        }
        if Service::from_name(name).is_some() {
            return;
        }
        match action {
            // Applied at once, because the Engine's lists show it later.
            ContainerAction::Died => {
                if let Some(container) = self.inspections.container_mut(id) {
                    container.state = ContainerState::Exited;
                    container.finished_at = Some(now());
                    container.addresses.clear();
                    self.outdated = true;
                }
                self.inspect(id);
            }
            ContainerAction::Removed => {
                self.outdated |= self.inspections.remove(id);
                self.panel.agent_files.retain(&self.inspections.ids());
            }
            _ => self.inspect(id),
        }
    }

    fn apply_update(&mut self, update: AgentUpdate) -> Result<(), StackError> {
        match update {
            AgentUpdate::Listed(found) => {
                let mut found = found?;
                for container in &mut found {
                    self.panel.agent_files.fill_in(container);
                }
                self.inspections.set_all(found);
                self.panel.agent_files.retain(&self.inspections.ids());
                self.outdated = true;
                self.read_files();
            }
            AgentUpdate::Inspected(id, found) => {
                let again = self.inspections.finish(&id);
                match *found {
                    Ok(found) if !again => {
                        self.outdated |= self.inspections.update(&id, found, &self.panel.agent_files);
                        self.read_files();
                    }
                    Ok(_) => {}
                    Err(error) => ignore_unless_unreachable(error, "can't inspect an agent's container")?,
                }
                if again {
                    self.inspect(&id);
                }
            }
            AgentUpdate::Collector(found) => {
                match found {
                    Ok(found) => {
                        self.outdated |= self.collector != found || !self.inspections.collector_known;
                        self.collector = found;
                    }
                    Err(error) => ignore_unless_unreachable(error, "can't inspect the collector's container")?,
                }
                self.inspections.collector_known = true;
                if self.inspections.finish_collector() {
                    self.inspect_collector();
                }
            }
            AgentUpdate::FilesRead(id, outcome) => {
                self.inspections.finish_reading(&id);
                if let Err(error) = outcome {
                    ignore_unless_unreachable(error, "can't read files from an agent's container")?;
                }
                if let Some(container) = self.inspections.container_mut(&id) {
                    let before = container.clone();
                    self.panel.agent_files.fill_in(container);
                    self.outdated |= before != *container;
                }
                self.read_files();
            }
            AgentUpdate::LastSeen(last_seen, losses, collector_then) => {
                self.store_polling.finish_request();
                (self.last_seen, self.losses, self.collector_then) = (last_seen, losses, collector_then);
                self.store_refresh_pending = true;
                // Verdicts also depend on the time since an agent was last seen.
                self.outdated = true;
            }
            AgentUpdate::RecentEvents(events) => {
                self.store_polling.are_events_pending = false;
                // While Loki does not answer, what agents are doing is unknown.
                self.recent_events = events.unwrap_or_default();
                self.outdated = true;
            }
            AgentUpdate::Flow(flow) => {
                self.store_polling.schedule_flow_clear();
                self.panel.hub.update(|snapshot| snapshot.flow = Some(flow));
            }
            AgentUpdate::Settings(settings) => {
                self.settings = *settings;
                self.outdated = true;
            }
        }
        Ok(())
    }

    /// When to publish the agents, if they are out of date. The first time waits a moment for the stores, so that agents are
    /// not shown as unknown.
    fn publish_at(&self) -> Option<Instant> {
        let listed_at = self.inspections.listed_at.filter(|_| self.inspections.collector_known && self.outdated)?;
        Some(self.store_polling.publish_time(listed_at))
    }

    fn publish(&mut self) {
        self.outdated = false;
        self.inspections.fill_in_files(&self.panel.agent_files);
        let stack = StackEvidence {
            now: now(),
            settings: self.settings.clone(),
            containers_known: true,
            collector: self.collector.clone(),
            collector_then: self.collector_then.clone(),
            last_seen: self.last_seen.clone(),
            losses: self.losses.clone(),
        };
        let AgentList { agents, unlisted } = all_agents(self.inspections.containers(), &stack, &self.recent_events);
        let new_agents = check_new_agents(&stack);
        self.panel.hub.update(|snapshot| {
            snapshot.agents = agents;
            snapshot.unlisted_agents = unlisted;
            snapshot.new_agents = Some(new_agents);
        });
        if std::mem::take(&mut self.store_refresh_pending) {
            self.panel.store_refresh.done();
        }
    }
}

/// Logs an error about one container. Only an unreachable Engine ends the watch.
fn ignore_unless_unreachable(error: StackError, what: &str) -> Result<(), StackError> {
    match error {
        StackError::EngineUnreachable { .. }
        | StackError::EngineSilent { .. }
        | StackError::EnginePermission { .. }
        | StackError::TooManyOpenFiles => Err(error),
        error => {
            tracing::warn!(%error, "{what}");
            Ok(())
        }
    }
}
