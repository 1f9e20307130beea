//! Inspected containers to agents and to the collector's evidence. Pure; tested with recorded answers.
//!
//! **Invariant:** of a container's and an image's variables only those about telemetry get past here.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use monitor_core::{
    agent_environment::is_telemetry,
    agents::{AgentContainer, CollectorEvidence},
    stack::NETWORK,
    status::ContainerState,
    timestamp::Timestamp,
};

use crate::docker::convert::state_named;

/// The container's name, without the Engine's slash.
pub(super) fn name(inspected: &ContainerInspectResponse) -> Option<&str> {
    inspected.name.as_deref().map(|name| name.trim_start_matches('/'))
}

/// Clawker made it for an agent, or it bears the variable by which Claude Code's telemetry is switched.
pub(super) fn is_agent(inspected: &ContainerInspectResponse) -> bool {
    let by_itself = |line: &String| {
        name_of(line) == "CLAUDE_CODE_ENABLE_TELEMETRY" || name_of(line).starts_with("CLAUDE_CODE_OTEL")
    };
    let Some(config) = &inspected.config else { return false };
    let of_the_stack = config.labels.as_ref().is_some_and(is_of_the_stack);
    let variables = config.env.as_deref().unwrap_or_default();
    is_clawkers_agent(inspected) || (!of_the_stack && variables.iter().any(by_itself))
}

/// Clawker's label says that the container monitors agents.
pub(super) fn is_of_the_stack(labels: &HashMap<String, String>) -> bool {
    labels.get("dev.clawker.purpose").is_some_and(|purpose| purpose == "monitoring")
}

/// By this label Clawker marks an agent's container (v0.8.0, `internal/docker/labels.go`).
fn is_clawkers_agent(inspected: &ContainerInspectResponse) -> bool {
    label(inspected, "purpose").as_deref() == Some("agent")
}

/// One of Clawker's labels; an empty one says nothing.
fn label(inspected: &ContainerInspectResponse, name: &str) -> Option<String> {
    let labels = inspected.config.as_ref()?.labels.as_ref()?;
    labels.get(&format!("dev.clawker.{name}")).filter(|value| !value.is_empty()).cloned()
}

fn name_of(line: &str) -> &str {
    line.split_once('=').map_or(line, |(name, _)| name)
}

/// Those about telemetry.
pub(super) fn telemetry(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| is_telemetry(name_of(line))).collect()
}

/// An agent. `baked` are the telemetry variables of its image.
pub(super) fn agent(inspected: ContainerInspectResponse, baked: Option<Vec<String>>) -> AgentContainer {
    let managed = is_clawkers_agent(&inspected);
    let container = name(&inspected).unwrap_or_default().to_owned();
    let (project, agent, workdir) =
        (label(&inspected, "project"), label(&inspected, "agent"), label(&inspected, "workdir"));
    let config = inspected.config.unwrap_or_default();
    let environment = telemetry(config.env.unwrap_or_default());
    let (project, agent) = match managed {
        true => (project, agent),
        false => (resource_attribute(&environment, "project"), resource_attribute(&environment, "agent")),
    };
    let state = inspected.state.unwrap_or_default();
    let now = state_of(state.status);
    let moment = |text: Option<&String>| text.and_then(|text| Timestamp::from_rfc3339(text));
    let mut networks = Vec::new();
    let mut addresses = Vec::new();
    for (name, endpoint) in inspected.network_settings.and_then(|settings| settings.networks).unwrap_or_default() {
        networks.push(name);
        let given = [endpoint.ip_address, endpoint.global_ipv6_address].into_iter().flatten();
        addresses.extend(given.filter(|address| !address.is_empty() && now.is_up()));
    }
    networks.sort();
    addresses.sort();
    AgentContainer {
        id: inspected.id.unwrap_or_default(),
        container,
        managed,
        project,
        agent: agent.unwrap_or_default(),
        image: config.image.unwrap_or_default(),
        state: now,
        created_at: moment(inspected.created.as_ref()),
        started_at: moment(state.started_at.as_ref()),
        finished_at: moment(state.finished_at.as_ref()).filter(|_| !now.is_up()),
        workdir,
        networks,
        addresses,
        environment,
        image_environment: baked,
        claude_version: None,
        managed_settings: None,
        agent_env: Vec::new(),
    }
}

/// The value of a key in `OTEL_RESOURCE_ATTRIBUTES`. Programs see the last line of a name.
fn resource_attribute(environment: &[String], key: &str) -> Option<String> {
    let line = environment.iter().rev().find(|line| name_of(line) == "OTEL_RESOURCE_ATTRIBUTES")?;
    let pairs = line.split_once('=')?.1.split(',').filter_map(|pair| pair.split_once('='));
    let value = pairs.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim()).next_back()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// What Clawker's own check would see of that container.
pub(super) fn collector(inspected: ContainerInspectResponse) -> CollectorEvidence {
    let networks = inspected.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let state = inspected.state.clone().unwrap_or_default();
    CollectorEvidence {
        container: name(&inspected).map(str::to_owned),
        running: state_of(state.status) == ContainerState::Running,
        labelled: label(&inspected, "managed").as_deref() == Some("true"),
        on_network: networks.is_some_and(|networks| networks.contains_key(NETWORK)),
        started_at: state.started_at.as_deref().and_then(Timestamp::from_rfc3339),
        created_at: inspected.created.as_deref().and_then(Timestamp::from_rfc3339),
    }
}

fn state_of(status: Option<ContainerStateStatusEnum>) -> ContainerState {
    status.map_or(ContainerState::Dead, |status| state_named(status.as_ref()))
}
