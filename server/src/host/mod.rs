//! What this machine says of itself: who listens where, how much room a disk has, whether a folder can be written. Knows
//! nothing of Docker.

mod disk;
mod sockets;

pub use disk::{free_bytes, obstacle_to_writing};
pub use sockets::{Listener, listener, overlap};

/// Why nothing can listen at that address of this machine; `None` where something can.
pub fn obstacle_to_listening(address: std::net::IpAddr) -> Option<String> {
    // Port 0 lets the system choose, so that nobody's port is taken.
    match std::net::TcpListener::bind((address, 0)) {
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
            Some("this machine has no such address".into())
        }
        Err(error) => Some(error.to_string()),
    }
}
