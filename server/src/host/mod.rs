//! Facts about this machine: listening ports, free disk space, write access to folders. Knows nothing about Docker.

mod disk;
mod sockets;

pub use disk::{free_bytes, write_obstacle};
pub use sockets::{Listener, addresses_overlap, find_listener};

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
