//! This machine's installation: the Engine, Clawker's folders, and the services' addresses. Everything outside the process
//! that the panel and the command line use.

use std::sync::Arc;

use monitor_core::error::StackError;
use tokio::sync::watch;

use crate::{
    configuration::Configuration,
    docker::{DockerEngine, endpoint_from_environment, host_of_published_ports, socket_for_containers},
    engine::ContainerEngine,
    paths::Paths,
    readiness::{HttpReadiness, Readiness},
    telemetry::{BuiltInTelemetry, ChosenTelemetry, Dashboards, StackStores, StackTelemetry, TelemetrySource},
};

/// What the panel and every command use. Clones share it.
#[derive(Clone)]
pub struct Installation {
    /// The container engine.
    pub engine: Arc<dyn ContainerEngine>,
    /// Asks services whether they are ready.
    pub readiness: Arc<dyn Readiness>,
    /// Settings and generated files.
    pub configuration: Configuration,
    /// Answers queries about agents' telemetry.
    pub telemetry: Arc<dyn TelemetrySource>,
    /// The stack's stores. The watch sets their addresses.
    pub stores: Arc<StackStores>,
    /// Counts what a receiver in this process has stored.
    pub arrivals: Arc<watch::Sender<u64>>,
    /// The service that shows dashboards.
    pub dashboards: Arc<dyn Dashboards>,
}

impl Installation {
    /// Reads the environment. The Engine does not have to be reachable.
    ///
    /// # Errors
    /// Fails if the folders can't be determined or the HTTP client can't be created.
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
        let paths = Paths::from_environment(|name| std::env::var_os(name))?;
        let arrivals: Arc<watch::Sender<u64>> = Arc::default();
        let built_in = BuiltInTelemetry::new(paths.telemetry_file(), Arc::clone(&arrivals));
        let telemetry = ChosenTelemetry::new(StackTelemetry::new(Arc::clone(&stores)), built_in, paths.compose_file());
        Ok(Installation {
            engine: Arc::new(DockerEngine::from_environment()),
            readiness: Arc::new(readiness),
            configuration: Configuration::new(paths, docker_socket)
                .with_endpoint(endpoint.as_ref().map(ToString::to_string)),
            telemetry: Arc::new(telemetry),
            dashboards: Arc::clone(&stores) as Arc<dyn Dashboards>,
            stores,
            arrivals,
        })
    }
}
