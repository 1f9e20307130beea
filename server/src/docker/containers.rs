//! Starts, stops and removes containers. Succeeds if the container is already in the requested state.

use bollard::query_parameters::{
    RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt;
use monitor_core::{error::StackError, service::Service, stack::ServiceSpec};

use super::{
    client::{Client, Connection},
    error::Failure,
    ports,
};

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
/// state to be started: container state improper" and "container … is running or paused, refusing to clean up: …".
fn may_be_paused(message: &str) -> bool {
    message.contains("paused") || message.contains("container state improper")
}

/// Docker says "No such container: …", Podman "no container with name or ID … found: no such container".
fn names_no_container(message: &str) -> bool {
    message.to_lowercase().contains("no such container")
}

pub(super) async fn stop(client: &Client, service: Service, id: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let mut stopped = stop_once(&engine, id).await;
    // Podman does not stop a paused container.
    if let Err(failure) = &stopped
        && may_be_paused(&failure.message())
        && engine.docker.unpause_container(id).await.is_ok()
    {
        stopped = stop_once(&engine, id).await;
    }
    match stopped {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) => Err(failure.or_service_refused(service, "stopped")),
    }
}

async fn stop_once(engine: &Connection, id: &str) -> Result<(), Failure> {
    let options = StopContainerOptionsBuilder::default().t(STOP_TIMEOUT_SECONDS).build();
    engine.docker.stop_container(id, Some(options)).await.map_err(|error| engine.failure(error))
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

#[cfg(test)]
mod tests {
    use monitor_core::{
        settings::Settings,
        stack::{HostFacts, StackSpec},
    };

    use super::*;
    use crate::{
        docker::{
            DockerEngine,
            scripted::{PODMAN, at, scripted},
        },
        engine::ContainerEngine,
    };

    /// Recorded from Podman 5.8.6.
    #[tokio::test]
    async fn a_container_that_podman_paused_is_started_and_stopped() {
        const STARTED: &str = r#"{"message":"container 8e6e must be in Created or Stopped state to be started: container state improper","response":500}"#;
        const STOPPED: &str = r#"{"message":"container 8e6e is running or paused, refusing to clean up: container state improper","response":500}"#;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        let requested =
            scripted(&path, &[(200, PODMAN), (500, STARTED), (204, ""), (500, STOPPED), (204, ""), (204, "")]);
        let engine = DockerEngine::at(at(&path));
        let facts = HostFacts { directory: "/data/monitor".into(), docker_socket: "/var/run/docker.sock".into() };
        let stack = StackSpec::new(&Settings::default(), &facts);
        let loki = stack.service(Service::Loki).expect("it is there");
        assert_eq!(engine.start_container(loki, "8e6e").await, Ok(()));
        assert_eq!(engine.stop_container(Service::Loki, "8e6e").await, Ok(()));
        let requested = requested.join().expect("no panic");
        let verb = |path: &String| path.rsplit('/').next()?.split('?').next().map(str::to_owned);
        let verbs: Vec<String> = requested[1..].iter().filter_map(verb).collect();
        assert_eq!(verbs, ["start", "unpause", "stop", "unpause", "stop"]);
    }
}
