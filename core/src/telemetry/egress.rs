//! Where an agent's connections went.

use serde::{Deserialize, Serialize};

/// Where an agent's connections went, as the firewall saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// The agent's addresses that were looked for; empty where none is known.
    pub addresses: Vec<String>,
    /// Domains, those blocked first, then by how often.
    pub domains: Vec<Domain>,
}

/// One domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// As `api.anthropic.com`.
    pub name: String,
    /// Connections let through.
    pub allowed: u64,
    /// Connections denied by Envoy.
    pub denied: u64,
    /// Lookups that CoreDNS did not resolve.
    pub unresolved: u64,
}
