//! The Engine's models to the project's own types. Pure; tested with recorded answers.

use std::collections::BTreeMap;

use bollard::models::{
    ContainerInspectResponse, ContainerState as StateModel, ContainerStatsResponse, ContainerSummary, EventMessage,
    EventMessageTypeEnum, HealthStatusEnum, NetworkInspect, PortMap, PortSummary,
};
use monitor_core::{
    lifecycle::{ObservedContainer, ObservedNetwork},
    status::{ContainerState, PublishedPort, Usage},
    timestamp::Timestamp,
};

use crate::engine::{ContainerAction, ContainerDetail, EngineEvent};

/// A container of the list. What the list leaves out about containers that do not run, `completed` adds.
pub(super) fn summary(container: ContainerSummary) -> ObservedContainer {
    let names = container.names.unwrap_or_default();
    ObservedContainer {
        id: container.id.unwrap_or_default(),
        // Links give a container further names with more slashes in them.
        name: names
            .iter()
            .filter_map(|name| name.strip_prefix('/').or(Some(name)))
            .find(|name| !name.contains('/'))
            .unwrap_or_default()
            .to_owned(),
        image: container.image.unwrap_or_default(),
        image_id: container.image_id.unwrap_or_default(),
        state: container.state.map_or(ContainerState::Dead, |state| state_named(state.as_ref())),
        labels: container.labels.unwrap_or_default().into_iter().collect(),
        networks: network_ids(container.network_settings.and_then(|settings| settings.networks).unwrap_or_default()),
        ports: listed_ports(&container.ports.unwrap_or_default()),
    }
}

/// The same container with what only its inspection tells: the reference it was made from, even where that names
/// another image now, and the ports that it will publish when started.
pub(super) fn completed(listed: ObservedContainer, inspected: ContainerInspectResponse) -> ObservedContainer {
    let bindings = inspected.host_config.and_then(|host| host.port_bindings).unwrap_or_default();
    let ports = match listed.ports.is_empty() {
        true => wanted_ports(&bindings),
        false => listed.ports,
    };
    ObservedContainer {
        image: inspected.config.and_then(|config| config.image).unwrap_or(listed.image),
        ports,
        ..listed
    }
}

/// Podman says `configured` and `initialized` before the first start, `stopped` after the end and `stopping` between.
pub(super) fn state_named(name: &str) -> ContainerState {
    match name {
        "configured" | "initialized" => ContainerState::Created,
        "stopping" => ContainerState::Running,
        "stopped" => ContainerState::Exited,
        other => ContainerState::from_name(other).unwrap_or(ContainerState::Dead),
    }
}

/// A container that was never started may be attached by name alone: such an entry has no id, and its name stands in.
fn network_ids(networks: std::collections::HashMap<String, bollard::models::EndpointSettings>) -> Vec<String> {
    let mut ids: Vec<String> = networks
        .into_iter()
        .map(|(name, endpoint)| endpoint.network_id.filter(|id| !id.is_empty()).unwrap_or(name))
        .collect();
    ids.sort();
    ids
}

/// What a running container publishes. The Engine lists a port once for IPv4 and once for IPv6; the first is enough
/// where both stand for "everywhere".
fn listed_ports(ports: &[PortSummary]) -> Vec<PublishedPort> {
    let mut published: Vec<PublishedPort> = ports
        .iter()
        .filter_map(|port| {
            let bind = port.ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
            Some(PublishedPort { bind, host: port.public_port?, container: port.private_port })
        })
        .collect();
    published
        .sort_by(|one, other| (one.container, one.host, &one.bind).cmp(&(other.container, other.host, &other.bind)));
    let everywhere: Vec<(u16, u16)> =
        published.iter().filter(|port| port.bind == "0.0.0.0").map(|port| (port.host, port.container)).collect();
    published.retain(|port| port.bind != "::" || !everywhere.contains(&(port.host, port.container)));
    published.dedup();
    published
}

/// What a container is asked to publish.
fn wanted_ports(bindings: &PortMap) -> Vec<PublishedPort> {
    let mut published: Vec<PublishedPort> = bindings
        .iter()
        .flat_map(|(port, bindings)| bindings.iter().flatten().map(move |binding| (port, binding)))
        .filter_map(|(port, binding)| {
            let container = port.split('/').next()?.parse().ok()?;
            let host = binding.host_port.as_deref()?.parse().ok()?;
            let bind = binding.host_ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
            Some(PublishedPort { bind, host, container })
        })
        .collect();
    published.sort_by_key(|port| (port.container, port.host));
    published
}

