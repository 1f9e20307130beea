//! The `monitoring` section of Clawker's `settings.yaml`: its keys, their meaning, and their defaults.
//!
//! Values are parsed, not validated: a `Port` can't hold 0. All problems are reported at once. This module does not
//! know where the text comes from (a file, a form); `read` converts YAML to the same plain values that a form submits.

mod change;
#[cfg(feature = "engine")]
mod edit;
mod image;
mod keys;
mod kind;
mod presets;
mod privacy;
#[cfg(feature = "engine")]
mod read;
mod values;

use std::{collections::BTreeMap, net::IpAddr};

pub use change::Change;
#[cfg(feature = "engine")]
pub use edit::edit;
pub use image::ImageRef;
pub use keys::{AgentNeed, Group, KEYS, Key, Needs};
pub use kind::Kind;
pub use presets::{PRESETS, Preset};
#[cfg(feature = "engine")]
pub use read::{check_limits, misspelled_keys, read, read_values};
pub use values::{Milliseconds, Port, Retention, UrlPath};

use serde::{Deserialize, Serialize};

use crate::{problem::Problem, service::Service};

/// A value as it was written, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawValue {
    /// The text of the scalar, without quotes.
    pub text: String,
    /// The line in the file, counted from 1; `None` if the value is not from a file.
    pub line: Option<u32>,
}

/// Values by dotted key below `monitoring`, for example `telemetry.metrics_path`. Missing keys have their defaults.
pub type RawValues = BTreeMap<String, RawValue>;

/// The settings of the stack, all of them valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// URL of an external collector that agents send to instead of the stack's; usually `None`.
    pub otel_collector_endpoint: Option<String>,
    /// Port of OTLP over HTTP.
    pub otel_collector_port: Port,
    /// The collector's host name as seen from the host. Clawker stores it without using it.
    pub otel_collector_host: String,
    /// The collector's host name as seen from agents.
    pub otel_collector_internal: String,
    /// Port of OTLP over gRPC.
    pub otel_grpc_port: Port,
    /// Port of Loki's HTTP API.
    pub loki_port: Port,
    /// Port of Prometheus' web UI and API.
    pub prometheus_port: Port,
    /// Port of Jaeger's web UI and API.
    pub jaeger_port: Port,
    /// Port of Grafana's web UI.
    pub grafana_port: Port,
    /// Port where Prometheus scrapes the agents' metrics from the collector; not published on the host.
    pub prometheus_metrics_port: Port,
    /// Port of Promtail's status page.
    pub promtail_port: Port,
    /// The host address on which ports are published.
    pub bind_address: IpAddr,
    /// What agents send, and how often.
    pub telemetry: Telemetry,
    /// How long data is kept.
    pub retention: Retentions,
    /// Images that override the pinned ones.
    pub images: BTreeMap<Service, ImageRef>,
}

/// What agents record and send. Clawker sets these values in agent images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// The collector's URL path for metrics.
    pub metrics_path: UrlPath,
    /// The collector's URL path for events.
    pub logs_path: UrlPath,
    /// Export interval of metrics.
    pub metric_export_interval: Milliseconds,
    /// Export interval of events.
    pub logs_export_interval: Milliseconds,
    /// Whether tool inputs and error messages are recorded.
    pub log_tool_details: bool,
    /// Whether prompts and answers are recorded.
    pub log_user_prompts: bool,
    /// Whether the Anthropic account ID is attached.
    pub include_account_uuid: bool,
    /// Whether the session ID is attached.
    pub include_session_id: bool,
}

/// How long data is kept. Traces are limited by number instead, and lost when Jaeger restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retentions {
    /// Retention of Prometheus' samples.
    pub metrics: Retention,
    /// Retention of Loki's events and logs.
    pub logs: Retention,
}

impl Default for Settings {
    #[expect(clippy::unwrap_used, reason = "the defaults of `KEYS` are constants; a test parses every one of them")]
    fn default() -> Self {
        Settings::from_values(&RawValues::new()).unwrap()
    }
}

