//! The service that the stand-in simulates, and the small differences between them.

use std::str::FromStr;

/// One of the six services, by its name in `compose.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    OtelCollector,
    Prometheus,
    Loki,
    Jaeger,
    Grafana,
    Promtail,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Role::OtelCollector => "otel-collector",
            Role::Prometheus => "prometheus",
            Role::Loki => "loki",
            Role::Jaeger => "jaeger",
            Role::Grafana => "grafana",
            Role::Promtail => "promtail",
        }
    }

    /// The line that the real service logs once it has started.
    pub const fn started_message(self) -> &'static str {
        match self {
            Role::OtelCollector => "Everything is ready. Begin running and processing data.",
            Role::Prometheus => "Server is ready to receive web requests.",
            Role::Loki => "Loki started",
            Role::Jaeger => "Health Check state change",
            Role::Grafana => "HTTP Server Listen",
            Role::Promtail => "Starting Promtail",
        }
    }

    /// The path of the real service's readiness probe. Empty for the collector, which is probed with an OTLP request.
    pub const fn ready_path(self) -> &'static str {
        match self {
            Role::OtelCollector => "",
            Role::Prometheus => "/-/ready",
            Role::Loki | Role::Promtail => "/ready",
            Role::Jaeger => "/",
            Role::Grafana => "/api/health",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Role, String> {
        [Role::OtelCollector, Role::Prometheus, Role::Loki, Role::Jaeger, Role::Grafana, Role::Promtail]
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| format!("STAND_IN is `{name}`; allowed are the six services' names in compose.yaml"))
    }
}
