//! What the engine answers to each request.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use clawker_monitor::engine::{
    AgentFiles, ContainerDetail, ContainerEngine, DetailedContainer, EngineEvent, EngineInfo, EngineLocation,
    PullProgress,
};
use futures::{
    StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    doctor::PassedOver,
    error::StackError,
    job::Pull,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{NETWORK, NETWORK_LABELS, ServiceSpec, StackSpec, VolumeSpec, compose_labels},
    status::{ContainerState, PublishedPort, Usage},
};
use tokio_stream::wrappers::BroadcastStream;

use super::{FakeEngine, IMAGE_BYTES, Shared, image_id_of, unreachable};

#[async_trait]
impl ContainerEngine for FakeEngine {
    async fn check(&self) -> Result<(), StackError> {
        let is_silent = self.answering()?.faults.silent;
        if is_silent { std::future::pending().await } else { Ok(()) }
    }

    async fn info(&self) -> Result<EngineInfo, StackError> {
        if self.answering()?.faults.silent {
            return Err(unreachable());
        }
        Ok(EngineInfo { version: "28.5.2".into(), api_version: "1.51".into(), endpoint: "fake://engine".into() })
    }

    async fn passed_over(&self) -> Vec<PassedOver> {
        self.world().passed_over.clone()
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
        self.answering()?.questions.push(format!("files {id}"));
        self.until_released(&format!("files {id}")).await;
        Ok(self.answering()?.agent_files.get(id).cloned().unwrap_or_default())
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

    async fn volumes(&self, stack: &StackSpec) -> Result<Vec<String>, StackError> {
        Ok(self.observe(stack).await?.volumes)
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
            ..ObservedNetwork::default()
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
            progress(Pull {
                image: image.to_string(),
                fetched_bytes,
                total_bytes: IMAGE_BYTES,
                complete,
                silent_seconds: 0,
            });
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
            // As the conversion of the Engine's answers does.
            ports: PublishedPort::in_order(spec.ports.clone()),
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

    fn read_logs(&self, service: Service, lines: u32) -> BoxStream<'static, Result<LogLine, StackError>> {
        let engine = self.clone();
        stream::once(async move { engine.recent_logs(service, lines).await })
            .map_ok(|lines| stream::iter(lines.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
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
