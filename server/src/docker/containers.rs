//! Starts, stops and removes containers. Succeeds if the container is already in the requested state.

use bollard::query_parameters::{
    RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt;
use monitor_core::{error::StackError, service::Service, stack::ServiceSpec};

use super::{client::Client, ports};

/// Seconds between SIGTERM and SIGKILL; Docker's own default.
const STOP_TIMEOUT_SECONDS: i32 = 10;

/// Starts a container, or lets a paused one go on.
pub(super) async fn start(client: &Client, spec: &ServiceSpec, id: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let started = engine.docker.start_container(id, None::<StartContainerOptions>).await;
    let Err(failure) = started.map_err(|error| engine.failure(error)) else { return Ok(()) };
    if may_be_paused(&failure.message()) && engine.docker.unpause_container(id).await.is_ok() {
        return Ok(());
    }
    match ports::port_error(&engine, spec, &failure.message(), id).await {
        Some(error) => Err(error),
        // A missing network or mounted file is a 404 as well.
        None if failure.is_missing() && names_no_container(&failure.message()) => {
            Err(StackError::NoContainer { service: spec.service })
        }
        None => Err(failure.or_service_refused(spec.service, "started")),
    }
}

/// Docker says "cannot start a paused container, try unpause instead", Podman "container … must be in Created or Stopped
/// state to be started: container state improper".
fn may_be_paused(message: &str) -> bool {
    message.contains("paused") || message.contains("container state improper")
}

/// Docker says "No such container: …", Podman "no container with name or ID … found: no such container".
fn names_no_container(message: &str) -> bool {
    message.to_lowercase().contains("no such container")
}

pub(super) async fn stop(client: &Client, service: Service, id: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let options = StopContainerOptionsBuilder::default().t(STOP_TIMEOUT_SECONDS).build();
    match engine.docker.stop_container(id, Some(options)).await.map_err(|error| engine.failure(error)) {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) => Err(failure.or_service_refused(service, "stopped")),
    }
}

/// Removes a container and its anonymous volumes.
pub(super) async fn remove(client: &Client, service: Service, id: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker.remove_container(id, Some(options)).await.map_err(|error| engine.failure(error)) {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) if failure.is_conflict() && failure.message().contains("already in progress") => {
            // Another process is removing it. The wait ends, with or without an error, when the container is gone.
            let options = WaitContainerOptionsBuilder::default().condition("removed").build();
            let ended = engine.docker.wait_container(id, Some(options)).collect::<Vec<_>>().await;
            drop(ended);
            Ok(())
        }
        Err(failure) => Err(failure.or_service_refused(service, "removed")),
    }
}
