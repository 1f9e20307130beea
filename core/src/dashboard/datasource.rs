//! The UIDs of the data sources, which are fixed because the dashboard and all links use them.

/// The UID of the metrics data source.
pub const PROMETHEUS_UID: &str = "prometheus";
/// The UID of the events and logs data source.
pub const LOKI_UID: &str = "loki";
/// The UID of the traces data source.
pub const JAEGER_UID: &str = "jaeger";

/// A store that the dashboard and Explore query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Queried with PromQL.
    Prometheus,
    /// Queried with LogQL.
    Loki,
}

impl Source {
    /// The UID of its data source.
    pub const fn uid(self) -> &'static str {
        match self {
            Source::Prometheus => PROMETHEUS_UID,
            Source::Loki => LOKI_UID,
        }
    }

    /// Grafana's name of the data source type.
    pub const fn kind(self) -> &'static str {
        match self {
            Source::Prometheus => "prometheus",
            Source::Loki => "loki",
        }
    }
}
