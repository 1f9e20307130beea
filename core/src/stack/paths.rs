//! Paths inside the containers, shared by the mounts and the files that refer to them.

pub(crate) const OTEL_CONFIG: &str = "/etc/otel-collector-config.yaml";

/// What the collector has accepted and a store does not have yet.
pub(crate) const OTEL_QUEUE: &str = "/var/lib/otelcol/queue";

/// Jaeger's traces.
pub(crate) const JAEGER_DATA: &str = "/badger";

pub(crate) const PROMETHEUS_CONFIG: &str = "/etc/prometheus/prometheus.yml";
pub(crate) const PROMETHEUS_VOLUME: &str = "/prometheus";
/// Clawker's own stack sets no path, so Prometheus uses `data` below its working folder. An existing volume is reused
/// with its samples.
pub(crate) const PROMETHEUS_DATA: &str = "/prometheus/data";

pub(crate) const LOKI_CONFIG: &str = "/etc/loki/local-config.yaml";
pub(crate) const LOKI_DATA: &str = "/loki";

pub(crate) const GRAFANA_DATASOURCES: &str = "/etc/grafana/provisioning/datasources/datasources.yaml";
pub(crate) const GRAFANA_PROVIDER: &str = "/etc/grafana/provisioning/dashboards/dashboards.yaml";
/// Outside Grafana's volume: mounting a file into a volume leaves an empty file in it.
pub(crate) const GRAFANA_DASHBOARD: &str = "/etc/grafana/dashboards/claude-code.json";
pub(crate) const GRAFANA_DASHBOARD_FOLDER: &str = "/etc/grafana/dashboards";
pub(crate) const GRAFANA_DATA: &str = "/var/lib/grafana";

pub(crate) const PROMTAIL_CONFIG: &str = "/etc/promtail/config.yaml";
pub(crate) const PROMTAIL_POSITIONS_FOLDER: &str = "/var/lib/promtail";
pub(crate) const DOCKER_SOCKET: &str = "/var/run/docker.sock";
