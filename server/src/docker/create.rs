//! Making the network, volumes and containers, word for word as Docker Compose 2.40.3 would, so that
//! `docker compose up` in the same folder finds nothing to change.

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

/// Makes the network. One of that name is taken as it is.
pub(super) async fn network(client: &Client) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let refused = format!("create the network `{NETWORK}`");
    // Engines before 23 make a second network of the same name without a word.
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

/// Makes a volume. The Engine takes one that exists as it is.
pub(super) async fn volume(client: &Client, volume: &VolumeSpec) -> Result<(), StackError> {
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

/// Removes a volume, if it is there.
pub(super) async fn remove_volume(client: &Client, name: &str) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let options = None::<bollard::query_parameters::RemoveVolumeOptions>;
    match engine.docker.remove_volume(name, options).await.map_err(|error| engine.failure(error)) {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) => Err(failure.or_refused(&format!("remove the volume `{name}`"))),
    }
}

/// Makes a container and answers with its id. One of that name that belongs to this stack is adopted.
pub(super) async fn container(
    client: &Client,
    stack: &StackSpec,
    spec: &ServiceSpec,
    image_id: &str,
) -> Result<String, StackError> {
    let engine = client.connection().await?;
    let name = spec.service.name();
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    let created = engine.docker.create_container(Some(options), body(stack, spec, image_id)).await;
    match created.map_err(|error| engine.failure(error)) {
        Ok(created) => Ok(created.id),
        Err(failure) if failure.is_conflict() => match holder_of_name(&engine, name).await? {
            Some(holder) if holder.service_of(&stack.directory) == Some(spec.service) => Ok(holder.id),
            Some(holder) => {
                Err(StackError::ForeignContainer { name: name.into(), owner: holder.owner(), image: holder.image })
            }
            None => Err(failure.or_service_refused(spec.service, "created")),
        },
        Err(failure) => Err(failure.or_service_refused(spec.service, "created")),
    }
}

async fn holder_of_name(
    engine: &Connection,
    name: &str,
) -> Result<Option<monitor_core::lifecycle::ObservedContainer>, StackError> {
    let Some(holder) = observe::list(engine).await?.into_iter().find(|container| container.name == name) else {
        return Ok(None);
    };
    let inspected = observe::inspect(engine, &holder.id).await?;
    Ok(inspected.map(|inspected| convert::completed(holder, inspected)))
}

/// What the Engine is asked for.
fn body(stack: &StackSpec, spec: &ServiceSpec, image_id: &str) -> ContainerCreateBody {
    let labels = compose_labels(stack, spec, image_id).into_iter().chain(spec.labels.clone()).collect();
    let name = spec.service.name().to_owned();
    // Compose gives the container's name and the service's name, which are the same here.
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
        healthcheck: spec.healthcheck.as_ref().map(healthcheck),
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
        binds: (!spec.mounts.is_empty()).then(|| spec.mounts.iter().map(|mount| bind(stack, mount)).collect()),
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
        memory: i64::try_from(spec.memory_limit_bytes).ok().filter(|bytes| *bytes > 0),
        ..Default::default()
    }
}

/// `source:target:ro` for a file, `name:target:rw` for a volume.
fn bind(stack: &StackSpec, mount: &Mount) -> String {
    match mount {
        Mount::File { source, target } => format!("{source}:{target}:ro"),
        Mount::Volume { key, target } => {
            let known = stack.volumes.iter().find(|volume| volume.key == *key);
            let name = known.map_or_else(|| format!("{PROJECT}_{key}"), |volume| volume.name.clone());
            format!("{name}:{target}:rw")
        }
    }
}

fn healthcheck(check: &Healthcheck) -> HealthConfig {
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
