//! A container engine in memory, for tests. It keeps containers, images and volumes, records every request, and fails
//! on demand. It opens no ports and does not decide whether a service is ready.

mod agents;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use clawker_monitor::engine::{AgentFiles, ContainerAction, ContainerDetail, EngineEvent, EngineLocation};
use monitor_core::{
    agents::AgentContainer,
    doctor::PassedOver,
    error::StackError,
    lifecycle::{ObservedContainer, ObservedNetwork},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{NETWORK, StackSpec},
    status::ContainerState,
    timestamp::Timestamp,
};
use tokio::sync::{broadcast, watch};

/// The compressed size of every image that is pulled, in bytes.
pub const IMAGE_BYTES: u64 = 1000;
/// The start time of every container.
pub const STARTED_AT: Timestamp = Timestamp::from_unix_milliseconds(1_795_331_576_000);

/// An engine in memory. Clones are the same engine.
#[derive(Clone)]
pub struct FakeEngine {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    /// `None` means that the engine became unreachable.
    events: broadcast::Sender<Option<EngineEvent>>,
    log: broadcast::Sender<(Service, LogLine)>,
    pulls_held: watch::Sender<bool>,
    /// Requests that don't end before they are released, as they are recorded in `calls`.
    held: watch::Sender<BTreeSet<String>>,
    looks_held: watch::Sender<bool>,
    usage_streams: AtomicUsize,
}

/// The state of the engine. Tests can change it through `FakeEngine::world` without an event being sent.
#[derive(Default)]
pub struct World {
    /// Image IDs by reference.
    pub images: BTreeMap<String, String>,
    /// In order of creation.
    pub containers: Vec<ObservedContainer>,
    /// The stack's network.
    pub network: Option<ObservedNetwork>,
    /// Volume names.
    pub volumes: BTreeSet<String>,
    /// The log of each service.
    pub logs: BTreeMap<Service, Vec<LogLine>>,
    /// The problem of each container, by ID.
    pub problems: BTreeMap<String, String>,
    /// The agents' containers.
    pub agents: Vec<AgentContainer>,
    /// The content of files in agents' containers, by container ID.
    pub agent_files: BTreeMap<String, AgentFiles>,
    /// Every request about agents: `agents`, `agent a1`, `files a1` or `collector`.
    pub questions: Vec<String>,
    /// The faults to simulate.
    pub faults: Faults,
    /// What was passed over on the way to the engine.
    pub passed_over: Vec<PassedOver>,
    /// The location that the engine reports.
    pub location: EngineLocation,
    /// Every request that changes the engine's state, such as `start grafana`.
    pub calls: Vec<String>,
    made: u64,
}

/// Simulated faults. They last until they are removed.
#[derive(Default)]
pub struct Faults {
    /// The engine is unreachable. Set by `go_away`.
    pub gone: bool,
    /// The engine accepts requests and does not answer: a check waits, and asking for its version takes too long.
    pub silent: bool,
    /// Pulling the image of the service fails with this message.
    pub pulls: BTreeMap<Service, String>,
    /// Starting the service fails because its first port is taken by this holder.
    pub ports_taken: BTreeMap<Service, Option<String>>,
    /// Starting a service with this host port fails with this error.
    pub refused_ports: BTreeMap<u16, StackError>,
    /// The service's container exits with this code right after it is started.
    pub exits: BTreeMap<Service, i64>,
    /// Creating the container of the service fails with this message.
    pub creations: BTreeMap<Service, String>,
    /// Stopping the service's container fails with this message.
    pub stops: BTreeMap<Service, String>,
    /// The service's container is still there after it was removed, as if something else had created it again.
    pub reappears: BTreeSet<Service>,
}

impl World {
    fn detail(&self, id: &str) -> ContainerDetail {
        let container = self.containers.iter().find(|container| container.id == id);
        let state = container.map_or(ContainerState::Missing, |container| container.state);
        ContainerDetail {
            state,
            started_at: (state == ContainerState::Running).then_some(STARTED_AT),
            problem: self.problems.get(id).cloned(),
            health_output: None,
        }
    }
}

impl Default for FakeEngine {
    fn default() -> Self {
        FakeEngine {
            shared: Arc::new(Shared {
                world: Mutex::default(),
                events: broadcast::Sender::new(1024),
                log: broadcast::Sender::new(1024),
                pulls_held: watch::Sender::new(false),
                held: watch::Sender::default(),
                looks_held: watch::Sender::new(false),
                usage_streams: AtomicUsize::new(0),
            }),
        }
    }
}

impl FakeEngine {
    /// An engine without containers, images or volumes.
    pub fn new() -> FakeEngine {
        FakeEngine::default()
    }

    /// The state of the engine, to read or change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests so far that changed the state.
    pub fn calls(&self) -> Vec<String> {
        self.world().calls.clone()
    }

    /// Adds every image of the stack.
    pub fn have_images(&self, stack: &StackSpec) {
        for spec in &stack.services {
            self.world().images.insert(spec.image.to_string(), image_id_of(&spec.image));
        }
    }

    /// Adds a running container that is not part of the stack.
    pub fn have_foreign_container(&self, name: &str, image: &str) {
        self.world().containers.push(ObservedContainer {
            id: format!("foreign-{name}"),
            name: name.to_owned(),
            image: image.to_owned(),
            image_id: "sha256:foreign".into(),
            state: ContainerState::Running,
            labels: BTreeMap::new(),
            networks: Vec::new(),
            ports: Vec::new(),
        });
    }

