//! An agent's outgoing connections.

use serde::{Deserialize, Serialize};

/// An agent's outgoing connections, as recorded by the firewall (Envoy and CoreDNS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// The container addresses that were queried; empty if none is known.
    pub addresses: Vec<String>,
    /// At most 200 domains: those with blocked traffic first, then by number of connections, descending.
    pub domains: Vec<Domain>,
}

/// Traffic to one domain within the range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// For example `api.anthropic.com`, without a trailing dot.
    pub name: String,
    /// Number of connections that Envoy allowed.
    pub allowed: u64,
    /// Number of connections that Envoy denied.
    pub denied: u64,
    /// Number of DNS lookups that CoreDNS answered with `NXDOMAIN`.
    pub unresolved: u64,
}
