//! A container engine in memory, for tests. It keeps containers, images and volumes, records every request, and fails
//! on demand. It opens no ports and does not decide whether a service is ready.

mod agents;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use futures::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    error::StackError,
    job::Pull,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{NETWORK, NETWORK_LABELS, ServiceSpec, StackSpec, VolumeSpec, compose_labels},
    status::{ContainerState, Usage},
    timestamp::Timestamp,
};
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;

use clawker_monitor::engine::{
    AgentFiles, ContainerAction, ContainerDetail, ContainerEngine, DetailedContainer, EngineEvent, EngineInfo,
    EngineLocation, PullProgress,
};

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

#[async_trait]
impl ContainerEngine for FakeEngine {
    async fn check(&self) -> Result<(), StackError> {
        self.answering().map(drop)
    }

    async fn info(&self) -> Result<EngineInfo, StackError> {
        drop(self.answering()?);
        Ok(EngineInfo { version: "28.5.2".into(), api_version: "1.51".into(), endpoint: "fake://engine".into() })
    }

    async fn location(&self) -> Result<EngineLocation, StackError> {
        Ok(self.answering()?.location.clone())
    }

    async fn containers(&self) -> Result<Vec<ObservedContainer>, StackError> {
        Ok(self.answering()?.containers.clone())
    }

    async fn agents(&self) -> Result<Vec<AgentContainer>, StackError> {
        self.all_agents()
    }

    async fn agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError> {
        self.one_agent(container).await
    }

    async fn agent_files(&self, id: &str) -> Result<AgentFiles, StackError> {
        self.files_of(id)
    }

    async fn collector(&self) -> Result<CollectorEvidence, StackError> {
        self.collector_evidence()
    }

    async fn service_containers(&self) -> Result<Vec<DetailedContainer>, StackError> {
        let world = self.answering()?;
        let detailed = |container: &ObservedContainer| DetailedContainer {
            container: container.clone(),
            detail: world.detail(&container.id),
        };
        Ok(world.containers.iter().map(detailed).collect())
    }

    async fn network(&self) -> Result<Option<ObservedNetwork>, StackError> {
        Ok(self.answering()?.network.clone())
    }

    async fn observe(&self, stack: &StackSpec) -> Result<Observed, StackError> {
        let world = self.answering()?;
        let wanted = |image: &String| stack.services.iter().any(|spec| spec.image.as_str() == image);
        Ok(Observed {
            network: world.network.clone(),
            containers: world.containers.clone(),
            images: world.images.clone().into_iter().filter(|(image, _)| wanted(image)).collect(),
            volumes: stack
                .volumes
                .iter()
                .map(|volume| volume.name.clone())
                .filter(|name| world.volumes.contains(name))
                .collect(),
        })
    }

    async fn container_detail(&self, id: &str) -> Result<ContainerDetail, StackError> {
        Ok(self.answering()?.detail(id))
    }

    async fn create_network(&self) -> Result<(), StackError> {
        let mut world = self.asked(format!("create network {NETWORK}"))?;
        world.network.get_or_insert_with(|| ObservedNetwork {
            id: "network-1".into(),
            driver: "bridge".into(),
            labels: NETWORK_LABELS.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            attached: 0,
        });
        self.shared.events.send(Some(EngineEvent::Network { name: NETWORK.into(), container: None })).ok();
        Ok(())
    }

    async fn pull_image(
        &self,
        service: Service,
        image: &ImageRef,
        progress: PullProgress<'_>,
    ) -> Result<(), StackError> {
        let fault = self.asked(format!("pull {image}"))?.faults.pulls.get(&service).cloned();
        let fetched = |fetched_bytes, complete| {
            progress(Pull { image: image.to_string(), fetched_bytes, total_bytes: IMAGE_BYTES, complete });
        };
        fetched(IMAGE_BYTES / 2, false);
        // The sender lives as long as this engine, so the wait cannot fail.
        self.shared.pulls_held.subscribe().wait_for(|held| !held).await.ok();
        self.until_released(&format!("pull {image}")).await;
        if let Some(detail) = fault {
            return Err(StackError::PullFailed { service, image: image.to_string(), detail });
        }
        self.answering()?.images.insert(image.to_string(), image_id_of(image));
        fetched(IMAGE_BYTES, true);
        Ok(())
    }

    async fn image_id(&self, image: &ImageRef) -> Result<Option<String>, StackError> {
        Ok(self.answering()?.images.get(image.as_str()).cloned())
    }

    async fn create_volume(&self, volume: &VolumeSpec) -> Result<(), StackError> {
        self.asked(format!("create volume {}", volume.name))?.volumes.insert(volume.name.clone());
        self.shared.events.send(Some(EngineEvent::Volume)).ok();
        Ok(())
    }

    async fn remove_volume(&self, name: &str) -> Result<(), StackError> {
        self.asked(format!("remove volume {name}"))?.volumes.remove(name);
        self.shared.events.send(Some(EngineEvent::Volume)).ok();
        Ok(())
    }

