//! The Docker Engine behind `trait ContainerEngine`. The only place that names bollard: its models are turned into the
//! project's own types as soon as they arrive.
//!
//! Knows nothing of plans, jobs or pages. **Invariant:** every request ends when its future or stream is dropped; no
//! task is left behind.

#![expect(clippy::disallowed_types, reason = "this is the one place that speaks to the Engine")]

mod agents;
mod client;
mod connect;
mod containers;
mod context;
mod convert;
mod create;
mod error;
mod observe;
mod ports;
mod pull;
#[cfg(test)]
mod scripted;
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
pub use connect::{Endpoint, endpoint_from_environment, host_of_published_ports, socket_for_containers};
use futures::stream::BoxStream;
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    error::StackError,
    lifecycle::{Observed, ObservedContainer},
    logs::LogLine,
    service::Service,
    settings::ImageRef,
    stack::{ServiceSpec, StackSpec, VolumeSpec},
    status::Usage,
};

use self::{agents::Memory, client::Client};
use crate::engine::{
    AgentFiles, ContainerDetail, ContainerEngine, EngineEvent, EngineInfo, EngineLocation, PullProgress,
};

/// A Docker Engine, or a Podman that speaks its API.
///
/// Making one asks nothing of the Engine. Address and API version are found out at the first request, and again after
/// the Engine went away, so that an Engine that is installed, restarted or upgraded meanwhile is found.
#[derive(Clone)]
pub struct DockerEngine {
    client: Client,
    memory: Arc<Memory>,
}

impl DockerEngine {
    /// The Engine at that address.
    pub fn at(endpoint: Endpoint) -> DockerEngine {
        DockerEngine::found_by(move || Ok(endpoint.clone()))
    }

    /// The Engine that this process's environment and the user's Docker context lead to.
    pub fn from_environment() -> DockerEngine {
        DockerEngine::found_by(|| endpoint_from_environment(|name| std::env::var(name).ok()))
    }

    /// The Engine whose address that function finds; it is asked anew whenever there is no working connection.
    pub fn found_by(find: impl Fn() -> Result<Endpoint, StackError> + Send + Sync + 'static) -> DockerEngine {
        DockerEngine { client: Client::new(find), memory: Arc::default() }
    }
}

#[async_trait]
impl ContainerEngine for DockerEngine {
    async fn info(&self) -> Result<EngineInfo, StackError> {
        self.client.negotiate().await
    }

    async fn location(&self) -> Result<EngineLocation, StackError> {
        observe::location(&self.client).await
    }

    async fn containers(&self) -> Result<Vec<ObservedContainer>, StackError> {
        observe::list(&self.client.connection().await?).await
    }

    async fn agents(&self) -> Result<Vec<AgentContainer>, StackError> {
        agents::all(&self.client, &self.memory).await
    }

    async fn agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError> {
        agents::one(&self.client, &self.memory, container).await
    }

    async fn agent_files(&self, id: &str) -> Result<AgentFiles, StackError> {
        agents::files(&self.client, id).await
    }

    async fn collector(&self) -> Result<CollectorEvidence, StackError> {
        agents::collector(&self.client).await
    }

    async fn observe(&self, stack: &StackSpec) -> Result<Observed, StackError> {
        observe::observe(&self.client, stack).await
    }

    async fn container_detail(&self, id: &str) -> Result<ContainerDetail, StackError> {
        observe::container_detail(&self.client, id).await
    }

    async fn create_network(&self) -> Result<(), StackError> {
        create::network(&self.client).await
    }

    async fn pull_image(
        &self,
        service: Service,
        image: &ImageRef,
        progress: PullProgress<'_>,
    ) -> Result<(), StackError> {
        pull::pull(&self.client, service, image, progress).await
    }

    async fn image_id(&self, image: &ImageRef) -> Result<Option<String>, StackError> {
        observe::image_id(&self.client, image.as_str()).await
    }

    async fn create_volume(&self, volume: &VolumeSpec) -> Result<(), StackError> {
        create::volume(&self.client, volume).await
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
        create::container(&self.client, stack, spec, image_id).await
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
        stream::recent_logs(&self.client, service, lines).await
    }

    fn follow_logs(&self, service: Service, tail: u32) -> BoxStream<'static, Result<LogLine, StackError>> {
        stream::follow_logs(&self.client, service, tail)
    }

    fn usage(&self, id: &str) -> BoxStream<'static, Usage> {
        stream::usage(&self.client, id)
    }

    fn events(&self) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>> {
        stream::events(&self.client)
    }
}
