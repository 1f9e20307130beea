//! The six services of the monitoring stack: their names and purposes. Ports and images are settings.

use serde::{Deserialize, Serialize};

/// A service of the stack, in the order of the data path, which is also the display order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Receives OTLP from the agents and routes it to the three stores.
    OtelCollector,
    /// Stores metrics.
    Prometheus,
    /// Stores events and logs.
    Loki,
    /// Stores traces.
    Jaeger,
    /// Shows the dashboards.
    Grafana,
    /// Reads the firewall's container logs and sends them to Loki.
    Promtail,
}

impl Service {
    /// All services, in the order of the data path.
    pub const ALL: [Service; 6] = [
        Service::OtelCollector,
        Service::Prometheus,
        Service::Loki,
        Service::Jaeger,
        Service::Grafana,
        Service::Promtail,
    ];

    /// The name in `compose.yaml`, which is also the container's name and its DNS name on the network.
    pub const fn name(self) -> &'static str {
        match self {
            Service::OtelCollector => "otel-collector",
            Service::Prometheus => "prometheus",
            Service::Loki => "loki",
            Service::Jaeger => "jaeger",
            Service::Grafana => "grafana",
            Service::Promtail => "promtail",
        }
    }

    /// The display name.
    pub const fn title(self) -> &'static str {
        match self {
            Service::OtelCollector => "Collector",
            Service::Prometheus => "Prometheus",
            Service::Loki => "Loki",
            Service::Jaeger => "Jaeger",
            Service::Grafana => "Grafana",
            Service::Promtail => "Promtail",
        }
    }

    /// What the service does, to follow its name in a sentence.
    pub const fn purpose(self) -> &'static str {
        match self {
            Service::OtelCollector => "receives telemetry from agents",
            Service::Prometheus => "stores metrics",
            Service::Loki => "stores events and logs",
            Service::Jaeger => "stores traces",
            Service::Grafana => "shows the dashboards",
            Service::Promtail => "collects the firewall's logs",
        }
    }

    /// Why the pinned image gets no further releases, if so.
    ///
    /// Sources: the Jaeger download page (v1 ended 2025-12-31), Grafana's Promtail documentation (ended 2026-03-02).
    pub const fn end_of_life(self) -> Option<&'static str> {
        match self {
            Service::Jaeger => Some("Jaeger v1 has had no releases since 2025-12-31."),
            Service::Promtail => Some("Promtail has had no releases since 2026-03-02."),
            _ => None,
        }
    }

    /// The service with this name in `compose.yaml`.
    pub fn from_name(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}