    async fn create_container(
        &self,
        stack: &StackSpec,
        spec: &ServiceSpec,
        image_id: &str,
    ) -> Result<String, StackError> {
        let service = spec.service;
        let mut world = self.asked(format!("create {service}"))?;
        if let Some(detail) = world.faults.creations.get(&service).cloned() {
            return Err(StackError::Refused { service, verb: "created".into(), detail });
        }
        if let Some(holder) = world.containers.iter().find(|container| container.name == service.name()) {
            return match holder.service_of(&stack.directory) {
                Some(_) => Ok(holder.id.clone()),
                None => Err(StackError::ForeignContainer {
                    name: holder.name.clone(),
                    image: holder.image.clone(),
                    owner: holder.owner(),
                }),
            };
        }
        world.made += 1;
        let container = ObservedContainer {
            id: format!("{service}-{}", world.made),
            name: service.name().into(),
            image: spec.image.to_string(),
            image_id: image_id.to_owned(),
            state: ContainerState::Created,
            labels: compose_labels(stack, spec, image_id).into_iter().chain(spec.labels.clone()).collect(),
            networks: world.network.iter().map(|network| network.id.clone()).collect(),
            ports: spec.ports.clone(),
        };
        let id = container.id.clone();
        world.containers.push(container);
        self.tell(&id, service.name(), "create");
        Ok(id)
    }

    async fn start_container(&self, spec: &ServiceSpec, id: &str) -> Result<(), StackError> {
        let service = spec.service;
        let mut world = self.asked(format!("start {service}"))?;
        if let Some(holder) = world.faults.ports_taken.get(&service).cloned() {
            let port = spec.ports.first().map_or(0, |port| port.host);
            return Err(StackError::PortTaken { service, port, holder, field: format!("monitoring.{service}_port") });
        }
        if let Some(error) = spec.ports.iter().find_map(|port| world.faults.refused_ports.get(&port.host)) {
            return Err(error.clone());
        }
        let code = world.faults.exits.get(&service).copied();
        let Some(container) = world.containers.iter_mut().find(|container| container.id == id) else {
            return Err(StackError::NoContainer { service });
        };
        container.state = if code.is_some() { ContainerState::Exited } else { ContainerState::Running };
        self.tell(id, service.name(), "start");
        match code {
            Some(code) => {
                world.problems.insert(id.to_owned(), format!("exited with code {code}"));
                self.tell(id, service.name(), "die");
            }
            None => drop(world.problems.remove(id)),
        }
        Ok(())
    }

    async fn stop_container(&self, service: Service, id: &str) -> Result<(), StackError> {
        let call = format!("stop {service}");
        drop(self.asked(call.clone())?);
        self.until_released(&call).await;
        {
            let mut world = self.answering()?;
            if let Some(detail) = world.faults.stops.get(&service).cloned() {
                return Err(StackError::Refused { service, verb: "stopped".into(), detail });
            }
            if let Some(container) = world.containers.iter_mut().find(|container| container.id == id) {
                container.state = ContainerState::Exited;
                self.tell(id, service.name(), "die");
            }
        }
        self.until_released(&format!("clean up {service}")).await;
        Ok(())
    }

    async fn remove_container(&self, service: Service, id: &str) -> Result<(), StackError> {
        let mut world = self.asked(format!("remove {service}"))?;
        if !world.faults.reappears.contains(&service) {
            world.containers.retain(|container| container.id != id);
        }
        drop(world);
        self.tell(id, service.name(), "destroy");
        Ok(())
    }

    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError> {
        let world = self.answering()?;
        if !world.containers.iter().any(|container| container.name == service.name()) {
            return Err(StackError::NoContainer { service });
        }
        Ok(last(world.logs.get(&service), lines))
    }

    fn follow_logs(&self, service: Service, tail: u32) -> BoxStream<'static, Result<LogLine, StackError>> {
        let coming = BroadcastStream::new(self.shared.log.subscribe());
        let past = match self.answering() {
            Ok(world) => last(world.logs.get(&service), tail),
            Err(error) => return stream::once(ready(Err(error))).boxed(),
        };
        let coming =
            coming.filter_map(move |said| ready(said.ok().filter(|said| said.0 == service).map(|said| said.1)));
        stream::iter(past).chain(coming).map(Ok).boxed()
    }

    fn usage(&self, _id: &str) -> BoxStream<'static, Usage> {
        let usage = Usage { cpu_percent: 12.5, memory_bytes: 64 << 20 };
        let open = OpenUsageStream::new(&self.shared);
        let measurements = stream::once(ready(usage)).chain(stream::pending());
        // The closure owns the guard, so the stream counts as open until it is dropped.
        measurements
            .map(move |usage| {
                let _open = &open;
                usage
            })
            .boxed()
    }

    fn events(&self) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>> {
        let coming = BroadcastStream::new(self.shared.events.subscribe());
        if let Err(error) = self.answering() {
            return stream::once(ready(Err(error))).boxed();
        }
        let coming = coming.filter_map(|told| ready(told.ok())).scan(false, |gone, told| {
            let ended = *gone;
            *gone = told.is_none();
            ready((!ended).then(|| told.map(Some).ok_or_else(unreachable)))
        });
        stream::once(ready(Ok(None))).chain(coming).boxed()
    }
}

/// Counts a stream of measurements as open until it is dropped.
struct OpenUsageStream(Arc<Shared>);

impl OpenUsageStream {
    fn new(shared: &Arc<Shared>) -> OpenUsageStream {
        shared.usage_streams.fetch_add(1, Ordering::SeqCst);
        OpenUsageStream(Arc::clone(shared))
    }
}

impl Drop for OpenUsageStream {
    fn drop(&mut self) {
        self.0.usage_streams.fetch_sub(1, Ordering::SeqCst);
    }
}

fn last(lines: Option<&Vec<LogLine>>, count: u32) -> Vec<LogLine> {
    let lines = lines.map(Vec::as_slice).unwrap_or_default();
    lines[lines.len().saturating_sub(count as usize)..].to_vec()
}

#[cfg(test)]
mod tests {
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