impl Settings {
    /// Parses all values and reports all problems at once.
    pub fn from_values(values: &RawValues) -> Result<Settings, Vec<Problem>> {
        let mut reader = Reader { values, problems: Vec::new() };
        let mut images = BTreeMap::new();
        for service in Service::ALL {
            let key = format!("images.{service}");
            if let Some(image) = reader.parse_optional::<ImageRef>(&key) {
                images.insert(service, image);
            }
        }
        let parsed = (|| {
            Some(Settings {
                otel_collector_endpoint: reader
                    .parse_optional::<values::Url>("otel_collector_endpoint")
                    .map(|endpoint| endpoint.0),
                otel_collector_port: reader.parse("otel_collector_port")?,
                otel_collector_host: reader.parse::<values::PlainText>("otel_collector_host")?.0,
                otel_collector_internal: reader.parse::<values::HostName>("otel_collector_internal")?.0,
                otel_grpc_port: reader.parse("otel_grpc_port")?,
                loki_port: reader.parse("loki_port")?,
                prometheus_port: reader.parse("prometheus_port")?,
                jaeger_port: reader.parse("jaeger_port")?,
                grafana_port: reader.parse("grafana_port")?,
                prometheus_metrics_port: reader.parse("prometheus_metrics_port")?,
                promtail_port: reader.parse("promtail_port")?,
                bind_address: reader.parse::<values::BindAddress>("bind_address")?.0,
                telemetry: Telemetry {
                    metrics_path: reader.parse("telemetry.metrics_path")?,
                    logs_path: reader.parse("telemetry.logs_path")?,
                    metric_export_interval: reader.parse("telemetry.metric_export_interval_ms")?,
                    logs_export_interval: reader.parse("telemetry.logs_export_interval_ms")?,
                    log_tool_details: reader.parse::<values::Switch>("telemetry.log_tool_details")?.0,
                    log_user_prompts: reader.parse::<values::Switch>("telemetry.log_user_prompts")?.0,
                    include_account_uuid: reader.parse::<values::Switch>("telemetry.include_account_uuid")?.0,
                    include_session_id: reader.parse::<values::Switch>("telemetry.include_session_id")?.0,
                },
                retention: Retentions {
                    metrics: reader.parse("retention.metrics")?,
                    logs: reader.parse("retention.logs")?,
                },
                images,
            })
        })();
        // The closure stops at the first invalid value; check all keys for the full list.
        if parsed.is_none() || !reader.problems.is_empty() {
            reader.problems.clear();
            for key in KEYS {
                reader.check(key);
            }
        }
        reader.check_ports_differ();
        reader.check_collector_name();
        reader.check_paths_differ();
        match parsed {
            Some(settings) if reader.problems.is_empty() => Ok(settings),
            _ => Err(reader.problems),
        }
    }

