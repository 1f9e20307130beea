//! Which port could not be bound and why: reads the Engine's words, and asks its containers and this machine who has it.

use monitor_core::{
    error::StackError,
    stack::ServiceSpec,
    status::{ContainerState, PublishedPort},
};

use super::{client::Connection, connect::host_of_published_ports, observe};
use crate::{
    background::in_background,
    host::{Listener, listener, overlap},
};

/// What engines say when a port is taken: Docker with and without its userland proxy, rootless Docker, Docker Desktop,
/// Podman.
const CONFLICT_WORDS: [&str; 4] =
    ["port is already allocated", "address already in use", "ports are not available", "failed to bind host port"];

/// What they say when an address is not the machine's (Linux, macOS).
const ADDRESS_WORDS: [&str; 2] = ["cannot assign requested address", "can't assign requested address"];

/// What rootless engines say of ports below 1024.
const PRIVILEGE_WORDS: [&str; 2] = ["cannot expose privileged port", "bind: permission denied"];

/// The error for a port that the Engine could not bind, when that is what its words say.
pub(super) async fn error(engine: &Connection, spec: &ServiceSpec, words: &str, id: &str) -> Option<StackError> {
    if let Some(error) = unpublishable(spec, words) {
        return Some(error);
    }
    let port = conflict(&spec.ports, words)?;
    Some(StackError::PortTaken {
        service: spec.service,
        port: port.host,
        holder: holder(engine, port, id).await,
        field: spec.port_setting(port.host),
    })
}

/// The error for a port that nobody has and that cannot be bound all the same.
fn unpublishable(spec: &ServiceSpec, words: &str) -> Option<StackError> {
    let lower = words.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let port = named(&spec.ports, &lower)?;
    let (detail, field) = match (says(&ADDRESS_WORDS), says(&PRIVILEGE_WORDS)) {
        (true, _) => ("the Engine's machine has no such address".to_owned(), "monitoring.bind_address".to_owned()),
        (_, true) => ("the Engine may not use ports below 1024".to_owned(), spec.port_setting(port.host)),
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

/// The port that somebody else has, when that is what the Engine's words say.
fn conflict<'a>(wanted: &'a [PublishedPort], words: &str) -> Option<&'a PublishedPort> {
    let lower = words.to_lowercase();
    if !CONFLICT_WORDS.iter().any(|conflict| lower.contains(conflict)) {
        return None;
    }
    named(wanted, &lower)
}

/// The port that the words name; where they name none, the only one there is.
fn named<'a>(wanted: &'a [PublishedPort], words: &str) -> Option<&'a PublishedPort> {
    let named = wanted.iter().filter_map(|port| Some((position_of(words, port.host)?, port)));
    // `127.0.0.1:3000:172.18.0.2:4000`: the host's port is the first that is said.
    named.min_by_key(|(position, _)| *position).map(|(_, port)| port).or(match wanted {
        [only] => Some(only),
        _ => None,
    })
}

/// Where the words say `:3000`, not `:30001`.
fn position_of(words: &str, port: u16) -> Option<usize> {
    let sought = format!(":{port}");
    words
        .match_indices(&sought)
        .find(|(at, _)| !words[at + sought.len()..].starts_with(|next: char| next.is_ascii_digit()))
        .map(|(at, _)| at)
}

/// Who has the port: a container, or else a process of this machine. `None` where that cannot be found out.
async fn holder(engine: &Connection, port: &PublishedPort, own_id: &str) -> Option<String> {
    let containers = observe::list(engine).await.unwrap_or_default();
    let container = containers.into_iter().find(|container| {
        container.id != own_id
            && container.state == ContainerState::Running
            && container.ports.iter().any(|other| other.host == port.host && overlap(&other.bind, &port.bind))
    });
    if let Some(container) = container {
        return Some(format!("container `{}`", container.name));
    }
    // The process holds the port where the Engine is; only on this machine can it be looked for.
    if host_of_published_ports(&engine.endpoint).is_some() {
        return None;
    }
    let (bind, port) = (port.bind.clone(), port.host);
    match in_background(move || listener(&bind, port)).await {
        Listener::Process(process) => process,
        Listener::Nobody => None,
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;
