//! This machine's installation: the Engine that the environment leads to, and Clawker's folders.

use std::sync::Arc;

use monitor_core::error::StackError;

use crate::{
    configuration::Configuration,
    docker::{DockerEngine, endpoint_from_environment, host_of_published_ports, socket_for_containers},
    engine::ContainerEngine,
    paths::Paths,
    readiness::{HttpReadiness, Readiness},
    telemetry::{HttpTelemetry, TelemetrySource},
};

/// What every command works on.
pub(super) struct Installation {
    pub(super) engine: Arc<dyn ContainerEngine>,
    pub(super) readiness: Arc<dyn Readiness>,
    pub(super) telemetry: Arc<dyn TelemetrySource>,
    pub(super) configuration: Configuration,
}

impl Installation {
    /// Finds it. The Engine need not answer, nor exist.
    pub(super) fn find() -> Result<Installation, StackError> {
        let endpoint = endpoint_from_environment(|name| std::env::var(name).ok()).ok();
        let docker_socket = endpoint.as_ref().map_or_else(|| "/var/run/docker.sock".into(), socket_for_containers);
        let remote_host = endpoint.as_ref().and_then(host_of_published_ports);
        let no_client = |error| StackError::File {
            path: "the HTTP client".into(),
            verb: "started".into(),
            detail: format!("{error:#}"),
        };
        let readiness = HttpReadiness::new(remote_host.clone()).map_err(no_client)?;
        let telemetry = HttpTelemetry::new(remote_host).map_err(no_client)?;
        Ok(Installation {
            engine: Arc::new(DockerEngine::from_environment()),
            readiness: Arc::new(readiness),
            telemetry: Arc::new(telemetry),
            configuration: Configuration::new(Paths::from_environment(|name| std::env::var_os(name))?, docker_socket),
        })
    }
}
