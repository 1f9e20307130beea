//! Which port is taken, and by whom: reads the Engine's words, the list of containers, and on Linux `/proc`.

use std::{fs, net::IpAddr};

use monitor_core::{
    service::Service,
    stack::ServiceSpec,
    status::{ContainerState, PublishedPort},
};

use super::{client::Connection, connect::host_of_published_ports, observe};

/// What engines say when a port is taken: Docker with and without its userland proxy, rootless Docker, Docker Desktop,
/// Podman.
const CONFLICT_WORDS: [&str; 4] =
    ["port is already allocated", "address already in use", "ports are not available", "failed to bind host port"];

/// The port that the Engine could not bind, when that is what its words say.
pub(super) fn conflict<'a>(wanted: &'a [PublishedPort], words: &str) -> Option<&'a PublishedPort> {
    let lower = words.to_lowercase();
    if !CONFLICT_WORDS.iter().any(|conflict| lower.contains(conflict)) {
        return None;
    }
    let named = wanted.iter().filter_map(|port| Some((position_of(&lower, port.host)?, port)));
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

/// The setting that holds the port's number.
pub(super) fn setting(spec: &ServiceSpec, port: u16) -> String {
    let key = match spec.service {
        Service::OtelCollector if port == spec.readiness.port => "otel_collector_port".into(),
        Service::OtelCollector => "otel_grpc_port".into(),
        other => format!("{other}_port"),
    };
    format!("monitoring.{key}")
}

/// Who has the port: a container, or else a process of this machine. `None` where that cannot be found out.
pub(super) async fn holder(engine: &Connection, port: &PublishedPort, own_id: &str) -> Option<String> {
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
    tokio::task::spawn_blocking(move || process_listening_on(&bind, port)).await.ok().flatten()
}

/// Whether two addresses get in each other's way. IPv6's "everywhere" covers IPv4 as well, unless asked not to.
fn overlap(one: &str, other: &str) -> bool {
    let parse = |text: &str| text.parse::<IpAddr>().map(|address| address.to_canonical()).ok();
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => one == other || one.is_unspecified() || other.is_unspecified(),
        _ => true,
    }
}

/// ``process `nginx` (pid 812)``. Other users' processes are seen by root only.
fn process_listening_on(bind: &str, port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let inodes: Vec<u64> = tables.iter().flat_map(|table| listening_inodes(table, bind, port)).collect();
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    if links.is_empty() {
        return None;
    }
    let pids = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let holds = |pid: &u32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        descriptors
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
            .any(|target| target.to_str().is_some_and(|target| links.iter().any(|link| link == target)))
    };
    let pid = pids.into_iter().find(holds)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("process `{}` (pid {pid})", name.trim()))
}

/// The inodes of the sockets that listen on the port at an address that overlaps, from the text of `/proc/net/tcp` or
/// `tcp6` (proc_net_tcp(5): `sl local_address rem_address st … uid timeout inode`, all numbers hexadecimal but those
/// of uid and inode).
fn listening_inodes(table: &str, bind: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (address, at) = fields.get(1)?.split_once(':')?;
            let matches = *fields.get(3)? == LISTEN
                && u16::from_str_radix(at, 16).ok()? == port
                && overlap(&kernel_address(address)?.to_string(), bind);
            matches.then(|| fields.get(9)?.parse().ok()).flatten()
        })
        .collect()
}

/// The kernel prints addresses as 32-bit words in the machine's own byte order.
fn kernel_address(hex: &str) -> Option<IpAddr> {
    let words: Option<Vec<[u8; 4]>> = (0..hex.len())
        .step_by(8)
        .map(|at| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes()))
        .collect();
    let bytes = words?.concat();
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;
