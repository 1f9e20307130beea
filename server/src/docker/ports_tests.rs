//! Which port failed and why, for the messages of different Engines.

use monitor_core::{
    service::Service,
    settings::Settings,
    stack::{HostFacts, StackSpec},
};

use super::*;

fn port(host: u16) -> PublishedPort {
    PublishedPort { bind: "127.0.0.1".into(), host, container: host }
}

#[test]
fn the_conflicting_port_is_found_in_the_message() {
    let wanted = [port(4317), port(4318)];
    for (words, expected) in [
        // Docker 20.10 to 27, the port is used by a container.
        (
            "driver failed programming external connectivity on endpoint otel-collector (3f1): Bind for 127.0.0.1:4318 failed: port is already allocated",
            Some(4318),
        ),
        // The same, the port is used by a process.
        (
            "driver failed programming external connectivity on endpoint otel-collector (3f1): Error starting userland proxy: listen tcp4 127.0.0.1:4317: bind: address already in use",
            Some(4317),
        ),
        // Docker 28 and later.
        (
            "failed to set up container networking: driver failed programming external connectivity on endpoint otel-collector (3f1): failed to bind host port 127.0.0.1:4318/tcp: address already in use",
            Some(4318),
        ),
        ("failed to bind host port for 127.0.0.1:4318:172.18.0.2:4317/tcp: address already in use", Some(4318)),
        // Rootless Docker.
        (
            "Error starting userland proxy: error while calling PortManager.AddPort(): listen tcp4 127.0.0.1:4317: bind: address already in use",
            Some(4317),
        ),
        // Docker Desktop.
        (
            "Ports are not available: exposing port TCP 127.0.0.1:4318 -> 127.0.0.1:0: listen tcp 127.0.0.1:4318: bind: address already in use",
            Some(4318),
        ),
        // Podman.
        ("rootlessport listen tcp 127.0.0.1:4317: bind: address already in use", Some(4317)),
        // A longer number is another port, and other errors are not conflicts.
        ("listen tcp4 127.0.0.1:43180: bind: address already in use", None),
        ("OCI runtime create failed: exec: \"x:4318\": executable file not found", None),
        ("", None),
    ] {
        assert_eq!(conflicting_port(&wanted, words).map(|port| port.host), expected, "{words}");
    }
    // A message without a port means the only one.
    assert_eq!(conflicting_port(&wanted[..1], "address already in use").map(|port| port.host), Some(4317));
}

#[test]
fn ports_that_cannot_be_published_are_told_apart_from_ports_in_use() {
    let facts = HostFacts { directory: "/data/monitor".into(), docker_socket: "/run/docker.sock".into() };
    let stack = StackSpec::new(&Settings::default(), &facts);
    let spec = stack.service(Service::Grafana).expect("a service");
    let field_of = |words: &str| match publish_error(spec, words) {
        Some(StackError::CannotPublish { field, port: 3000, .. }) => Some(field),
        Some(other) => panic!("{other}"),
        None => None,
    };
    for (words, expected) in [
        // Docker 20.10 to 27.
        (
            "driver failed programming external connectivity on endpoint grafana (3f1): Error starting userland proxy: listen tcp4 192.0.2.7:3000: bind: cannot assign requested address",
            Some("monitoring.bind_address"),
        ),
        // Docker 28 and later. The message begins like that of a conflict.
        (
            "failed to set up container networking: driver failed programming external connectivity on endpoint grafana (3f1): failed to bind host port 192.0.2.7:3000/tcp: cannot assign requested address",
            Some("monitoring.bind_address"),
        ),
        // Docker Desktop on macOS.
        (
            "Ports are not available: exposing port TCP 192.0.2.7:3000 -> 127.0.0.1:0: listen tcp 192.0.2.7:3000: bind: can't assign requested address",
            Some("monitoring.bind_address"),
        ),
        // Rootless Docker.
        (
            "Error starting userland proxy: error while calling PortManager.AddPort(): cannot expose privileged port 3000, you can add 'net.ipv4.ip_unprivileged_port_start=3000' to /etc/sysctl.conf",
            Some("monitoring.grafana_port"),
        ),
        ("failed to bind host port 127.0.0.1:3000/tcp: address already in use", None),
    ] {
        assert_eq!(field_of(words).as_deref(), expected, "{words}");
    }
}
