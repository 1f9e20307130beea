//! Facts about this machine: listening ports, free disk space, write access to folders. Knows nothing about Docker.

mod disk;
mod sockets;

use std::{io, net::SocketAddr};

use monitor_core::error::StackError;

pub use disk::{free_bytes, write_obstacle};
pub use sockets::{Listener, Process, addresses_overlap, find_listener};

/// Why it is not possible to listen on an address of this machine. `None` if it is.
pub fn listen_obstacle(address: std::net::IpAddr) -> Option<String> {
    // Port 0 lets the system choose a free port.
    match std::net::TcpListener::bind((address, 0)) {
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
            Some("this machine does not have this address".into())
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Why nothing can listen on an address. `setting` is the one with the port, if there is one.
pub fn cannot_listen(address: SocketAddr, setting: Option<&str>, error: &io::Error) -> StackError {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => "another program is using this port".to_owned(),
        io::ErrorKind::PermissionDenied => "this user isn't allowed to listen there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have this address".to_owned(),
        _ => error.to_string(),
    };
    StackError::CannotListen { address: address.to_string(), setting: setting.map(str::to_owned), detail: what }
}
