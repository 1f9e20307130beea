//! This machine's installation: the Engine that the environment leads to, Clawker's folders, and the services' own
//! addresses. Everything outside the process that the panel and the command line work with.

use std::sync::Arc;

use monitor_core::error::StackError;

use crate::{
    configuration::Configuration,
    docker::{DockerEngine, endpoint_from_environment, host_of_published_ports, socket_for_containers},
    engine::ContainerEngine,
    paths::Paths,
    readiness::{HttpReadiness, Readiness},
    telemetry::{Dashboards, StackStores, StackTelemetry, TelemetrySource},
};

/// What the panel and every command work with. Clones share it.
#[derive(Clone)]
pub struct Installation {
    /// The container engine.
    pub engine: Arc<dyn ContainerEngine>,
    /// Asks services whether they are ready.
    pub readiness: Arc<dyn Readiness>,
    /// Settings and generated files.
    pub configuration: Configuration,
    /// Answers what agents did.
    pub telemetry: Arc<dyn TelemetrySource>,
    /// The stack's stores; told where the services run.
    pub stores: Arc<StackStores>,
    /// Where dashboards are shown.
    pub dashboards: Arc<dyn Dashboards>,
}

impl Installation {
    /// Reads the environment. The Engine need not answer, nor exist.
    ///
    /// # Errors
    /// Where the folders cannot be determined, or no HTTP client can be created.
    pub fn from_environment() -> Result<Installation, StackError> {
        let endpoint = endpoint_from_environment(|name| std::env::var(name).ok()).ok();
        let docker_socket = endpoint.as_ref().map_or_else(|| "/var/run/docker.sock".into(), socket_for_containers);
        let remote_host = endpoint.as_ref().and_then(host_of_published_ports);
        let no_client = |error: anyhow::Error| StackError::CannotStart {
            component: "the HTTP client".into(),
            detail: format!("{error:#}"),
        };
        let readiness = HttpReadiness::new(remote_host.clone()).map_err(no_client)?;
        let stores = Arc::new(StackStores::new(remote_host).map_err(no_client)?);
        Ok(Installation {
            engine: Arc::new(DockerEngine::from_environment()),
            readiness: Arc::new(readiness),
            configuration: Configuration::new(Paths::from_environment(|name| std::env::var_os(name))?, docker_socket),
            telemetry: Arc::new(StackTelemetry::new(Arc::clone(&stores))),
            dashboards: Arc::clone(&stores) as Arc<dyn Dashboards>,
            stores,
        })
    }
}
