//! The data sources' uids: fixed, because the dashboard and every link into Grafana name them.

/// Metrics.
pub const PROMETHEUS_UID: &str = "prometheus";
/// Events and logs.
pub const LOKI_UID: &str = "loki";
/// Traces.
pub const JAEGER_UID: &str = "jaeger";

/// A store that the dashboard and Explore ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// PromQL.
    Prometheus,
    /// LogQL.
    Loki,
}

impl Source {
    /// Its uid.
    pub const fn uid(self) -> &'static str {
        match self {
            Source::Prometheus => PROMETHEUS_UID,
            Source::Loki => LOKI_UID,
        }
    }

    /// Grafana's name for its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Source::Prometheus => "prometheus",
            Source::Loki => "loki",
        }
    }
}
