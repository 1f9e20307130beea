//! Converts the Engine's models to our own types. Pure; tested with recorded responses.

use std::collections::BTreeMap;

use bollard::models::{
    ContainerInspectResponse, ContainerState as StateModel, ContainerStatsResponse, ContainerSummary, EventMessage,
    EventMessageTypeEnum, HealthStatusEnum, ImageInspect, ImageManifestSummary, ImageManifestSummaryImageData,
    ImageManifestSummaryKindEnum, Network, NetworkInspect, PortMap, PortSummary,
};
use monitor_core::{
    lifecycle::{ObservedContainer, ObservedNetwork},
    stack::NETWORK,
    status::{ContainerState, PublishedPort, Usage},
    timestamp::Timestamp,
};

use crate::engine::{ContainerAction, ContainerDetail, EngineEvent};

/// How many characters of a failed health check's output are kept.
const LONGEST_HEALTH_OUTPUT: usize = 300;

/// Converts an entry of the list of containers. `with_inspection` adds what the list leaves out.
pub(super) fn listed_container(container: ContainerSummary) -> ObservedContainer {
    let names = container.names.unwrap_or_default();
    ObservedContainer {
        id: container.id.unwrap_or_default(),
        // Links give a container additional names, which contain more slashes.
        name: names
            .iter()
            .filter_map(|name| name.strip_prefix('/').or(Some(name)))
            .find(|name| !name.contains('/'))
            .unwrap_or_default()
            .to_owned(),
        image: container.image.unwrap_or_default(),
        image_id: container.image_id.unwrap_or_default(),
        state: container.state.map_or(ContainerState::Dead, |state| state_from_name(state.as_ref())),
        labels: container.labels.unwrap_or_default().into_iter().collect(),
        networks: network_ids(container.network_settings.and_then(|settings| settings.networks).unwrap_or_default()),
        ports: published_ports(&container.ports.unwrap_or_default()),
    }
}

/// Adds what only an inspection shows: the image reference it was created from, even if the tag was moved since, and all of
/// its ports, also those that a stopped container publishes when it is started. Podman 4.3 lists only the first of ports
/// side by side.
pub(super) fn with_inspection(listed: ObservedContainer, inspected: ContainerInspectResponse) -> ObservedContainer {
    let bindings = inspected.host_config.and_then(|host| host.port_bindings).unwrap_or_default();
    let published = inspected.network_settings.and_then(|settings| settings.ports).unwrap_or_default();
    let ports = [configured_ports(&published), listed.ports, configured_ports(&bindings)]
        .into_iter()
        .find(|ports| !ports.is_empty())
        .unwrap_or_default();
    ObservedContainer {
        image: inspected.config.and_then(|config| config.image).unwrap_or(listed.image),
        ports,
        ..listed
    }
}

/// Parses a state. Podman's own are `configured` and `initialized` before the first start, then `stopping` and `stopped`.
/// Unknown states are `Dead`.
pub(super) fn state_from_name(name: &str) -> ContainerState {
    match name {
        "configured" | "initialized" => ContainerState::Created,
        "stopping" => ContainerState::Running,
        "stopped" => ContainerState::Exited,
        other => ContainerState::from_name(other).unwrap_or(ContainerState::Dead),
    }
}

/// The ids of a container's networks. Before its first start the Engine may know only the name, which is then used.
fn network_ids(networks: std::collections::HashMap<String, bollard::models::EndpointSettings>) -> Vec<String> {
    let mut ids: Vec<String> = networks
        .into_iter()
        .map(|(name, endpoint)| endpoint.network_id.filter(|id| !id.is_empty()).unwrap_or(name))
        .collect();
    ids.sort();
    ids
}

/// The ports that a running container publishes. The Engine lists a port that is published on all interfaces once for
/// IPv4 and once for IPv6; only the first is kept.
fn published_ports(ports: &[PortSummary]) -> Vec<PublishedPort> {
    let published: Vec<PublishedPort> = ports
        .iter()
        .filter_map(|port| {
            let bind = port.ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
            Some(PublishedPort { bind, host: port.public_port?, container: port.private_port })
        })
        .collect();
    without_repetition(published)
}

fn without_repetition(published: Vec<PublishedPort>) -> Vec<PublishedPort> {
    let mut published = PublishedPort::in_order(published);
    let on_all_interfaces: Vec<(u16, u16)> =
        published.iter().filter(|port| port.bind == "0.0.0.0").map(|port| (port.host, port.container)).collect();
    published.retain(|port| port.bind != "::" || !on_all_interfaces.contains(&(port.host, port.container)));
    published.dedup();
    published
}