/// The network.
pub(super) fn network(network: NetworkInspect) -> ObservedNetwork {
    ObservedNetwork {
        id: network.id.unwrap_or_default(),
        driver: network.driver.unwrap_or_default(),
        labels: network.labels.unwrap_or_default().into_iter().collect(),
        attached: network.containers.map_or(0, |containers| containers.len()),
    }
}

/// State, start and problem.
pub(super) fn detail(inspected: ContainerInspectResponse) -> ContainerDetail {
    let state = inspected.state.unwrap_or_default();
    let name = state.status.map(|status| status.to_string()).unwrap_or_default();
    let now = state_named(&name);
    let runs = now.is_up();
    ContainerDetail {
        state: now,
        started_at: state.started_at.as_deref().filter(|_| runs).and_then(Timestamp::from_rfc3339),
        problem: problem(now, &state),
    }
}

/// How a container ended, or what ails it. An end that somebody asked for is none: exit code 0, or 143, which is
/// SIGTERM's.
fn problem(now: ContainerState, state: &StateModel) -> Option<String> {
    let error = state.error.as_deref().map(str::trim).filter(|error| !error.is_empty());
    let code = state.exit_code.unwrap_or_default();
    let ended = match (state.oom_killed.unwrap_or_default(), code) {
        (true, _) => Some("was ended because it ran out of memory".to_owned()),
        (false, 0 | 143) => None,
        (false, 137) => Some("was killed (exit code 137)".to_owned()),
        (false, code) => Some(format!("exited with code {code}")),
    };
    match now {
        ContainerState::Running | ContainerState::Paused => {
            let health = state.health.as_ref().filter(|health| health.status == Some(HealthStatusEnum::UNHEALTHY))?;
            let output = health.log.as_ref().and_then(|log| log.last()?.output.clone()).unwrap_or_default();
            let output = output.trim().lines().last().unwrap_or_default().to_owned();
            Some(if output.is_empty() {
                "its health check fails".into()
            } else {
                format!("its health check fails: {output}")
            })
        }
        ContainerState::Restarting => {
            Some(ended.unwrap_or_else(|| format!("exited with code {code}")) + " and is being started again")
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

/// CPU and memory as `docker stats` computes them. `None` for the first sample of a stream, which has nothing to be
/// compared with, and for a container that does not run.
pub(super) fn usage(sample: &ContainerStatsResponse) -> Option<Usage> {
    let (now, before) = (sample.cpu_stats.as_ref()?, sample.precpu_stats.as_ref()?);
    let total = |stats: &bollard::models::ContainerCpuStats| stats.cpu_usage.as_ref()?.total_usage;
    let memory = sample.memory_stats.as_ref()?;
    let used = memory.usage?;
    // cgroup v1 calls it `total_inactive_file`, v2 `inactive_file`.
    let cache = memory
        .stats
        .as_ref()
        .and_then(|stats| stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")).copied());
    let system = now.system_cpu_usage?.checked_sub(before.system_cpu_usage.filter(|before| *before > 0)?)?;
    let container = total(now)?.saturating_sub(total(before)?);
    let cores = now.online_cpus.filter(|cores| *cores > 0).unwrap_or(1);
    let cpu_percent = if system == 0 { 0.0 } else { container as f64 / system as f64 * f64::from(cores) * 100.0 };
    let memory_bytes = cache.filter(|cache| *cache < used).map_or(used, |cache| used - cache);
    Some(Usage { cpu_percent: cpu_percent as f32, memory_bytes })
}

/// Whether a sample says that the container has ended: there is nothing left to measure.
pub(super) fn has_ended(sample: &ContainerStatsResponse) -> bool {
    let no_memory = sample.memory_stats.as_ref().is_none_or(|memory| memory.usage.unwrap_or_default() == 0);
    let no_cpu =
        sample.cpu_stats.as_ref().and_then(|stats| stats.cpu_usage.as_ref()?.total_usage).unwrap_or_default() == 0;
    no_memory && no_cpu
}

/// An event that may concern the stack or an agent; `None` for the rest.
pub(super) fn event(message: EventMessage) -> Option<EngineEvent> {
    let action = message.action?;
    let actor = message.actor.unwrap_or_default();
    let attributes: BTreeMap<String, String> = actor.attributes.unwrap_or_default().into_iter().collect();
    let name = attributes.get("name").cloned().unwrap_or_default();
    match message.typ? {
        EventMessageTypeEnum::CONTAINER => {
            let action = ContainerAction::from_engine(&action)?;
            Some(EngineEvent::Container { id: actor.id.unwrap_or_default(), name, action })
        }
        EventMessageTypeEnum::NETWORK => {
            Some(EngineEvent::Network { name, container: attributes.get("container").cloned() })
        }
        EventMessageTypeEnum::VOLUME => Some(EngineEvent::Volume),
        _ => None,
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