    /// The ports that must be unique, with their keys.
    pub fn ports(&self) -> [(&'static str, Port); 8] {
        [
            ("otel_collector_port", self.otel_collector_port),
            ("otel_grpc_port", self.otel_grpc_port),
            ("prometheus_metrics_port", self.prometheus_metrics_port),
            ("prometheus_port", self.prometheus_port),
            ("loki_port", self.loki_port),
            ("jaeger_port", self.jaeger_port),
            ("grafana_port", self.grafana_port),
            ("promtail_port", self.promtail_port),
        ]
    }
}

impl Settings {
    /// The value of a key as it would be written; empty if it has none or the key is unknown.
    pub fn value(&self, path: &str) -> String {
        let telemetry = &self.telemetry;
        if let Some((_, port)) = self.ports().into_iter().find(|(key, _)| *key == path) {
            return port.to_string();
        }
        if let Some(service) = path.strip_prefix("images.").and_then(Service::from_name) {
            return self.images.get(&service).map(ToString::to_string).unwrap_or_default();
        }
        match path {
            "otel_collector_endpoint" => self.otel_collector_endpoint.clone().unwrap_or_default(),
            "otel_collector_host" => self.otel_collector_host.clone(),
            "otel_collector_internal" => self.otel_collector_internal.clone(),
            "bind_address" => self.bind_address.to_string(),
            "telemetry.metrics_path" => telemetry.metrics_path.as_str().to_owned(),
            "telemetry.logs_path" => telemetry.logs_path.as_str().to_owned(),
            "telemetry.metric_export_interval_ms" => telemetry.metric_export_interval.count().to_string(),
            "telemetry.logs_export_interval_ms" => telemetry.logs_export_interval.count().to_string(),
            "telemetry.log_tool_details" => telemetry.log_tool_details.to_string(),
            "telemetry.log_user_prompts" => telemetry.log_user_prompts.to_string(),
            "telemetry.include_account_uuid" => telemetry.include_account_uuid.to_string(),
            "telemetry.include_session_id" => telemetry.include_session_id.to_string(),
            "retention.metrics" => self.retention.metrics.to_string(),
            "retention.logs" => self.retention.logs.to_string(),
            _ => String::new(),
        }
    }
}

/// The collector's path for traces, which no setting changes.
const TRACES_PATH: &str = "/v1/traces";

struct Reader<'a> {
    values: &'a RawValues,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn parse<T>(&mut self, path: &str) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let raw = self.values.get(path);
        let text = raw.map_or_else(|| keys::default_of(path), |raw| raw.text.as_str());
        match text.parse() {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(path, message.to_string());
                None
            }
        }
    }

    /// An optional value; an empty text means none.
    fn parse_optional<T>(&mut self, path: &str) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.values.get(path).filter(|raw| !raw.text.is_empty())?;
        self.parse(path)
    }

    fn check(&mut self, key: &Key) {
        let Some(raw) = self.values.get(key.path) else { return };
        if let Err(message) = key.check(&raw.text) {
            self.problem(key.path, message);
        }
    }

    fn problem(&mut self, path: &str, message: String) {
        let line = self.values.get(path).and_then(|raw| raw.line);
        self.problems.push(Problem { field: format!("monitoring.{path}"), message, file: None, line });
    }

    /// The name becomes an alias of the collector on the network. With another service's name, requests would alternate
    /// between two containers.
    fn check_collector_name(&mut self) {
        let key = "otel_collector_internal";
        let named = self.values.get(key).and_then(|raw| Service::from_name(&raw.text.to_ascii_lowercase()));
        if let Some(service) = named.filter(|service| *service != Service::OtelCollector) {
            self.problem(
                key,
                format!("`{service}` is already the name of {} on the network; choose another one", service.title()),
            );
        }
    }

    /// Two services can't listen on one host port, nor two receivers on one port of the collector.
    fn check_ports_differ(&mut self) {
        let mut seen: BTreeMap<u16, &'static str> = BTreeMap::new();
        for key in KEYS.iter().filter(|key| key.kind == Kind::Port) {
            let text = self.values.get(key.path).map_or(key.default, |raw| raw.text.as_str());
            let Ok(port) = text.parse::<Port>() else { continue };
            match seen.get(&port.number()) {
                Some(other) => {
                    // Report the line that the user wrote.
                    let (field, other) =
                        if self.values.contains_key(key.path) { (key.path, *other) } else { (*other, key.path) };
                    self.problem(
                        field,
                        format!("{port} is already used by `monitoring.{other}`; each port must be unique"),
                    );
                }
                None => {
                    seen.insert(port.number(), key.path);
                }
            }
        }
    }

    /// The collector registers one handler for each path, and exits if two of them are equal (Go's `ServeMux` panics).
    fn check_paths_differ(&mut self) {
        let [metrics, events] = ["telemetry.metrics_path", "telemetry.logs_path"];
        let written = |key| self.values.get(key).map_or_else(|| keys::default_of(key), |raw| raw.text.as_str());
        let (metrics_path, events_path) = (written(metrics).to_owned(), written(events).to_owned());
        for (key, path) in [(metrics, &metrics_path), (events, &events_path)] {
            if path == TRACES_PATH {
                self.problem(key, format!("`{path}` is the collector's path for traces; choose another one"));
            }
        }
        if metrics_path == events_path && metrics_path != TRACES_PATH {
            // Report the line that the user wrote.
            let (field, other) = if self.values.contains_key(metrics) { (metrics, events) } else { (events, metrics) };
            self.problem(
                field,
                format!("`{metrics_path}` is already used by `monitoring.{other}`; the two paths must differ"),
            );
        }
    }
}

#[cfg(test)]
mod tests;
