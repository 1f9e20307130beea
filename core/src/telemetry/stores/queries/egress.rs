//! Queries on the firewall's logs: what Envoy let through or denied, and what CoreDNS did not resolve. The dashboard uses
//! the same conditions.
//!
//! Everything is decided from the fields as Promtail keeps them, so that lines recorded by earlier versions count as well.
//! A field that was null in Envoy's line does not exist, which LogQL reads as empty.

use super::logql::{any_of, count, last_seen};
use crate::telemetry::Range;

/// One line for each connection or request through Envoy.
pub const ENVOY: &str = r#"{service_name="envoy", source="envoy"}"#;

/// One line for each DNS lookup.
pub const COREDNS: &str = r#"{service_name="coredns"}"#;

/// Envoy's lines about what it denied. Connections without an allowed name have `proto="deny"`. A path rule or a `Host`
/// that is not allowed is answered by Envoy itself: status 403, and nothing was forwarded. A 403 from a server counts as
/// allowed. Source: Clawker v0.8.0, `envoy_config.go`.
pub const DENIED: &str = r#"proto="deny" or (response_code="403" and upstream_host="")"#;

/// The opposite of `DENIED`.
pub const ALLOWED: &str = r#"proto!="deny" and (response_code!="403" or upstream_host!="")"#;

/// CoreDNS' lines about names that it did not resolve, because no rule allows them or because they do not exist.
pub const UNRESOLVED: &str = r#"rcode="NXDOMAIN""#;

/// What a connection went to: the TLS server name, or the `Host` of plain HTTP. Without both, only the client is known.
const TARGET: &str = "domain, request_host, client_ip";

/// Address assignments of all owners with the time of the last announcement. All owners, because addresses are reused.
pub fn address_map() -> String {
    last_seen(r#"{service_name="envoy", source="agent_map"}"#, "7d", "project, agent, client_ip")
}

/// Number of connections from these addresses that Envoy allowed, by target.
pub fn allowed(addresses: &[String], range: Range) -> String {
    connections(addresses, ALLOWED, range)
}

/// Number of connections from these addresses that Envoy denied, by target.
pub fn denied(addresses: &[String], range: Range) -> String {
    connections(addresses, DENIED, range)
}

/// Number of lookups from these addresses that CoreDNS did not resolve, by `domain`.
pub fn unresolved(addresses: &[String], range: Range) -> String {
    let of = any_of(addresses);
    count(&format!("{COREDNS} | client_ip=~{of} | {UNRESOLVED}"), range.name(), "domain")
}

fn connections(addresses: &[String], condition: &str, range: Range) -> String {
    let of = any_of(addresses);
    count(&format!("{ENVOY} | client_ip=~{of} | {condition}"), range.name(), TARGET)
}
