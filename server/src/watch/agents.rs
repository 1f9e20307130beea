//! Keeps the snapshot's agents true. On an event only the container that it names is looked at; verdicts are worked out
//! anew for everybody, which costs no request. The stores are asked while somebody looks, and never otherwise.
//!
//! **Invariant:** one event costs at most one look at one container, and one at the collector, however many agents there
//! are; events that come while a look is under way cost one more.

mod looks;
mod rounds;

use std::convert::Infallible;

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence, StackEvidence, check_new_agents},
    error::StackError,
    service::Service,
    settings::Settings,
    stack::NETWORK,
    status::ContainerState,
    telemetry::{Flow, LastSeen, Losses},
};
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use self::{looks::Looks, rounds::Rounds};
use super::{Watch, until};
use crate::{
    agents::judged_agent,
    background::in_background,
    clock::now,
    engine::{ContainerAction, EngineEvent},
    panel::Panel,
};

/// What the watch over the stack tells the one over the agents.
pub(super) enum AgentMessage {
    /// Something happened in the Engine.
    Event(EngineEvent),
    /// The services were looked at; the source of telemetry knows where they are.
    ServicesChanged,
    /// Files or settings may have changed.
    SettingsChanged,
}

/// An answer that came.
enum News {
    Everybody(Result<Vec<AgentContainer>, StackError>),
    One(String, Box<Result<Option<AgentContainer>, StackError>>),
    Collector(Result<CollectorEvidence, StackError>),
    Learnt(String, Result<(), StackError>),
    Heard(Result<LastSeen, String>, Losses),
    Flow(Flow),
    Settings(Box<Settings>),
}

struct Agents<'a> {
    panel: &'a Panel,
    at_work: FuturesUnordered<BoxFuture<'a, News>>,
    looks: Looks,
    rounds: Rounds,
    settings: Settings,
    collector: CollectorEvidence,
    heard: Result<LastSeen, String>,
    losses: Losses,
    /// What is published is no longer so.
    outdated: bool,
    /// The stores answered, and what they said was not published yet.
    visitors_wait: bool,
}

impl Watch {
    /// Runs until the Engine goes away, and says why it did.
    pub(super) async fn keep_agents(
        &self,
        mut messages: UnboundedReceiver<AgentMessage>,
    ) -> Result<Infallible, StackError> {
        let mut readers = self.panel.hub.readers();
        let mut agents = Agents::new(&self.panel);
        agents.look_at_everybody();
        loop {
            let watched = *readers.borrow_and_update() > 0;
            if agents.rounds.is_watched(watched) {
                agents.ask_stores();
            }
            let (ask_at, forget_flow_at) = (agents.rounds.next, agents.rounds.forget_flow_at);
            let publish_at = agents.can_publish_at();
            tokio::select! {
                // What happened comes before what is to be shown, so that a burst is shown once.
                biased;
                Some(message) = messages.recv() => agents.handle(message),
                Some(news) = agents.at_work.next() => agents.take_in(news)?,
                // The hub outlives the watch.
                _ = readers.changed() => {}
                () = self.panel.store_refresh.requested() => agents.ask_stores(),
                () = until(ask_at) => agents.ask_stores(),
                () = until(forget_flow_at) => agents.forget_flow(),
                () = until(publish_at) => agents.publish(),
            }
        }
    }
}

