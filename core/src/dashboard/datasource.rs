//! The data sources' uids: fixed, because the dashboard and every link into Grafana name them.

/// Metrics.
pub const PROMETHEUS_UID: &str = "prometheus";
/// Events and logs.
pub const LOKI_UID: &str = "loki";
/// Traces.
pub const JAEGER_UID: &str = "jaeger";