    /// Makes the engine unreachable and ends every stream of events.
    pub fn go_away(&self) {
        self.world().faults.gone = true;
        self.shared.events.send(None).ok();
    }

    /// Makes the engine reachable again. Its containers are unchanged.
    pub fn come_back(&self) {
        self.world().faults.gone = false;
    }

    /// Makes pulls stop at half of their bytes.
    pub fn hold_pulls(&self) {
        self.shared.pulls_held.send_replace(true);
    }

    /// Lets stopped pulls finish.
    pub fn release_pulls(&self) {
        self.shared.pulls_held.send_replace(false);
    }

    /// Makes a request wait, for example `stop loki` or `pull IMAGE`. It is recorded in `calls` before it waits. With
    /// `clean up loki`, only the answer to the stop waits: the process has ended.
    pub fn hold(&self, call: &str) {
        self.shared.held.send_if_modified(|held| held.insert(call.to_owned()));
    }

    /// Lets the request end, and those that follow.
    pub fn release(&self, call: &str) {
        self.shared.held.send_if_modified(|held| held.remove(call));
    }

    /// Waits while the request is held. The sender lives as long as this engine, so the wait cannot fail.
    async fn until_released(&self, call: &str) {
        self.shared.held.subscribe().wait_for(|held| !held.contains(call)).await.ok();
    }

    /// Makes a service's container exit and sends an event.
    pub fn container_exits(&self, service: Service, code: i64) {
        let mut world = self.world();
        let Some(container) = world.containers.iter_mut().find(|container| container.name == service.name()) else {
            return;
        };
        container.state = ContainerState::Exited;
        let id = container.id.clone();
        world.problems.insert(id.clone(), format!("exited with code {code}"));
        self.tell(&id, service.name(), "die");
    }

    /// Renames the container of a service and sends an event with the new name.
    pub fn rename(&self, service: Service, name: &str) {
        let mut world = self.world();
        let of_service =
            |container: &&mut ObservedContainer| container.compose_label("service") == Some(service.name());
        let Some(container) = world.containers.iter_mut().find(of_service) else { return };
        container.name = name.to_owned();
        let id = container.id.clone();
        self.tell(&id, name, "rename");
    }

    /// Sends the event that an image was pulled, tagged, or removed.
    pub fn images_change(&self) {
        self.shared.events.send(Some(EngineEvent::Image)).ok();
    }

    /// Sends the event that a service's container was connected to the network or disconnected.
    pub fn network_changes(&self, service: Service) {
        let id =
            self.world().containers.iter().find(|container| container.name == service.name()).map(|it| it.id.clone());
        self.shared.events.send(Some(EngineEvent::Network { name: NETWORK.into(), container: id })).ok();
    }

    /// How many containers' CPU and memory are being measured.
    pub fn usage_streams(&self) -> usize {
        self.shared.usage_streams.load(Ordering::SeqCst)
    }

    /// Adds a line, in the Engine's format, to the log of a service.
    pub fn logs_line(&self, service: Service, line: &str) {
        let line = LogLine::from_engine(line);
        self.world().logs.entry(service).or_default().push(line.clone());
        self.shared.log.send((service, line)).ok();
    }

    fn tell(&self, id: &str, name: &str, action: &str) {
        let Some(action) = ContainerAction::from_engine(action) else { return };
        let event = EngineEvent::Container { id: id.to_owned(), name: name.to_owned(), action };
        self.shared.events.send(Some(event)).ok();
    }

    /// The state, unless the engine is unreachable.
    fn answering(&self) -> Result<MutexGuard<'_, World>, StackError> {
        let world = self.world();
        if world.faults.gone { Err(unreachable()) } else { Ok(world) }
    }

    /// The same for a request that changes the state. Records the request.
    fn asked(&self, what: String) -> Result<MutexGuard<'_, World>, StackError> {
        let mut world = self.answering()?;
        world.calls.push(what);
        Ok(world)
    }
}

fn unreachable() -> StackError {
    StackError::EngineUnreachable { endpoint: "fake://engine".into(), detail: "it was sent away".into() }
}

fn image_id_of(image: &ImageRef) -> String {
    format!("sha256:id-of-{image}")
}

#[cfg(test)]
mod tests {
    use clawker_monitor::engine::ContainerEngine as _;
    use futures::StreamExt as _;
    use monitor_core::stack::VolumeSpec;

    use super::*;

    #[tokio::test]
    async fn events_begin_with_the_subscription_and_end_with_the_engine() {
        let engine = FakeEngine::new();
        let mut events = engine.events();
        assert_eq!(events.next().await, Some(Ok(None)));
        engine.create_network().await.expect("a network");
        assert_eq!(events.next().await, Some(Ok(Some(EngineEvent::Network { name: NETWORK.into(), container: None }))));
        engine.go_away();
        assert_eq!(events.next().await, Some(Err(unreachable())));
        engine.come_back();
        engine.create_volume(&volume()).await.expect("a volume");
        assert_eq!(events.next().await, None);
        assert_eq!(engine.calls(), ["create network clawker-net", "create volume monitor_x"]);
    }

    #[tokio::test]
    async fn an_engine_that_went_away_answers_nothing() {
        let engine = FakeEngine::new();
        engine.go_away();
        assert_eq!(engine.info().await, Err(unreachable()));
        assert_eq!(engine.create_volume(&volume()).await, Err(unreachable()));
        assert!(engine.calls().is_empty());
    }

    fn volume() -> VolumeSpec {
        VolumeSpec { key: "x".into(), name: "monitor_x".into(), labels: BTreeMap::new() }
    }
}