impl<'a> Agents<'a> {
    fn new(panel: &'a Panel) -> Agents<'a> {
        Agents {
            panel,
            at_work: FuturesUnordered::new(),
            looks: Looks::default(),
            rounds: Rounds::default(),
            settings: panel.installation.configuration.settings().unwrap_or_default(),
            collector: CollectorEvidence::default(),
            heard: Err("they were not asked yet".into()),
            losses: Losses::default(),
            outdated: true,
            visitors_wait: false,
        }
    }

    fn handle(&mut self, message: AgentMessage) {
        match message {
            AgentMessage::Event(EngineEvent::Container { id, name, action }) => {
                self.container_event(&id, &name, action)
            }
            AgentMessage::Event(EngineEvent::Network { name, container }) => match container {
                Some(id) if self.looks.knows(&id) => self.look_at(&id),
                _ if name == NETWORK => self.look_at_collector(),
                _ => {}
            },
            AgentMessage::Event(EngineEvent::Volume) => {}
            AgentMessage::ServicesChanged => {
                let snapshot = self.panel.hub.snapshot();
                if self.rounds.stores_changed(&snapshot.services) {
                    self.ask_stores();
                }
            }
            AgentMessage::SettingsChanged => {
                let configuration = self.panel.installation.configuration.clone();
                let read = in_background(move || configuration.settings().unwrap_or_default());
                self.at_work.push(Box::pin(async { News::Settings(Box::new(read.await)) }));
            }
        }
    }

    fn container_event(&mut self, id: &str, name: &str, action: ContainerAction) {
        // Health checks report all the time, and reading a file out of a container is an event as well.
        if action == ContainerAction::Other {
            return;
        }
        if name.contains("otel-collector") || action == ContainerAction::Renamed {
            if action == ContainerAction::Died && self.collector.container.as_deref() == Some(name) {
                self.collector.running = false;
                self.outdated = true;
            }
            self.look_at_collector();
        }
        if Service::from_name(name).is_some() {
            return;
        }
        match action {
            // Believed at once: the Engine's own lists know of it later.
            ContainerAction::Died => {
                if let Some(container) = self.looks.container(id) {
                    container.state = ContainerState::Exited;
                    container.finished_at = Some(now());
                    container.addresses.clear();
                    self.outdated = true;
                }
                self.look_at(id);
            }
            ContainerAction::Removed => {
                self.outdated |= self.looks.remove(id);
                self.panel.agent_files.retain(&self.looks.ids());
            }
            _ => self.look_at(id),
        }
    }

    fn take_in(&mut self, news: News) -> Result<(), StackError> {
        match news {
            News::Everybody(found) => {
                let mut found = found?;
                for container in &mut found {
                    self.panel.agent_files.fill_in(container);
                }
                self.looks.everybody(found);
                self.panel.agent_files.retain(&self.looks.ids());
                self.outdated = true;
                self.learn();
            }
            News::One(id, found) => {
                let again = self.looks.done(&id);
                match *found {
                    Ok(found) if !again => {
                        self.outdated |= self.looks.set(&id, found, &self.panel.agent_files);
                        self.learn();
                    }
                    Ok(_) => {}
                    Err(error) => unless_gone(error, "an agent could not be looked at")?,
                }
                if again {
                    self.look_at(&id);
                }
            }
            News::Collector(found) => {
                match found {
                    Ok(found) => {
                        self.outdated |= self.collector != found || !self.looks.knows_collector;
                        self.collector = found;
                    }
                    Err(error) => unless_gone(error, "the collector could not be looked at")?,
                }
                self.looks.knows_collector = true;
                if self.looks.collector_done() {
                    self.look_at_collector();
                }
            }
            News::Learnt(id, outcome) => {
                self.looks.learning -= 1;
                if let Err(error) = outcome {
                    unless_gone(error, "the files of an agent could not be looked at")?;
                }
                if let Some(container) = self.looks.container(&id) {
                    let before = container.clone();
                    self.panel.agent_files.fill_in(container);
                    self.outdated |= before != *container;
                }
                self.learn();
            }
            News::Heard(heard, losses) => {
                self.rounds.answered();
                (self.heard, self.losses) = (heard, losses);
                self.visitors_wait = true;
                // Time alone changes verdicts as well.
                self.outdated = true;
            }
            News::Flow(flow) => {
                self.rounds.flow_shown();
                self.panel.hub.update(|snapshot| snapshot.flow = Some(flow));
            }
            News::Settings(settings) => {
                self.settings = *settings;
                self.outdated = true;
            }
        }
        Ok(())
    }

    /// At once, but for the first time: then the stores have a moment to answer, so that nobody is shown as unknown who is
    /// not.
    fn can_publish_at(&self) -> Option<Instant> {
        let seen = self.looks.listed_at.filter(|_| self.looks.knows_collector && self.outdated)?;
        Some(self.rounds.first_showing(seen))
    }

    fn publish(&mut self) {
        self.outdated = false;
        let stack = StackEvidence {
            now: now(),
            settings: self.settings.clone(),
            collector: self.collector.clone(),
            last_seen: self.heard.clone(),
            losses: self.losses.clone(),
        };
        let mut agents: Vec<_> = self.looks.containers().map(|container| judged_agent(container, &stack)).collect();
        agents.sort_by(|one, other| one.container.cmp(&other.container));
        let new_agents = check_new_agents(&stack);
        self.panel.hub.update(|snapshot| {
            snapshot.agents = agents;
            snapshot.new_agents = Some(new_agents);
        });
        if std::mem::take(&mut self.visitors_wait) {
            self.panel.store_refresh.done();
        }
    }
}

/// An Engine that refuses to show one container still shows the others.
fn unless_gone(error: StackError, what: &str) -> Result<(), StackError> {
    match error {
        StackError::EngineUnreachable { .. } | StackError::EnginePermission { .. } => Err(error),
        error => {
            tracing::warn!(%error, "{what}");
            Ok(())
        }
    }
}
