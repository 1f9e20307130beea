//! Values for the templates of the services' configuration files. The templates' comments explain their contents.

use askama::Template;

use super::{
    derived_metrics::{BY_AGENT_ATTRIBUTES, DerivedMetric, derived_from_events, derived_from_metrics},
    rendered,
};
use crate::{
    dashboard::datasource,
    settings::{Retention, Settings},
    stack::{internal_ports, paths},
    telemetry::stores::queries::deltas::BY_AGENT,
};

/// How long the collector keeps the sums of a silent session, for scrapers of the cumulative form.
const SESSION_MEMORY: &str = "96h";

/// How old a point may be when Prometheus gets it, compared with its newest, in hours: the longest outage of Prometheus
/// that loses nothing.
pub const LONGEST_OUTAGE_HOURS: u64 = 24;

/// Sizes of the collector's queues on disk in bytes, one for each store. A simulated agent sends 430 kB of events an hour.
const METRICS_QUEUE_BYTES: u64 = 200_000_000;
const EVENTS_QUEUE_BYTES: u64 = 500_000_000;
const TRACES_QUEUE_BYTES: u64 = 100_000_000;

#[derive(Template)]
#[template(path = "otel-config.yaml", escape = "none")]
struct Otel<'a> {
    otlp_http_port: u16,
    otlp_grpc_port: u16,
    metrics_path: &'a str,
    logs_path: &'a str,
    account_ids: bool,
    session_memory: &'a str,
    metrics_port: u16,
    self_metrics_port: u16,
    prometheus_port: u16,
    loki_port: u16,
    jaeger_otlp_port: u16,
    queue_folder: &'a str,
    metrics_queue_bytes: u64,
    events_queue_bytes: u64,
    traces_queue_bytes: u64,
    /// By the signal that they are derived from, in the connector's names.
    derived: [(&'static str, Vec<DerivedMetric>); 2],
    by_agent: &'static str,
    by_agent_attributes: &'static [&'static str],
}

pub(super) fn otel(settings: &Settings) -> String {
    rendered(&Otel {
        otlp_http_port: settings.otel_collector_port.number(),
        otlp_grpc_port: settings.otel_grpc_port.number(),
        metrics_path: settings.telemetry.metrics_path.as_str(),
        logs_path: settings.telemetry.logs_path.as_str(),
        account_ids: settings.telemetry.include_account_uuid,
        session_memory: SESSION_MEMORY,
        metrics_port: settings.prometheus_metrics_port.number(),
        self_metrics_port: internal_ports::collector_self_metrics(settings),
        prometheus_port: settings.prometheus_port.number(),
        loki_port: settings.loki_port.number(),
        jaeger_otlp_port: internal_ports::jaeger_otlp_grpc(settings),
        queue_folder: paths::OTEL_QUEUE,
        metrics_queue_bytes: METRICS_QUEUE_BYTES,
        events_queue_bytes: EVENTS_QUEUE_BYTES,
        traces_queue_bytes: TRACES_QUEUE_BYTES,
        derived: [("logs", derived_from_events()), ("datapoints", derived_from_metrics())],
        by_agent_attributes: &BY_AGENT_ATTRIBUTES,
        by_agent: BY_AGENT.trim_end_matches('_'),
    })
}

#[derive(Template)]
#[template(path = "prometheus.yaml", escape = "none")]
struct Prometheus {
    retention: Retention,
    longest_outage_hours: u64,
    self_metrics_port: u16,
    loki_port: u16,
    prometheus_port: u16,
    promtail_port: u16,
    grafana_port: u16,
    jaeger_admin_port: u16,
}

pub(super) fn prometheus(settings: &Settings) -> String {
    rendered(&Prometheus {
        retention: settings.retention.metrics,
        longest_outage_hours: LONGEST_OUTAGE_HOURS,
        self_metrics_port: internal_ports::collector_self_metrics(settings),
        loki_port: settings.loki_port.number(),
        prometheus_port: settings.prometheus_port.number(),
        promtail_port: settings.promtail_port.number(),
        grafana_port: settings.grafana_port.number(),
        jaeger_admin_port: internal_ports::jaeger_admin(settings),
    })
}

#[derive(Template)]
#[template(path = "loki-config.yaml", escape = "none")]
struct Loki<'a> {
    loki_port: u16,
    grpc_port: u16,
    data: &'a str,
    retention: Retention,
}

pub(super) fn loki(settings: &Settings) -> String {
    rendered(&Loki {
        loki_port: settings.loki_port.number(),
        grpc_port: internal_ports::loki_grpc(settings),
        data: paths::LOKI_DATA,
        retention: settings.retention.logs,
    })
}

#[derive(Template)]
#[template(path = "grafana-datasources.yaml", escape = "none")]
struct Datasources<'a> {
    prometheus_uid: &'a str,
    prometheus_port: u16,
    loki_uid: &'a str,
    loki_port: u16,
    jaeger_uid: &'a str,
    jaeger_port: u16,
}

pub(super) fn datasources(settings: &Settings) -> String {
    rendered(&Datasources {
        prometheus_uid: datasource::PROMETHEUS_UID,
        prometheus_port: settings.prometheus_port.number(),
        loki_uid: datasource::LOKI_UID,
        loki_port: settings.loki_port.number(),
        jaeger_uid: datasource::JAEGER_UID,
        jaeger_port: settings.jaeger_port.number(),
    })
}

#[derive(Template)]
#[template(path = "grafana-dashboards.yaml", escape = "none")]
struct Provider<'a> {
    folder: &'a str,
}

pub(super) fn provider() -> String {
    rendered(&Provider { folder: paths::GRAFANA_DASHBOARD_FOLDER })
}

#[derive(Template)]
#[template(path = "promtail-config.yaml", escape = "none")]
struct Promtail<'a> {
    promtail_port: u16,
    loki_port: u16,
    positions_folder: &'a str,
    docker_socket: &'a str,
}

pub(super) fn promtail(settings: &Settings) -> String {
    rendered(&Promtail {
        promtail_port: settings.promtail_port.number(),
        loki_port: settings.loki_port.number(),
        positions_folder: paths::PROMTAIL_POSITIONS_FOLDER,
        docker_socket: paths::DOCKER_SOCKET,
    })
}
