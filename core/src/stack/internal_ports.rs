//! Ports that programs open in their containers in addition to the configured ones. They are not reachable from
//! outside, but a configured port can collide with one: `jaeger_port: 4317` is fine on the host, but Jaeger already
//! receives traces there. Then the internal port moves, never the configured one.

use crate::settings::Settings;

/// The port where the collector sends traces to Jaeger: 4317 unless Jaeger's web UI uses it.
pub fn jaeger_otlp_grpc(settings: &Settings) -> u16 {
    first_free_port(4317, &[settings.jaeger_port.number()])
}

/// Jaeger's other ports, by the variable that sets each. Source: Jaeger 1.76 all-in-one, `--help`.
pub(super) fn jaeger_other_ports(settings: &Settings) -> [(&'static str, u16); 5] {
    let mut taken = vec![settings.jaeger_port.number(), jaeger_otlp_grpc(settings)];
    [
        ("COLLECTOR_OTLP_HTTP_HOST_PORT", 4318),
        ("QUERY_GRPC_SERVER_HOST_PORT", 16685),
        (JAEGER_ADMIN, 14269),
        ("COLLECTOR_HTTP_SERVER_HOST_PORT", 14268),
        ("COLLECTOR_GRPC_SERVER_HOST_PORT", 14250),
    ]
    .map(|(variable, usual)| {
        let port = first_free_port(usual, &taken);
        taken.push(port);
        (variable, port)
    })
}

const JAEGER_ADMIN: &str = "ADMIN_HTTP_HOST_PORT";

/// The port of Jaeger's own metrics: spans received and dropped.
pub fn jaeger_admin(settings: &Settings) -> u16 {
    let others = jaeger_other_ports(settings);
    others.iter().find(|(variable, _)| *variable == JAEGER_ADMIN).map_or(14269, |(_, port)| *port)
}

/// The port of the collector's own metrics: refused and dropped data points.
pub fn collector_self_metrics(settings: &Settings) -> u16 {
    let taken = [settings.otel_collector_port, settings.otel_grpc_port, settings.prometheus_metrics_port];
    first_free_port(8888, &taken.map(|port| port.number()))
}

/// The port of Loki's internal gRPC.
pub fn loki_grpc(settings: &Settings) -> u16 {
    first_free_port(9095, &[settings.loki_port.number()])
}

/// `usual`, or the next higher port that is not used in the container.
fn first_free_port(usual: u16, taken: &[u16]) -> u16 {
    (usual..=u16::MAX).find(|port| !taken.contains(port)).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_port_moves_only_if_it_collides() {
        assert_eq!(first_free_port(4317, &[16686]), 4317);
        assert_eq!(first_free_port(4317, &[4317]), 4318);
        assert_eq!(first_free_port(8888, &[8889, 8888, 8890]), 8891);
    }
}
