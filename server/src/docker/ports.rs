//! Explains why a port could not be published: parses the Engine's message and finds what is using the port.

use monitor_core::{
    error::StackError,
    stack::ServiceSpec,
    status::{ContainerState, PublishedPort},
};

use super::{client::Connection, connect::host_of_published_ports, observe};
use crate::{
    background::in_background,
    host::{Listener, addresses_overlap, find_listener},
};

/// Messages if a port is in use: Docker with and without its userland proxy, rootless Docker, Docker Desktop, Podman.
const CONFLICT_MESSAGES: [&str; 4] =
    ["port is already allocated", "address already in use", "ports are not available", "failed to bind host port"];

/// Messages if the machine does not have the address (Linux, macOS).
const ADDRESS_MESSAGES: [&str; 2] = ["cannot assign requested address", "can't assign requested address"];

/// Messages of rootless Engines for ports below 1024.
const PRIVILEGE_MESSAGES: [&str; 2] = ["cannot expose privileged port", "bind: permission denied"];

/// The error for a port that the Engine could not bind. `None` if its message is about something else.
pub(super) async fn port_error(engine: &Connection, spec: &ServiceSpec, message: &str, id: &str) -> Option<StackError> {
    if let Some(error) = publish_error(spec, message) {
        return Some(error);
    }
    let port = conflicting_port(&spec.ports, message)?;
    Some(StackError::PortTaken {
        service: spec.service,
        port: port.host,
        holder: find_holder(engine, port, id).await,
        field: spec.port_setting(port.host),
    })
}

/// The error for a port that is free but can't be published.
fn publish_error(spec: &ServiceSpec, message: &str) -> Option<StackError> {
    let lower = message.to_lowercase();
    let says = |messages: &[&str]| messages.iter().any(|message| lower.contains(message));
    let port = mentioned_port(&spec.ports, &lower)?;
    let (detail, field) = match (says(&ADDRESS_MESSAGES), says(&PRIVILEGE_MESSAGES)) {
        (true, _) => ("the Engine's host does not have this address".to_owned(), "monitoring.bind_address".to_owned()),
        (_, true) => ("the Engine isn't allowed to use ports below 1024".to_owned(), spec.port_setting(port.host)),
        _ => return None,
    };
    Some(StackError::CannotPublish {
        service: spec.service,
        address: port.bind.clone(),
        port: port.host,
        detail,
        field,
    })
}

/// The port that is already in use, if the message says so.
fn conflicting_port<'a>(wanted: &'a [PublishedPort], message: &str) -> Option<&'a PublishedPort> {
    let lower = message.to_lowercase();
    if !CONFLICT_MESSAGES.iter().any(|conflict| lower.contains(conflict)) {
        return None;
    }
    mentioned_port(wanted, &lower)
}

/// The port that the message mentions. If it mentions none, the only one if there is just one.
fn mentioned_port<'a>(wanted: &'a [PublishedPort], message: &str) -> Option<&'a PublishedPort> {
    let mentioned = wanted.iter().filter_map(|port| Some((find_port(message, port.host)?, port)));
    // `127.0.0.1:3000:172.18.0.2:4000`: the first port is the host's.
    mentioned.min_by_key(|(position, _)| *position).map(|(_, port)| port).or(match wanted {
        [only] => Some(only),
        _ => None,
    })
}

/// The position of `:3000` in the message, but not of `:30001`.
fn find_port(message: &str, port: u16) -> Option<usize> {
    let sought = format!(":{port}");
    message
        .match_indices(&sought)
        .find(|(at, _)| !message[at + sought.len()..].starts_with(|next: char| next.is_ascii_digit()))
        .map(|(at, _)| at)
}

/// What is using the port: a container, or else a process on this machine. `None` if that is unknown.
async fn find_holder(engine: &Connection, port: &PublishedPort, own_id: &str) -> Option<String> {
    let containers = observe::list_containers(engine).await.unwrap_or_default();
    let container = containers.into_iter().find(|container| {
        container.id != own_id
            && container.state == ContainerState::Running
            && container.ports.iter().any(|other| other.host == port.host && addresses_overlap(&other.bind, &port.bind))
    });
    if let Some(container) = container {
        return Some(format!("container `{}`", container.name));
    }
    // The process runs on the Engine's host. It can be found only if that is this machine.
    if host_of_published_ports(&engine.endpoint).is_some() {
        return None;
    }
    let (bind, port) = (port.bind.clone(), port.host);
    match in_background(move || find_listener(&bind, port)).await {
        Listener::Process(process) => process.map(|process| process.to_string()),
        Listener::None => None,
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;
