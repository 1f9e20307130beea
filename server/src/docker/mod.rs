//! Implements `trait ContainerEngine` for Docker. The only place that uses bollard: its models are converted to our own
//! types as soon as they arrive.
//!
//! Knows nothing about plans, jobs or pages. **Invariant:** every request ends when its future or stream is dropped. No
//! task is left behind.

#![expect(clippy::disallowed_types, reason = "this is the one module that talks to the Engine")]

mod agents;
mod client;
mod connect;
mod containers;
mod context;
mod convert;
mod create;
mod error;
mod list;
mod observe;
mod ping;
mod plain;
mod ports;
mod pull;
#[cfg(test)]
mod scripted;
mod stream;
mod transport;

use std::sync::Arc;

use async_trait::async_trait;
pub use connect::{Endpoint, endpoint_from_environment, host_of_published_ports, socket_for_containers};
use futures::stream::BoxStream;
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    doctor::PassedOver,
    error::StackError,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{ServiceSpec, StackSpec, VolumeSpec},
    status::Usage,
};

use self::{agents::AgentCache, client::Client};
use crate::engine::{
    AgentFiles, ContainerDetail, ContainerEngine, DetailedContainer, EngineEvent, EngineInfo, EngineLocation,
    PullProgress,
};

/// A Docker Engine, or Podman, which has the same API.
///
/// Creating this sends nothing. The address and the API version are determined at the first request, and again after the
/// connection was lost, so that an Engine that was installed, restarted or upgraded in the meantime is found.
#[derive(Clone)]
pub struct DockerEngine {
    client: Client,
    cache: Arc<AgentCache>,
}

impl DockerEngine {
    /// The Engine at this address.
    pub fn at(endpoint: Endpoint) -> DockerEngine {
        DockerEngine::located_by(move || Ok(endpoint.clone()))
    }

    /// The Engine that the environment variables and the current Docker context point to.
    pub fn from_environment() -> DockerEngine {
        DockerEngine::located_by(|| endpoint_from_environment(|name| std::env::var(name).ok()))
    }

    /// The Engine whose address `find` returns. `find` is called whenever there is no working connection.
    pub fn located_by(find: impl Fn() -> Result<Endpoint, StackError> + Send + Sync + 'static) -> DockerEngine {
        DockerEngine { client: Client::new(find), cache: Arc::default() }
    }
}

#[async_trait]
impl ContainerEngine for DockerEngine {
    async fn check(&self) -> Result<(), StackError> {
        self.client.check().await
    }

    async fn info(&self) -> Result<EngineInfo, StackError> {
        self.client.info().await
    }

    async fn passed_over(&self) -> Vec<PassedOver> {
        self.client.passed_over().await
    }

    async fn location(&self) -> Result<EngineLocation, StackError> {
        self.client.in_time(observe::location(&self.client)).await
    }

    async fn containers(&self) -> Result<Vec<ObservedContainer>, StackError> {
        self.client.in_time(async { observe::list_containers(&self.client.connection().await?).await }).await
    }

    async fn agents(&self) -> Result<Vec<AgentContainer>, StackError> {
        agents::list_agents(&self.client, &self.cache).await
    }

    async fn agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError> {
        self.client.in_time(agents::find_agent(&self.client, &self.cache, container)).await
    }

    async fn agent_files(&self, id: &str) -> Result<AgentFiles, StackError> {
        self.client.in_time(agents::read_agent_files(&self.client, id)).await
    }

    async fn collector(&self) -> Result<CollectorEvidence, StackError> {
        self.client.in_time(agents::find_collector(&self.client)).await
    }

    async fn service_containers(&self) -> Result<Vec<DetailedContainer>, StackError> {
        self.client.in_time(async { observe::service_containers(&self.client.connection().await?).await }).await
    }

    async fn network(&self) -> Result<Option<ObservedNetwork>, StackError> {
        self.client.in_time(async { observe::find_network(&self.client.connection().await?).await }).await
    }

    async fn volumes(&self, stack: &StackSpec) -> Result<Vec<String>, StackError> {
        let asking = async { observe::existing_volumes(&self.client.connection().await?, stack).await };
        self.client.in_time(asking).await
    }

    async fn observe(&self, stack: &StackSpec) -> Result<Observed, StackError> {
        observe::observe(&self.client, stack).await
    }

    async fn container_detail(&self, id: &str) -> Result<ContainerDetail, StackError> {
        self.client.in_time(observe::container_detail(&self.client, id)).await
    }

    async fn create_network(&self) -> Result<(), StackError> {
        create::create_network(&self.client).await
    }

    async fn pull_image(
        &self,
        service: Service,
        image: &ImageRef,
        progress: PullProgress<'_>,
    ) -> Result<(), StackError> {
        pull::pull_image(&self.client, service, image, progress).await
    }

    async fn image_id(&self, image: &ImageRef) -> Result<Option<String>, StackError> {
        self.client.in_time(observe::image_id(&self.client, image.as_str())).await
    }

    async fn create_volume(&self, volume: &VolumeSpec) -> Result<(), StackError> {
        create::create_volume(&self.client, volume).await
    }

    async fn remove_volume(&self, name: &str) -> Result<(), StackError> {
        create::remove_volume(&self.client, name).await
    }

    async fn create_container(
        &self,
        stack: &StackSpec,
        spec: &ServiceSpec,
        image_id: &str,
    ) -> Result<String, StackError> {
        create::create_container(&self.client, stack, spec, image_id).await
    }

    async fn start_container(&self, spec: &ServiceSpec, id: &str) -> Result<(), StackError> {
        containers::start(&self.client, spec, id).await
    }

    async fn stop_container(&self, service: Service, id: &str) -> Result<(), StackError> {
        containers::stop(&self.client, service, id).await
    }

    async fn remove_container(&self, service: Service, id: &str) -> Result<(), StackError> {
        containers::remove(&self.client, service, id).await
    }

    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError> {
        self.client.in_time(stream::recent_logs(&self.client, service, lines)).await
    }

    fn read_logs(&self, service: Service, lines: u32) -> BoxStream<'static, Result<LogLine, StackError>> {
        stream::logs(&self.client, service, lines, false)
    }

    fn follow_logs(&self, service: Service, tail: u32) -> BoxStream<'static, Result<LogLine, StackError>> {
        stream::logs(&self.client, service, tail, true)
    }

    fn usage(&self, id: &str) -> BoxStream<'static, Usage> {
        stream::usage(&self.client, id)
    }

    fn events(&self) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>> {
        stream::events(&self.client)
    }
}