/// The ports in an inspection: those in a container's configuration, or those that it publishes. As in `published_ports`, a
/// port on all interfaces is kept once.
fn configured_ports(bindings: &PortMap) -> Vec<PublishedPort> {
    let published: Vec<PublishedPort> = bindings
        .iter()
        .flat_map(|(port, bindings)| bindings.iter().flatten().map(move |binding| (port, binding)))
        .filter_map(|(port, binding)| {
            let container = port.split('/').next()?.parse().ok()?;
            let host = binding.host_port.as_deref()?.parse().ok()?;
            let bind = binding.host_ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
            Some(PublishedPort { bind, host, container })
        })
        .collect();
    without_repetition(published)
}

/// The digest of the manifest that is run of an image, as Docker Compose 5.5 and later choose it for their label
/// (`pkg/compose/images.go`). `None` if the Engine listed none, or several of which none is for its platform; then their
/// label is the image's ID, which also covers other platforms and attestations.
pub(super) fn runnable_manifest(image: ImageInspect) -> Option<String> {
    let platform = (image.os.unwrap_or_default(), image.architecture.unwrap_or_default());
    let is_runnable = |manifest: &ImageManifestSummary| {
        manifest.available && manifest.kind == Some(ImageManifestSummaryKindEnum::IMAGE)
    };
    let mut runnable: Vec<ImageManifestSummary> =
        image.manifests.unwrap_or_default().into_iter().filter(is_runnable).collect();
    let is_native = |manifest: &ImageManifestSummary| {
        let platform_of = |data: &ImageManifestSummaryImageData| {
            let platform = data.platform.clone();
            (platform.os.unwrap_or_default(), platform.architecture.unwrap_or_default())
        };
        manifest.image_data.as_ref().map(platform_of).as_ref() == Some(&platform)
    };
    match (runnable.iter().position(is_native), runnable.len()) {
        (Some(native), _) => Some(runnable.swap_remove(native).id),
        (None, 1) => runnable.pop().map(|only| only.id),
        (None, _) => None,
    }
}

/// Converts an inspected network.
pub(super) fn observed_network(network: NetworkInspect) -> ObservedNetwork {
    ObservedNetwork {
        id: network.id.unwrap_or_default(),
        driver: network.driver.unwrap_or_default(),
        labels: network.labels.unwrap_or_default().into_iter().collect(),
        attached: network.containers.map_or(0, |containers| containers.len()),
        internal: network.internal.unwrap_or_default(),
        same_name: Vec::new(),
    }
}

/// Converts an entry of the list of networks, which does not say what is attached.
pub(super) fn listed_network(network: Network) -> ObservedNetwork {
    ObservedNetwork {
        id: network.id.unwrap_or_default(),
        driver: network.driver.unwrap_or_default(),
        labels: network.labels.unwrap_or_default().into_iter().collect(),
        internal: network.internal.unwrap_or_default(),
        ..ObservedNetwork::default()
    }
}

/// Converts an inspected container's state.
pub(super) fn container_detail(state: Option<StateModel>) -> ContainerDetail {
    let state = state.unwrap_or_default();
    let name = state.status.map(|status| status.to_string()).unwrap_or_default();
    let current = state_from_name(&name);
    ContainerDetail {
        state: current,
        started_at: state.started_at.as_deref().filter(|_| current.is_up()).and_then(Timestamp::from_rfc3339),
        problem: problem(current, &state),
        health_output: failing_health_check(&state),
    }
}

/// What the latest health check said, if it failed.
fn failing_health_check(state: &StateModel) -> Option<String> {
    let latest = state.health.as_ref()?.log.as_ref()?.last()?;
    let output = latest.output.as_deref().unwrap_or_default().trim().lines().last().unwrap_or_default();
    (latest.exit_code != Some(0)).then(|| output.chars().take(LONGEST_HEALTH_OUTPUT).collect())
}

