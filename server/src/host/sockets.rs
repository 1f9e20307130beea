//! Who listens on a port of this machine: on Linux by the kernel's tables in `/proc`, elsewhere by trying. Nothing is ever
//! bound: a port that is tried by binding it is taken for that moment, and a container that starts just then fails.

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

/// What is known about a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listener {
    /// Nobody listens.
    Nobody,
    /// Somebody does: ``process `nginx` (pid 812)``, or `None` where this user may not see who.
    Process(Option<String>),
}

/// Who listens on that port, at that address or at one that covers it.
pub fn listener(bind: &str, port: u16) -> Listener {
    if cfg!(target_os = "linux") {
        let inodes = listening(bind, port);
        match inodes.is_empty() {
            true => Listener::Nobody,
            false => Listener::Process(process_with(&inodes)),
        }
    } else {
        match answers(bind, port) {
            true => Listener::Process(None),
            false => Listener::Nobody,
        }
    }
}

/// Whether a connection is accepted there.
fn answers(bind: &str, port: u16) -> bool {
    let address = match bind.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        Ok(address) => address,
        Err(_) => return false,
    };
    TcpStream::connect_timeout(&SocketAddr::new(address, port), Duration::from_millis(200)).is_ok()
}

/// Whether two addresses get in each other's way. IPv6's "everywhere" covers IPv4 as well, unless asked not to.
pub fn overlap(one: &str, other: &str) -> bool {
    let parse = |text: &str| text.parse::<IpAddr>().map(|address| address.to_canonical()).ok();
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => one == other || one.is_unspecified() || other.is_unspecified(),
        _ => true,
    }
}

/// The inodes of the sockets that listen there.
fn listening(bind: &str, port: u16) -> Vec<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| listening_inodes(table, bind, port)).collect()
}

/// ``process `nginx` (pid 812)``: who holds one of these sockets. Other users' processes are seen by root only.
fn process_with(inodes: &[u64]) -> Option<String> {
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
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
#[path = "sockets_tests.rs"]
mod tests;
