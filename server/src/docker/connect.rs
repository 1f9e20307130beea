//! Finds the Engine's address: `DOCKER_HOST`, then the Docker context, then the well-known sockets. Reads the environment
//! and files through parameters, so that tests can replace both. Sends nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use monitor_core::{doctor::PassedOver, error::StackError};

use super::context;
use crate::file_access::read_regular;

/// Larger files of the Docker CLI are not read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The Engine's socket in a default installation of Docker.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The address of an Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) address: Address,
    /// The socket is in the home directory, where Docker Desktop and similar products forward it from a virtual machine.
    /// The Engine itself doesn't know that path.
    forwarded: bool,
    /// What was passed over while looking for the address.
    passed_over: Vec<PassedOver>,
}

/// How an Engine is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A path on this machine.
    Unix(String),
    /// HTTP without TLS.
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
    /// What was passed over while looking for the address.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Whether paths that the Engine reports are paths on this machine.
    pub(super) fn shares_local_disk(&self) -> bool {
        cfg!(target_os = "linux") && matches!(self.address, Address::Unix(_)) && !self.forwarded
    }
}

/// Read access to files.
pub(super) trait Disk {
    /// Whether the path exists.
    fn exists(&self, path: &Path) -> bool;
    /// Whether this user may connect to the socket at this path.
    fn may_connect(&self, path: &Path) -> bool;
    /// The text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// The disk of this machine.
struct LocalDisk;

impl Disk for LocalDisk {
    fn exists(&self, path: &Path) -> bool {
        // A socket in a folder that this user can't open counts as present, so that the error is about permissions.
        match path.try_exists() {
            Ok(exists) => exists,
            Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
        }
    }

    fn may_connect(&self, path: &Path) -> bool {
        rustix::fs::access(path, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK).is_ok()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let bytes = read_regular(path, LARGEST_FILE)?.ok_or(io::ErrorKind::NotFound)?;
        String::from_utf8(bytes).map_err(|_invalid| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }
}

/// Finds the Engine like the Docker CLI does, then tries the sockets of Docker Desktop, rootless Docker and Podman. `env`
/// returns the value of a variable.
pub fn endpoint_from_environment(env: impl Fn(&str) -> Option<String>) -> Result<Endpoint, StackError> {
    find_endpoint(&env, &LocalDisk)
}

/// The same with another disk.
pub(super) fn find_endpoint(env: &dyn Fn(&str) -> Option<String>, disk: &dyn Disk) -> Result<Endpoint, StackError> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let home = set("HOME").map(PathBuf::from);
    if let Some(host) = set("DOCKER_HOST") {
        let tls = set("DOCKER_TLS_VERIFY").is_some() || set("DOCKER_TLS").is_some();
        return parse_host(&host, tls, home.as_deref());
    }
    let config = set("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".docker")));
    let mut passed_over = Vec::new();
    if let Some(config) = config {
        let name = set("DOCKER_CONTEXT").or_else(|| {
            context::current_name(&config, disk).unwrap_or_else(|problem| {
                passed_over.push(problem);
                None
            })
        });
        if let Some(name) = name.filter(|name| name != context::DEFAULT) {
            let context = context::load_context(&config, &name, disk)?;
            return parse_host(&context.host, context.tls, home.as_deref());
        }
    }
    let candidates = well_known_sockets(home.as_deref(), set("XDG_RUNTIME_DIR").as_deref());
    let existing: Vec<&PathBuf> = candidates.iter().filter(|path| disk.exists(path)).collect();
    // If this user may use none, the first one makes the error one about permissions.
    match existing.iter().find(|path| disk.may_connect(path)).or(existing.first()) {
        Some(path) => {
            let closed = existing.iter().take_while(|other| other != &path);
            passed_over.extend(closed.map(|closed| {
                let (closed, path) = (closed.display(), path.display());
                let what =
                    format!("this user isn't allowed to use the socket `{closed}`, so Docker is reached at `{path}`");
                let next = format!(
                    "set `DOCKER_HOST=unix://{path}` if that is the one, or add yourself to the docker group (`sudo \
                     usermod -aG docker $USER`) and log in again"
                );
                PassedOver { what, next }
            }));
            Ok(Endpoint { passed_over, ..unix_endpoint(path.to_string_lossy().into_owned(), home.as_deref()) })
        }
        None => {
            let tried: Vec<String> = candidates.iter().map(|path| format!("`{}`", path.display())).collect();
            Err(StackError::EngineUnreachable {
                endpoint: String::new(),
                detail: passed_over
                    .iter()
                    .fold(format!("no Docker socket found at {}", tried.join(", ")), |told, it| {
                        format!("{told}; {}", it.what)
                    }),
            })
        }
    }
}

/// The usual paths of sockets, in the order in which they are tried.
fn well_known_sockets(home: Option<&Path>, runtime: Option<&str>) -> Vec<PathBuf> {
    let runtime = runtime.map(Path::new);
    [
        Some(PathBuf::from(DEFAULT_SOCKET)),
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

fn unix_endpoint(path: String, home: Option<&Path>) -> Endpoint {
    let forwarded = home.is_some_and(|home| home.parent().is_some() && Path::new(&path).starts_with(home));
    Endpoint { address: Address::Unix(path), forwarded, passed_over: Vec::new() }
}

/// Parses an address from `DOCKER_HOST` or a context. Without a scheme it is `tcp`, as in the Docker CLI.
fn parse_host(text: &str, tls: bool, home: Option<&Path>) -> Result<Endpoint, StackError> {
    let unsupported = |detail: &str| StackError::EndpointUnsupported { endpoint: text.into(), detail: detail.into() };
    let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
    match scheme {
        "unix" if rest.starts_with('/') => Ok(unix_endpoint(rest.to_owned(), home)),
        "unix" => Err(unsupported("the path of the socket has to start with `/`")),
        "tcp" | "http" if tls => Err(unsupported("TLS is not supported")),
        "tcp" | "http" => {
            let (host, port) = host_and_port(rest.trim_end_matches('/'))
                .ok_or_else(|| unsupported("it is not of the form `tcp://HOST:PORT`"))?;
            Ok(Endpoint { address: Address::Tcp { host, port }, forwarded: false, passed_over: Vec::new() })
        }
        "https" => Err(unsupported("TLS is not supported")),
        "ssh" => Err(unsupported("connections over `ssh` are not supported")),
        "npipe" => Err(unsupported("named pipes are not supported")),
        _ => Err(unsupported("only the schemes `unix` and `tcp` are supported")),
    }
}

/// Splits `[::1]:2375`, `box:2375` or `box`. The default port is 2375, as in the Docker CLI.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, 2375),
    };
    let is_plain = !host.is_empty() && !host.contains(['/', '?', '#', '@']);
    (is_plain && (host.starts_with('[') || !host.contains(':'))).then(|| (host.to_owned(), port))
}

/// The path of the Engine's socket for a container on that Engine to mount.
pub fn socket_for_containers(endpoint: &Endpoint) -> String {
    match &endpoint.address {
        Address::Unix(path) if !endpoint.forwarded => path.clone(),
        _ => DEFAULT_SOCKET.to_owned(),
    }
}

/// The host on which published ports are reached. `None` for this machine.
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
