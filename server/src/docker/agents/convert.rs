//! Converts inspected containers to agents and to evidence about the collector. Pure; tested with recorded responses.
//!
//! **Invariant:** environment variables of containers and images that are not about telemetry never leave this module.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use monitor_core::{
    agent_environment::is_telemetry,
    agents::{AgentContainer, ClawkerVariables, CollectorEvidence, ProxyVariables, SettingsFile, owner_in_variables},
    stack::NETWORK,
    status::ContainerState,
    timestamp::Timestamp,
};

use crate::docker::convert::state_from_name;

/// The container's name, without the Engine's slash.
pub(super) fn container_name(inspected: &ContainerInspectResponse) -> Option<&str> {
    inspected.name.as_deref().map(|name| name.trim_start_matches('/'))
}

/// Whether Clawker created the container for an agent, or Claude Code's telemetry is configured in it.
pub(super) fn is_agent(inspected: &ContainerInspectResponse) -> bool {
    let configures_telemetry =
        |line: &String| is_telemetry(variable_name(line)) && variable_name(line).starts_with("CLAUDE_CODE_");
    let Some(config) = &inspected.config else { return false };
    let is_stack = config.labels.as_ref().is_some_and(is_stack_container);
    let variables = config.env.as_deref().unwrap_or_default();
    is_managed_agent(inspected) || (!is_stack && variables.iter().any(configures_telemetry))
}

/// Whether Claude Code may run in a container that is not known to be an agent: a devcontainer, or one that names the
/// folder of Claude Code's configuration. Its settings files tell whether telemetry is configured there.
pub(super) fn may_run_claude_code(inspected: &ContainerInspectResponse) -> bool {
    const VARIABLES: [&str; 4] = ["CLAUDE_CONFIG_DIR", "DEVCONTAINER", "REMOTE_CONTAINERS", "CODESPACES"];
    const LABELS: [&str; 2] = ["devcontainer.metadata", "devcontainer.local_folder"];
    let Some(config) = &inspected.config else { return false };
    let has_label = |labels: &HashMap<String, String>| LABELS.iter().any(|label| labels.contains_key(*label));
    let is_stack = config.labels.as_ref().is_some_and(is_stack_container);
    let variables = config.env.as_deref().unwrap_or_default();
    let has_variable = variables.iter().any(|line| VARIABLES.contains(&variable_name(line)));
    !is_stack && (has_variable || config.labels.as_ref().is_some_and(has_label))
}

/// Whether Clawker's label says that the container belongs to the monitoring stack.
pub(super) fn is_stack_container(labels: &HashMap<String, String>) -> bool {
    labels.get("dev.clawker.purpose").is_some_and(|purpose| purpose == "monitoring")
}

/// Whether the container has the label that Clawker gives to agents (v0.8.0, `internal/docker/labels.go`).
pub(super) fn is_managed_agent(inspected: &ContainerInspectResponse) -> bool {
    clawker_label(inspected, "purpose").as_deref() == Some("agent")
}

/// The value of a Clawker label, without its prefix. `None` if it is missing or empty.
fn clawker_label(inspected: &ContainerInspectResponse, name: &str) -> Option<String> {
    let labels = inspected.config.as_ref()?.labels.as_ref()?;
    labels.get(&format!("dev.clawker.{name}")).filter(|value| !value.is_empty()).cloned()
}

fn variable_name(line: &str) -> &str {
    line.split_once('=').map_or(line, |(name, _)| name)
}

/// Filters `NAME=VALUE` lines to variables about telemetry.
pub(super) fn telemetry_variables(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| is_telemetry(variable_name(line))).collect()
}

/// Converts an agent's container. `image_environment` holds the telemetry variables of its image.
pub(super) fn agent_container(
    inspected: ContainerInspectResponse,
    image_environment: Option<Vec<String>>,
) -> AgentContainer {
    let managed = is_managed_agent(&inspected);
    let container = container_name(&inspected).unwrap_or_default().to_owned();
    let (project, agent, workdir) = (
        clawker_label(&inspected, "project"),
        clawker_label(&inspected, "agent"),
        clawker_label(&inspected, "workdir"),
    );
    let config = inspected.config.unwrap_or_default();
    let lines = config.env.unwrap_or_default();
    let proxy = ProxyVariables::read(lines.iter().map(String::as_str));
    let environment = telemetry_variables(lines);
    let state = inspected.state.unwrap_or_default();
    let current = state_of(state.status);
    let timestamp = |text: Option<&String>| text.and_then(|text| Timestamp::from_rfc3339(text));
    let mut networks = Vec::new();
    let mut addresses = Vec::new();
    for (name, endpoint) in inspected.network_settings.and_then(|settings| settings.networks).unwrap_or_default() {
        networks.push(name);
        let given = [endpoint.ip_address, endpoint.global_ipv6_address].into_iter().flatten();
        addresses.extend(given.filter(|address| !address.is_empty() && current.is_up()));
    }
    networks.sort();
    addresses.sort();
    let container = AgentContainer {
        id: inspected.id.unwrap_or_default(),
        container,
        managed,
        project,
        agent: agent.unwrap_or_default(),
        image: config.image.unwrap_or_default(),
        state: current,
        created_at: timestamp(inspected.created.as_ref()),
        started_at: timestamp(state.started_at.as_ref()),
        finished_at: timestamp(state.finished_at.as_ref()).filter(|_| !current.is_up()),
        workdir,
        networks,
        addresses,
        environment,
        proxy,
        image_environment,
        claude_version: None,
        settings_files: Vec::new(),
        clawker: ClawkerVariables::default(),
        files_read: false,
    };
    with_own_tags(container)
}

/// The same, with the project and agent that its variables and settings files name, if Clawker did not create it.
pub(super) fn with_settings(container: AgentContainer, settings_files: Vec<SettingsFile>) -> AgentContainer {
    with_own_tags(AgentContainer { settings_files, ..container })
}

fn with_own_tags(mut container: AgentContainer) -> AgentContainer {
    if !container.managed {
        let owner = owner_in_variables(&container);
        container.project = owner.project;
        container.agent = owner.agent.unwrap_or_default();
    }
    container
}

/// Converts a container to what Clawker's own check sees of it.
pub(super) fn collector_evidence(inspected: ContainerInspectResponse) -> CollectorEvidence {
    let networks = inspected.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let state = inspected.state.clone().unwrap_or_default();
    CollectorEvidence {
        container: container_name(&inspected).map(str::to_owned),
        running: state_of(state.status) == ContainerState::Running,
        labelled: clawker_label(&inspected, "managed").as_deref() == Some("true"),
        on_network: networks.is_some_and(|networks| networks.contains_key(NETWORK)),
        started_at: state.started_at.as_deref().and_then(Timestamp::from_rfc3339),
        created_at: inspected.created.as_deref().and_then(Timestamp::from_rfc3339),
        // The Engine writes year 1 while it has never stopped.
        finished_at: (state.finished_at.as_deref())
            .and_then(Timestamp::from_rfc3339)
            .filter(|at| at.unix_milliseconds() > 0),
    }
}

fn state_of(status: Option<ContainerStateStatusEnum>) -> ContainerState {
    status.map_or(ContainerState::Dead, |status| state_from_name(status.as_ref()))
}
