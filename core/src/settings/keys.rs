//! The table of keys: path, kind, default, meaning. Source of the defaults: Clawker v0.8.0's settings schema.

use super::values::{BindAddress, HostName, ImageRef, Milliseconds, Port, Retention, Switch, UrlPath};

/// What kind of value a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A host name.
    HostName,
    /// A TCP port.
    Port,
    /// An IP address to publish on.
    BindAddress,
    /// The path of an URL.
    UrlPath,
    /// A span of time in milliseconds.
    Milliseconds,
    /// How long something is kept, in days.
    Retention,
    /// `true` or `false`.
    Switch,
    /// An image reference.
    Image,
}

impl Kind {
    /// Says in one sentence what is wrong with a text of this kind.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Kind::Text => Ok(()),
            Kind::HostName => text.parse::<HostName>().map(drop),
            Kind::Port => text.parse::<Port>().map(drop),
            Kind::BindAddress => text.parse::<BindAddress>().map(drop),
            Kind::UrlPath => text.parse::<UrlPath>().map(drop),
            Kind::Milliseconds => text.parse::<Milliseconds>().map(drop),
            Kind::Retention => text.parse::<Retention>().map(drop),
            Kind::Switch => text.parse::<Switch>().map(drop),
            Kind::Image => text.parse::<ImageRef>().map(drop),
        }
    }
}

/// One key below `monitoring`.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Dotted, without `monitoring.`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The default, as one would write it; empty where there is none.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn key(path: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key { path, kind, default, meaning }
}

/// Every key that is known.
pub const KEYS: &[Key] = &[
    key(
        "otel_collector_endpoint",
        Kind::Text,
        "",
        "A collector elsewhere, to which agents send instead of this stack's",
    ),
    key("otel_collector_port", Kind::Port, "4318", "OTLP over HTTP: where agents send"),
    key("otel_collector_host", Kind::Text, "localhost", "Host name under which the collector is reached from the host"),
    key(
        "otel_collector_internal",
        Kind::HostName,
        "otel-collector",
        "Host name under which agents reach the collector",
    ),
    key("otel_grpc_port", Kind::Port, "4317", "OTLP over gRPC"),
    key("loki_port", Kind::Port, "3100", "Loki's HTTP API"),
    key("prometheus_port", Kind::Port, "9090", "Prometheus' pages and API"),
    key("jaeger_port", Kind::Port, "16686", "Jaeger's pages and API"),
    key("grafana_port", Kind::Port, "3000", "Grafana"),
    key(
        "prometheus_metrics_port",
        Kind::Port,
        "8889",
        "Where the collector offers metrics to Prometheus; not published",
    ),
    key("promtail_port", Kind::Port, "9080", "Promtail's own page"),
    key("bind_address", Kind::BindAddress, "127.0.0.1", "Address on the host on which ports are published"),
    key("telemetry.metrics_path", Kind::UrlPath, "/v1/metrics", "The collector's path for metrics"),
    key("telemetry.logs_path", Kind::UrlPath, "/v1/logs", "The collector's path for events"),
    key("telemetry.metric_export_interval_ms", Kind::Milliseconds, "10000", "How often agents send metrics"),
    key("telemetry.logs_export_interval_ms", Kind::Milliseconds, "5000", "How often agents send events"),
    key("telemetry.log_tool_details", Kind::Switch, "true", "Record tool inputs and outputs"),
    key("telemetry.log_user_prompts", Kind::Switch, "true", "Record prompts"),
    key("telemetry.include_account_uuid", Kind::Switch, "true", "Attach the Anthropic account id"),
    key("telemetry.include_session_id", Kind::Switch, "true", "Attach the session id"),
    key("retention.metrics", Kind::Retention, "30d", "How long Prometheus keeps metrics"),
    key("retention.logs", Kind::Retention, "30d", "How long Loki keeps events and the firewall's logs"),
    key("images.otel-collector", Kind::Image, "", "Another image for the collector"),
    key("images.prometheus", Kind::Image, "", "Another image for Prometheus"),
    key("images.loki", Kind::Image, "", "Another image for Loki"),
    key("images.jaeger", Kind::Image, "", "Another image for Jaeger"),
    key("images.grafana", Kind::Image, "", "Another image for Grafana"),
    key("images.promtail", Kind::Image, "", "Another image for Promtail"),
];

/// The default of a key; empty for a key that is not in the table.
pub(super) fn default_of(path: &str) -> &'static str {
    KEYS.iter().find(|key| key.path == path).map_or("", |key| key.default)
}
