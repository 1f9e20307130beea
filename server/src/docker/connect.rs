//! Where the Engine is: `DOCKER_HOST`, then the Docker context, then the well-known sockets. Decides from an
//! environment and a view of the disk, both handed in; sends nothing.

use std::path::{Path, PathBuf};

use monitor_core::error::StackError;

use super::context;

/// The Engine's socket on a machine where Docker is installed in the ordinary way.
const ORDINARY_SOCKET: &str = "/var/run/docker.sock";

/// The address of an Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) address: Address,
    /// The socket lies in the home directory, where Docker Desktop and its likes put the near end of a way into a
    /// virtual machine; the Engine itself does not know that path.
    forwarded: bool,
}

/// How to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket on this machine.
    Unix(String),
    /// Plain HTTP.
    Tcp { host: String, port: u16 },
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(formatter, "unix://{path}"),
            Address::Tcp { host, port } => write!(formatter, "tcp://{host}:{port}"),
        }
    }
}

impl Endpoint {
    /// Paths that the Engine names are paths of this machine.
    pub(super) fn shares_this_disk(&self) -> bool {
        cfg!(target_os = "linux") && matches!(self.address, Address::Unix(_)) && !self.forwarded
    }
}

/// What may be asked of the disk.
pub(super) trait Disk {
    /// Whether something is there.
    fn exists(&self, path: &Path) -> bool;
    /// The text of a file that can be read.
    fn read(&self, path: &Path) -> Option<String>;
}

/// This machine's disk.
struct ThisDisk;

impl Disk for ThisDisk {
    fn exists(&self, path: &Path) -> bool {
        // A socket in a folder that this user may not enter is there all the same: the answer is then a matter of
        // permission, which is what has to be said.
        match path.try_exists() {
            Ok(there) => there,
            Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
        }
    }

    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
}

/// Finds the Engine the way the Docker CLI does, and then looks where Docker Desktop, rootless Docker and Podman put
/// their sockets. `env` gives a variable's value.
pub fn endpoint_from_environment(env: impl Fn(&str) -> Option<String>) -> Result<Endpoint, StackError> {
    decide(&env, &ThisDisk)
}

/// The decision itself.
pub(super) fn decide(env: &dyn Fn(&str) -> Option<String>, disk: &dyn Disk) -> Result<Endpoint, StackError> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let home = set("HOME").map(PathBuf::from);
    if let Some(host) = set("DOCKER_HOST") {
        let tls = set("DOCKER_TLS_VERIFY").is_some() || set("DOCKER_TLS").is_some();
        return parse(&host, tls, home.as_deref());
    }
    let config = set("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".docker")));
    if let Some(config) = config {
        let name = set("DOCKER_CONTEXT").or_else(|| context::current(&config, disk));
        if let Some(name) = name.filter(|name| name != context::DEFAULT) {
            let context = context::load(&config, &name, disk)?;
            return parse(&context.host, context.tls, home.as_deref());
        }
    }
    let candidates = well_known_sockets(home.as_deref(), set("XDG_RUNTIME_DIR").as_deref());
    match candidates.iter().find(|path| disk.exists(path)) {
        Some(path) => Ok(unix(path.to_string_lossy().into_owned(), home.as_deref())),
        None => {
            let looked_at: Vec<String> = candidates.iter().map(|path| format!("`{}`", path.display())).collect();
            Err(StackError::EngineUnreachable {
                endpoint: String::new(),
                detail: format!("no Docker socket was found at {}", looked_at.join(", ")),
            })
        }
    }
}

/// In the order in which they are tried.
fn well_known_sockets(home: Option<&Path>, runtime: Option<&str>) -> Vec<PathBuf> {
    let runtime = runtime.map(Path::new);
    [
        Some(PathBuf::from(ORDINARY_SOCKET)),
        runtime.map(|folder| folder.join("docker.sock")),
        home.map(|folder| folder.join(".docker/run/docker.sock")),
        home.map(|folder| folder.join(".docker/desktop/docker.sock")),
        runtime.map(|folder| folder.join("podman/podman.sock")),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn unix(path: String, home: Option<&Path>) -> Endpoint {
    let forwarded = home.is_some_and(|home| home.parent().is_some() && Path::new(&path).starts_with(home));
    Endpoint { address: Address::Unix(path), forwarded }
}

/// Reads an address as `DOCKER_HOST` and contexts hold it; without a scheme it is `tcp`, as for the Docker CLI.
fn parse(text: &str, tls: bool, home: Option<&Path>) -> Result<Endpoint, StackError> {
    let unsupported = |detail: &str| StackError::EndpointUnsupported { endpoint: text.into(), detail: detail.into() };
    let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
    match scheme {
        "unix" if rest.starts_with('/') => Ok(unix(rest.to_owned(), home)),
        "unix" => Err(unsupported("the path of the socket has to begin with `/`")),
        "tcp" | "http" if tls => Err(unsupported("it asks for TLS, which is not supported")),
        "tcp" | "http" => {
            let (host, port) = host_and_port(rest.trim_end_matches('/'))
                .ok_or_else(|| unsupported("it is not of the form `tcp://HOST:PORT`"))?;
            Ok(Endpoint { address: Address::Tcp { host, port }, forwarded: false })
        }
        "https" => Err(unsupported("it asks for TLS, which is not supported")),
        "ssh" => Err(unsupported("connections over `ssh` are not supported")),
        "npipe" => Err(unsupported("named pipes exist on Windows only")),
        _ => Err(unsupported("its scheme is none of `unix` and `tcp`")),
    }
}

/// `[::1]:2375`, `box:2375`, `box`. 2375 is the port that the Docker CLI assumes.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, 2375),
    };
    let plain = !host.is_empty() && !host.contains(['/', '?', '#', '@']);
    (plain && (host.starts_with('[') || !host.contains(':'))).then(|| (host.to_owned(), port))
}

/// The Engine's socket as a container on that Engine would mount it.
pub fn socket_for_containers(endpoint: &Endpoint) -> String {
    match &endpoint.address {
        Address::Unix(path) if !endpoint.forwarded => path.clone(),
        _ => ORDINARY_SOCKET.to_owned(),
    }
}

/// The machine on which published ports appear; `None` for this one.
pub fn host_of_published_ports(endpoint: &Endpoint) -> Option<String> {
    match &endpoint.address {
        Address::Unix(_) => None,
        Address::Tcp { host, .. } => {
            let name = host.trim_matches(['[', ']']);
            let loopback =
                name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
            (!loopback).then(|| host.clone())
        }
    }
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
