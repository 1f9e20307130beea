//! Keeps the snapshot up to date: follows the Engine's events, the current job and the services' readiness. The Engine is
//! polled only while it is unreachable. Readiness is polled because Docker doesn't know it.

mod agents;
mod checkups;
mod other_work;
mod readiness_polling;
mod receiving;
mod usage;

use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};

use futures::{StreamExt, future::try_join4, stream::BoxStream};
use monitor_core::{
    error::StackError,
    live::EngineState,
    stack::{NETWORK, StackSpec},
    status::ContainerState,
};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep, timeout},
};

use crate::{
    agents::gather_without_engine,
    configuration::Configuration,
    engine::{ContainerAction, EngineEvent},
    panel::Panel,
    status::{self, ObservedService},
};
use agents::AgentMessage;
use readiness_polling::ReadinessPolling;
pub use receiving::receive_while_free;
use usage::UsageStreams;

/// Events come in bursts (create, attach, start). The Engine is observed once for all events within this time.
const BURST: Duration = Duration::from_millis(8);
/// The minimum time between two updates of the job. A pull reports progress hundreds of times a second.
const JOB_INTERVAL: Duration = Duration::from_millis(100);
/// The time between two checks that the Engine answers.
const PING_INTERVAL: Duration = Duration::from_secs(3);
/// How long such a check may take.
const PING_DEADLINE: Duration = Duration::from_secs(3);
/// The time between attempts to reach an unreachable Engine.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Keeps one panel's snapshot up to date.
pub struct Watch {
    panel: Arc<Panel>,
}

impl Watch {
    /// A watch for `panel`. Does nothing until `run` is called.
    pub fn new(panel: Arc<Panel>) -> Watch {
        Watch { panel }
    }

    /// Runs until dropped.
    pub async fn run(self) {
        tokio::join!(self.publish_job_changes(), self.watch_other_work(), self.watch_engine(), self.run_checkups());
    }

    async fn publish_job_changes(&self) {
        let panel = &self.panel;
        let mut changes = panel.jobs.changes();
        loop {
            changes.next().await;
            panel.publish_job();
            if panel.jobs.current().is_some_and(|job| job.is_running()) {
                sleep(JOB_INTERVAL).await;
            } else {
                panel.installation.configuration.notify_changed();
            }
        }
    }

    /// Follows the Engine, and reconnects whenever it becomes unreachable.
    async fn watch_engine(&self) {
        let Panel { installation, hub, checkup_due, .. } = &*self.panel;
        let configuration = &installation.configuration;
        // The same error is logged once, not at every attempt.
        let mut logged = None;
        loop {
            let error = self.follow_engine().await;
            if logged.as_ref() != Some(&error) {
                tracing::warn!(%error, hint = error.hint(), "can't reach the Engine; retrying until it answers");
                logged = Some(error.clone());
                checkup_due.notify_one();
            }
            let read = |it: &Configuration| (status::unknown_services(&it.stack_to_look_at()), it.summary());
            let (services, summary) = configuration.read(read).await;
            installation.stores.locate(&services);
            let heard = gather_without_engine(installation).await;
            hub.update(|snapshot| {
                snapshot.engine = EngineState::Unreachable { error };
                snapshot.network.exists = false;
                snapshot.services = services;
                snapshot.agents = heard.agents;
                snapshot.unlisted_agents = heard.unlisted;
                snapshot.new_agents = None;
                snapshot.flow = None;
                snapshot.configuration = summary;
                status::update_stack_state(snapshot);
            });
            self.panel.store_refresh.done();
            tokio::select! {
                () = sleep(RETRY_INTERVAL) => {}
                () = self.panel.store_refresh.requested() => {}
                () = configuration.changed() => checkup_due.notify_one(),
            }
        }
    }

