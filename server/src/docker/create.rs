//! Creates the network, volumes and containers exactly like Docker Compose 2.40.3 does, so that `docker compose up` in
//! the same folder finds nothing to change.

use std::collections::HashMap;

use bollard::{
    models::{
        ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, NetworkCreateRequest,
        NetworkingConfig, PortBinding, PortMap, RestartPolicy, RestartPolicyNameEnum, VolumeCreateRequest,
    },
    query_parameters::CreateContainerOptionsBuilder,
};
use monitor_core::{
    error::StackError,
    stack::{
        Healthcheck, LOG_MAX_FILES, LOG_MAX_SIZE, Mount, NETWORK, NETWORK_LABELS, PROJECT, ServiceSpec, StackSpec,
        VolumeSpec, compose_labels, compose_volume_labels,
    },
};

use super::{
    client::{Client, Connection},
    convert, observe,
};

/// Creates the network. An existing one with the name is used as it is.
pub(super) async fn create_network(client: &Client) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let refused = format!("create the network `{NETWORK}`");
    // Engines before version 23 silently create a second network with the same name.
    match engine.docker.inspect_network(NETWORK, None).await.map_err(|error| engine.failure(error)) {
        Ok(_) => return Ok(()),
        Err(failure) if failure.is_missing() => {}
        Err(failure) => return Err(failure.or_refused(&refused)),
    }
    let request = NetworkCreateRequest {
        name: NETWORK.to_owned(),
        driver: Some("bridge".to_owned()),
        labels: Some(NETWORK_LABELS.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        ..Default::default()
    };
    match engine.docker.create_network(request).await.map_err(|error| engine.failure(error)) {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_conflict() => Ok(()),
        Err(failure) => Err(failure.or_refused(&refused)),
    }
}

/// Creates a volume. The Engine uses an existing one with the name as it is.
pub(super) async fn create_volume(client: &Client, volume: &VolumeSpec) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let labels = compose_volume_labels(volume).into_iter().chain(volume.labels.clone()).collect();
    let request = VolumeCreateRequest {
        name: Some(volume.name.clone()),
        driver: Some("local".to_owned()),
        labels: Some(labels),
        ..Default::default()
    };
    match engine.docker.create_volume(request).await.map_err(|error| engine.failure(error)) {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_conflict() => Ok(()),
        Err(failure) => Err(failure.or_refused(&format!("create the volume `{}`", volume.name))),
    }
}

/// Removes a volume if it exists.
pub(super) async fn remove_volume(client: &Client, name: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let options = None::<bollard::query_parameters::RemoveVolumeOptions>;
    match engine.docker.remove_volume(name, options).await.map_err(|error| engine.failure(error)) {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) => Err(failure.or_refused(&format!("remove the volume `{name}`"))),
    }
}

/// Creates a container and returns its id. An existing one with the name is used if it belongs to this stack.
pub(super) async fn create_container(
    client: &Client,
    stack: &StackSpec,
    spec: &ServiceSpec,
    image_id: &str,
) -> Result<String, StackError> {
    let engine = client.connection().await?;
    let name = spec.service.name();
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    let image_label = observe::image_label(&engine, spec.image.as_str(), image_id).await;
    let created = engine.docker.create_container(Some(options), create_request(stack, spec, &image_label)).await;
    match created.map_err(|error| engine.failure(error)) {
        Ok(created) => Ok(created.id),
        Err(failure) if failure.is_conflict() => match container_named(&engine, name).await? {
            Some(existing) if existing.service_of(&stack.directory) == Some(spec.service) => Ok(existing.id),
            Some(existing) => {
                Err(StackError::ForeignContainer { name: name.into(), owner: existing.owner(), image: existing.image })
            }
            None => Err(failure.or_service_refused(spec.service, "created")),
        },
        Err(failure) => Err(failure.or_service_refused(spec.service, "created")),
    }
}

async fn container_named(
    engine: &Connection,
    name: &str,
) -> Result<Option<monitor_core::lifecycle::ObservedContainer>, StackError> {
    let Some(listed) = observe::list_containers(engine).await?.into_iter().find(|container| container.name == name)
    else {
        return Ok(None);
    };
    let inspected = observe::inspect(engine, &listed.id).await?;
    Ok(inspected.map(|inspected| convert::with_inspection(listed, inspected)))
}

/// The request for a service's container.
fn create_request(stack: &StackSpec, spec: &ServiceSpec, image_label: &str) -> ContainerCreateBody {
    let labels = compose_labels(stack, spec, image_label).into_iter().chain(spec.labels.clone()).collect();
    let name = spec.service.name().to_owned();
    // Compose sets the container's name and the service's name, which are the same here.
    let aliases = [name.clone(), name].into_iter().chain(spec.aliases.iter().cloned()).collect();
    let endpoint = EndpointSettings { aliases: Some(aliases), ..Default::default() };
    ContainerCreateBody {
        image: Some(spec.image.as_str().to_owned()),
        cmd: (!spec.command.is_empty()).then(|| spec.command.clone()),
        env: Some(spec.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        user: spec.user.clone(),
        labels: Some(labels),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: Some(spec.ports.iter().map(|port| format!("{}/tcp", port.container)).collect()),
        healthcheck: spec.healthcheck.as_ref().map(health_config),
        host_config: Some(host_config(stack, spec)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(NETWORK.to_owned(), endpoint)])),
        }),
        ..Default::default()
    }
}

fn host_config(stack: &StackSpec, spec: &ServiceSpec) -> HostConfig {
    let mut ports = PortMap::new();
    for port in &spec.ports {
        let binding = PortBinding { host_ip: Some(port.bind.clone()), host_port: Some(port.host.to_string()) };
        ports.entry(format!("{}/tcp", port.container)).or_default().get_or_insert_default().push(binding);
    }
    let rotation = [("max-size", LOG_MAX_SIZE), ("max-file", LOG_MAX_FILES)];
    HostConfig {
        extra_hosts: Some(Vec::new()),
        binds: (!spec.mounts.is_empty()).then(|| spec.mounts.iter().map(|mount| bind_of(stack, mount)).collect()),
        network_mode: Some(NETWORK.to_owned()),
        port_bindings: Some(ports),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
            maximum_retry_count: None,
        }),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(rotation.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        }),
        cap_drop: spec.drops_capabilities.then(|| vec!["ALL".to_owned()]),
        memory: i64::try_from(spec.memory_limit_bytes).ok().filter(|bytes| *bytes > 0),
        ..Default::default()
    }
}

/// `source:target:ro` for a file, `name:target:rw` for a volume.
fn bind_of(stack: &StackSpec, mount: &Mount) -> String {
    match mount {
        Mount::File { source, target } => format!("{source}:{target}:ro"),
        Mount::Volume { key, target } => {
            let volume = stack.volumes.iter().find(|volume| volume.key == *key);
            let name = volume.map_or_else(|| format!("{PROJECT}_{key}"), |volume| volume.name.clone());
            format!("{name}:{target}:rw")
        }
    }
}

fn health_config(check: &Healthcheck) -> HealthConfig {
    let nanoseconds = |seconds: u32| Some(i64::from(seconds) * 1_000_000_000);
    HealthConfig {
        test: Some(std::iter::once("CMD".to_owned()).chain(check.command.iter().cloned()).collect()),
        interval: nanoseconds(check.interval_seconds),
        timeout: nanoseconds(check.timeout_seconds),
        retries: Some(i64::from(check.retries)),
        start_period: nanoseconds(check.start_period_seconds),
        start_interval: None,
    }
}
