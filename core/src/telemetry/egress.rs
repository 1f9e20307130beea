//! An agent's outgoing connections.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An agent's outgoing connections, as recorded by the firewall (Envoy and CoreDNS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// The container addresses that were queried; empty if none is known.
    pub addresses: Vec<String>,
    /// At most 200 destinations: those with blocked traffic first, then by number of connections, descending.
    pub destinations: Vec<Destination>,
}

/// Traffic to one destination within the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// What the connections went to.
    pub target: Target,
    /// Number of connections that Envoy allowed.
    pub allowed: u64,
    /// Number of connections that Envoy denied: no allowed name, a path rule, or a `Host` that is not allowed.
    pub denied: u64,
    /// Number of DNS lookups that CoreDNS answered with `NXDOMAIN`.
    pub unresolved: u64,
}

impl Destination {
    /// A destination without traffic.
    pub fn new(target: Target) -> Destination {
        Destination { target, allowed: 0, denied: 0, unresolved: 0 }
    }
}

/// What a connection went to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A host name in lower case without a trailing dot, for example `api.anthropic.com`.
    Host(String),
    /// The connection had no name, for example SSH or a connection to an IP address. Envoy's logs don't have the original
    /// address, because the firewall redirects every connection to Envoy. This is the address of the agent's container.
    Unknown(String),
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Host(name) => formatter.write_str(name),
            Target::Unknown(from) => write!(formatter, "unknown from {from}"),
        }
    }
}