    /// Follows the Engine until it becomes unreachable, and returns the error.
    async fn follow_engine(&self) -> StackError {
        match self.try_follow_engine().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn try_follow_engine(&self) -> Result<Infallible, StackError> {
        let info = self.panel.installation.engine.info().await?;
        // Subscribed before anything is listed, so that no change is missed in between.
        let mut events = self.panel.installation.engine.events();
        next_event(&mut events).await?;
        tracing::info!(version = info.version, endpoint = info.endpoint, "connected to the Engine");
        self.panel.hub.update(|snapshot| {
            snapshot.engine = EngineState::Connected {
                version: info.version,
                api_version: info.api_version,
                endpoint: info.endpoint,
            };
        });
        // The stack and the agents are watched concurrently, so that neither waits for the other.
        let (to_stack, stack_events) = mpsc::unbounded_channel();
        let (to_agents, agent_messages) = mpsc::unbounded_channel();
        let forward_events = async {
            let to_agents = to_agents.clone();
            loop {
                if let Some(event) = next_event(&mut events).await? {
                    if event == EngineEvent::Image {
                        self.panel.checkup_due.notify_one();
                        self.panel.installation.configuration.notify_changed();
                    }
                    // Both receivers live as long as this future.
                    to_agents.send(AgentMessage::Event(event.clone())).ok();
                    to_stack.send(event).ok();
                }
            }
        };
        let (never, ..): (Infallible, Infallible, Infallible, Infallible) = try_join4(
            forward_events,
            self.watch_stack(stack_events, &to_agents),
            self.watch_agents(agent_messages),
            self.ping_engine(),
        )
        .await?;
        Ok(never)
    }

    /// Checks every few seconds that the Engine answers while somebody looks: one that hangs sends neither events nor errors.
    async fn ping_engine(&self) -> Result<Infallible, StackError> {
        let mut readers = self.panel.hub.readers();
        loop {
            // An error is impossible, because the hub outlives the watch.
            let _ = readers.wait_for(|readers| *readers > 0).await;
            let answer = timeout(PING_DEADLINE, self.panel.installation.engine.check()).await;
            answer.unwrap_or_else(|_elapsed| Err(self.engine_hangs()))?;
            sleep(PING_INTERVAL).await;
        }
    }

    fn engine_hangs(&self) -> StackError {
        let endpoint = match &self.panel.hub.snapshot().engine {
            EngineState::Connected { endpoint, .. } => endpoint.clone(),
            _ => "docker".into(),
        };
        StackError::EngineSilent { endpoint, waited_seconds: PING_DEADLINE.as_secs() }
    }

    /// Keeps the services up to date until the Engine becomes unreachable.
    async fn watch_stack(
        &self,
        mut events: UnboundedReceiver<EngineEvent>,
        to_agents: &UnboundedSender<AgentMessage>,
    ) -> Result<Infallible, StackError> {
        let mut readiness = ReadinessPolling::new(Arc::clone(&self.panel.installation.readiness));
        let mut usages = UsageStreams::default();
        let mut readers = self.panel.hub.readers();
        let configuration = &self.panel.installation.configuration;
        let mut stack = configuration.read(Configuration::stack_or_default).await;
        let mut ids = BTreeSet::new();
        let mut observe_at = Some(Instant::now());
        // Whether something happened to a service's container: its last answer says nothing anymore.
        let mut has_changed = false;
        let refresh = &self.panel.readiness_refresh;
        let mut is_refreshing = false;
        loop {
            let watched = *readers.borrow() > 0;
            tokio::select! {
                Some(event) = events.recv() => {
                    if event == EngineEvent::Volume {
                        observe_at.get_or_insert_with(|| Instant::now() + BURST);
                    }
                    if affects_stack(&stack, &ids, &event) {
                        self.apply_container_end(&event);
                        has_changed = true;
                        observe_at.get_or_insert_with(|| Instant::now() + BURST);
                    }
                }
                () = sleep_until(observe_at) => {
                    observe_at = None;
                    let found = self.observe(&stack).await?;
                    ids = found.iter().filter_map(|found| found.id.clone()).collect();
                    let changed = std::mem::take(&mut has_changed);
                    readiness.update(&stack, &found, watched, changed);
                    usages.update(&found, watched, self.panel.installation.engine.as_ref());
                    self.publish_locations(to_agents);
                }
                () = self.panel.installation.configuration.changed() => {
                    let summary;
                    (stack, summary) = configuration.read(|it| (it.stack_or_default(), it.summary())).await;
                    self.panel.hub.update(|snapshot| {
                        snapshot.configuration = summary;
                        status::update_stack_state(snapshot);
                    });
                    observe_at = Some(Instant::now());
                    to_agents.send(AgentMessage::SettingsChanged).ok();
                }
                (service, answer) = readiness.next_answer(watched) => {
                    self.panel.hub.update(|snapshot| {
                        if let Some(status) = snapshot.services.iter_mut().find(|status| status.service == service) {
                            status::set_readiness(status, &answer);
                        }
                        status::update_stack_state(snapshot);
                    });
                    self.publish_locations(to_agents);
                    if is_refreshing && !readiness.is_waiting() {
                        is_refreshing = false;
                        refresh.done();
                    }
                }
                () = refresh.requested() => {
                    is_refreshing = readiness.ask_all();
                    if !is_refreshing {
                        refresh.done();
                    }
                }
                (service, usage) = usages.next_usage() => {
                    self.panel.hub.update(|snapshot| {
                        if let Some(status) = snapshot.services.iter_mut().find(|status| status.service == service) {
                            status.usage = usage;
                        }
                    });
                }
                changed = readers.changed() => {
                    // An error is impossible, because the hub outlives the watch.
                    if changed.is_ok() {
                        observe_at.get_or_insert_with(Instant::now);
                    }
                }
            }
        }
    }

    /// Updates the addresses that the stores' clients use.
    fn publish_locations(&self, to_agents: &UnboundedSender<AgentMessage>) {
        self.panel.installation.stores.locate(&self.panel.hub.snapshot().services);
        // A collector's container may just have been created, by whomever.
        self.panel.receiving.check();
        to_agents.send(AgentMessage::ServicesChanged).ok();
    }

    /// Publishes the end of a container as soon as its event arrives. The Engine's lists show it about 100 ms later (Engine
    /// 20.10 disconnects the network in between). The observation that follows adds how it ended and whether it restarts.
    fn apply_container_end(&self, event: &EngineEvent) {
        let EngineEvent::Container { name, action, .. } = event else { return };
        if *action != ContainerAction::Died {
            return;
        }
        self.panel.hub.update(|snapshot| {
            if let Some(status) = snapshot.services.iter_mut().find(|status| status.container == *name) {
                status.state = ContainerState::Exited;
                status.ready = false;
                status.started_at = None;
                status.url = None;
                status.usage = None;
                status.waiting_for = None;
                status.checked_at = None;
            }
            status::update_stack_state(snapshot);
        });
    }

    /// Observes the Engine once and publishes the result.
    async fn observe(&self, stack: &StackSpec) -> Result<Vec<ObservedService>, StackError> {
        let engine = self.panel.installation.engine.as_ref();
        let (found, network) = status::observe_services(engine, stack).await?;
        let has_container = found.iter().any(|found| found.id.is_some());
        let removable = has_container || !engine.volumes(stack).await?.is_empty();
        self.panel.hub.update(|snapshot| {
            snapshot.network = network;
            snapshot.removable = removable;
            let statuses = found.iter().map(|found| {
                let mut status = found.status.clone();
                // Readiness and usage are measured elsewhere. They are kept while the container has not restarted.
                if let Some(known) = snapshot.service(status.service)
                    && status.state == ContainerState::Running
                    && known.started_at == status.started_at
                    && known.ports == status.ports
                {
                    status.ready = known.ready;
                    status.waiting_for.clone_from(&known.waiting_for);
                    status.checked_at = known.checked_at;
                    status.usage = known.usage;
                }
                status
            });
            snapshot.services = statuses.collect();
            status::update_stack_state(snapshot);
        });
        self.panel.checkup_due.notify_one();
        Ok(found)
    }
}

/// The next event. The end of the stream means that the Engine is unreachable.
async fn next_event(
    events: &mut BoxStream<'static, Result<Option<EngineEvent>, StackError>>,
) -> Result<Option<EngineEvent>, StackError> {
    events.next().await.unwrap_or_else(|| {
        Err(StackError::EngineUnreachable { endpoint: "docker".into(), detail: "it closed the connection".into() })
    })
}

/// Whether an event may change the stack's status. `ids` are the stack's own containers, because agents that join or leave
/// the network don't affect it.
fn affects_stack(stack: &StackSpec, ids: &BTreeSet<String>, event: &EngineEvent) -> bool {
    match event {
        // A new name may be a service's, and so may the old one, which the event's name is not.
        EngineEvent::Container { action: ContainerAction::Renamed, .. } => true,
        EngineEvent::Container { id, name, .. } => {
            ids.contains(id) || stack.services.iter().any(|spec| spec.service.name() == name)
        }
        EngineEvent::Network { name, container } => {
            name == NETWORK && container.as_ref().is_none_or(|container| ids.contains(container))
        }
        EngineEvent::Volume | EngineEvent::Image => false,
    }
}

async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