/// How a container ended, or why it is unhealthy. A requested stop is not a problem: exit code 0, or 143 (SIGTERM).
fn problem(current: ContainerState, state: &StateModel) -> Option<String> {
    let error = state.error.as_deref().map(str::trim).filter(|error| !error.is_empty());
    let code = state.exit_code.unwrap_or_default();
    let ended = match (state.oom_killed.unwrap_or_default(), code) {
        (true, _) => Some("ran out of memory and was killed".to_owned()),
        (false, 0 | 143) => None,
        (false, 137) => Some("was killed (exit code 137)".to_owned()),
        (false, code) => Some(format!("exited with code {code}")),
    };
    match current {
        ContainerState::Running | ContainerState::Paused => {
            state.health.as_ref().filter(|health| health.status == Some(HealthStatusEnum::UNHEALTHY))?;
            Some(match failing_health_check(state).filter(|output| !output.is_empty()) {
                None => "its health check is failing".into(),
                Some(output) => format!("its health check is failing: {output}"),
            })
        }
        ContainerState::Restarting => {
            let ended = ended.unwrap_or_else(|| format!("exited with code {code}"));
            Some(format!("{ended}; Docker is restarting it"))
        }
        ContainerState::Created => error.map(str::to_owned),
        ContainerState::Dead => Some(error.map_or_else(|| "could not be removed".into(), str::to_owned)),
        ContainerState::Exited => match (ended, error) {
            (Some(ended), Some(error)) => Some(format!("{ended}: {error}")),
            (ended, error) => ended.or(error.map(str::to_owned)),
        },
        ContainerState::Missing | ContainerState::Removing => None,
    }
}

/// CPU and memory, computed like `docker stats` does. `None` for the first sample of a stream, which has nothing to be
/// compared with, and for a container that is not running.
pub(super) fn usage(sample: &ContainerStatsResponse) -> Option<Usage> {
    let (current, previous) = (sample.cpu_stats.as_ref()?, sample.precpu_stats.as_ref()?);
    let total = |stats: &bollard::models::ContainerCpuStats| stats.cpu_usage.as_ref()?.total_usage;
    let memory = sample.memory_stats.as_ref()?;
    let used = memory.usage?;
    // cgroup v1 calls it `total_inactive_file`, v2 `inactive_file`.
    let cache = memory
        .stats
        .as_ref()
        .and_then(|stats| stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")).copied());
    let system = current.system_cpu_usage?.checked_sub(previous.system_cpu_usage.filter(|usage| *usage > 0)?)?;
    let container = total(current)?.saturating_sub(total(previous)?);
    let cores = current.online_cpus.filter(|cores| *cores > 0).unwrap_or(1);
    let cpu_percent = if system == 0 { 0.0 } else { container as f64 / system as f64 * f64::from(cores) * 100.0 };
    let memory_bytes = cache.filter(|cache| *cache < used).map_or(used, |cache| used - cache);
    Some(Usage { cpu_percent: cpu_percent as f32, memory_bytes })
}

/// Whether the container has ended, so that there is nothing left to measure.
pub(super) fn has_ended(sample: &ContainerStatsResponse) -> bool {
    let no_memory = sample.memory_stats.as_ref().is_none_or(|memory| memory.usage.unwrap_or_default() == 0);
    let no_cpu =
        sample.cpu_stats.as_ref().and_then(|stats| stats.cpu_usage.as_ref()?.total_usage).unwrap_or_default() == 0;
    no_memory && no_cpu
}

/// Converts an event. `None` if it can't affect the stack or an agent.
pub(super) fn engine_event(message: EventMessage) -> Option<EngineEvent> {
    let action = message.action?;
    let actor = message.actor.unwrap_or_default();
    let attributes: BTreeMap<String, String> = actor.attributes.unwrap_or_default().into_iter().collect();
    let name = attributes.get("name").cloned().unwrap_or_default();
    match message.typ? {
        EventMessageTypeEnum::CONTAINER => {
            let action = ContainerAction::from_engine(&action)?;
            Some(EngineEvent::Container { id: actor.id.unwrap_or_default(), name, action })
        }
        EventMessageTypeEnum::NETWORK => Some(match attributes.get("network").filter(|network| !network.is_empty()) {
            // Docker's event has the network as its actor and the container as an attribute. Podman's is the other way
            // around.
            Some(network) => EngineEvent::Network { name: network.clone(), container: actor.id },
            // Podman does not name a network that was removed. It may be the stack's.
            None if name.is_empty() => EngineEvent::Network { name: NETWORK.to_owned(), container: None },
            None => EngineEvent::Network { name, container: attributes.get("container").cloned() },
        }),
        EventMessageTypeEnum::VOLUME => Some(EngineEvent::Volume),
        EventMessageTypeEnum::IMAGE => Some(EngineEvent::Image),
        _ => None,
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
