//! Finds the process that listens on a port of this machine: on Linux from the kernel's tables in `/proc`, elsewhere by
//! connecting. Ports are never bound, because a container that starts at that moment would fail.

use std::{
    fmt, fs,
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

/// What listens on a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listener {
    /// Nothing listens.
    None,
    /// A process listens; `None` if this user can't inspect it.
    Process(Option<Process>),
}

/// A process on this machine. Its text is ``process `nginx` (pid 812)``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The program's name.
    pub name: String,
    /// Its number.
    pub number: u32,
}

impl fmt::Display for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "process `{}` (pid {})", self.name, self.number)
    }
}

/// Finds what listens on the port, on this address or one that includes it.
pub fn find_listener(bind: &str, port: u16) -> Listener {
    if cfg!(target_os = "linux") {
        let inodes = listening_sockets(bind, port);
        if inodes.is_empty() { Listener::None } else { Listener::Process(process_with_socket(&inodes)) }
    } else if accepts_connections(bind, port) {
        Listener::Process(None)
    } else {
        Listener::None
    }
}

/// Whether a connection to the port succeeds.
fn accepts_connections(bind: &str, port: u16) -> bool {
    let address = match bind.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        Ok(address) => address,
        Err(_) => return false,
    };
    TcpStream::connect_timeout(&SocketAddr::new(address, port), Duration::from_millis(200)).is_ok()
}

/// Whether the same port on both addresses would conflict. `::` includes IPv4, as is the default on Linux.
pub fn addresses_overlap(one: &str, other: &str) -> bool {
    let parse = |text: &str| text.parse::<IpAddr>().map(|address| address.to_canonical()).ok();
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => one == other || one.is_unspecified() || other.is_unspecified(),
        _ => true,
    }
}

/// The inodes of the sockets that listen on the port.
fn listening_sockets(bind: &str, port: u16) -> Vec<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| listening_inodes(table, bind, port)).collect()
}

/// The process that owns one of the sockets. Only root can see processes of other users.
fn process_with_socket(inodes: &[u64]) -> Option<Process> {
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let pids = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let owns_socket = |pid: &u32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        descriptors
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
            .any(|target| target.to_str().is_some_and(|target| links.iter().any(|link| link == target)))
    };
    let pid = pids.into_iter().find(owns_socket)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(Process { name: name.trim().to_owned(), number: pid })
}

/// The inodes of the sockets that listen on the port at an address that overlaps, from the text of `/proc/net/tcp` or
/// `tcp6` (proc_net_tcp(5): `sl local_address rem_address st … uid timeout inode`, in hexadecimal except for uid and
/// inode).
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
                && addresses_overlap(&parse_kernel_address(address)?.to_string(), bind);
            matches.then(|| fields.get(9)?.parse().ok()).flatten()
        })
        .collect()
}

/// Parses an address in the kernel's format: 32-bit words in native byte order.
fn parse_kernel_address(hex: &str) -> Option<IpAddr> {
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
#[path = "sockets_tests.rs"]
mod tests;
