//! Builds the model of the stack from the settings: everything that the services share. `services` has the differences.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{HostFacts, Mount, PROJECT, ServiceSpec, StackSpec, VolumeSpec, services};
use crate::{
    files::{self, GeneratedFile},
    service::Service,
    settings::{ImageRef, Settings},
    status::PublishedPort,
};

/// Volume of Prometheus' samples.
pub(super) const PROMETHEUS_VOLUME: &str = "clawker-prometheus";
/// Volume of Loki's events and Promtail's read positions.
pub(super) const LOKI_VOLUME: &str = "clawker-loki";
/// Volume of the collector's queues.
pub(super) const COLLECTOR_VOLUME: &str = "clawker-otel-collector";
/// Volume of Jaeger's traces.
pub(super) const JAEGER_VOLUME: &str = "clawker-jaeger";
/// Volume of changes made in Grafana.
pub(super) const GRAFANA_VOLUME: &str = "clawker-grafana";

/// The default image of a service: tag and index digest as pinned by Clawker v0.8.0.
#[expect(clippy::unwrap_used, reason = "the six references are constants; a test parses every one of them")]
pub fn pinned_image(service: Service) -> ImageRef {
    let (name, digest) = match service {
        Service::OtelCollector => (
            "otel/opentelemetry-collector-contrib:0.148.0",
            "8164eab2e6bca9c9b0837a8d2f118a6618489008a839db7f9d6510e66be3923c",
        ),
        Service::Prometheus => {
            ("prom/prometheus:v3.10.0", "4a61322ac1103a0e3aea2a61ef1718422a48fa046441f299d71e660a3bc71ae9")
        }
        Service::Loki => ("grafana/loki:3.7.0", "c316b7c7589a5eeca843b6926c7446149d18300b79ac8538dc4ae063bc478da2"),
        Service::Jaeger => {
            ("jaegertracing/all-in-one:1.76.0", "ab6f1a1f0fb49ea08bcd19f6b84f6081d0d44b364b6de148e1798eb5816bacac")
        }
        Service::Grafana => {
            ("grafana/grafana:12.4.2", "83749231c3835e390a3144e5e940203e42b9589761f20ef3169c716e734ad505")
        }
        Service::Promtail => {
            ("grafana/promtail:3.6.0", "2aafa34b3d5fba888c51081d3a22c234906ffd3cafc5def11c581549b297d449")
        }
    };
    format!("{name}@sha256:{digest}").parse().unwrap()
}

pub(super) fn stack(settings: &Settings, facts: &HostFacts) -> StackSpec {
    let mut stack = unlabelled_stack(settings, facts);
    let configs = files::render_configs(settings);
    for spec in &mut stack.services {
        if let Some(digest) = config_digest(spec, &configs, facts) {
            spec.labels.insert(CONFIG_LABEL.to_owned(), digest);
        }
    }
    stack
}

/// The stack without `CONFIG_LABEL`.
pub(super) fn unlabelled_stack(settings: &Settings, facts: &HostFacts) -> StackSpec {
    let volumes = [COLLECTOR_VOLUME, PROMETHEUS_VOLUME, LOKI_VOLUME, JAEGER_VOLUME, GRAFANA_VOLUME]
        .map(|key| VolumeSpec { key: key.to_owned(), name: format!("{PROJECT}_{key}"), labels: clawker_labels() });
    let inputs = Inputs { settings, facts };
    let services = Service::ALL.map(|service| services::spec(service, &inputs));
    StackSpec {
        directory: facts.directory.clone(),
        bind_address: settings.bind_address,
        services: services.into(),
        volumes: volumes.into(),
    }
}

/// A label with the digest of the generated files that a container mounts.
///
/// Docker Compose's hash does not include mounted files: after a change of Loki's port, Grafana would keep running and
/// query the old port. The label is part of the hash, so Compose and the panel both recreate the container. (A restart
/// would be enough, but nothing would trigger it.)
pub(crate) const CONFIG_LABEL: &str = "dev.clawker.monitor.config";

fn config_digest(spec: &ServiceSpec, configs: &[GeneratedFile], facts: &HostFacts) -> Option<String> {
    let mut digest = Sha256::new();
    let mut any = false;
    for mount in &spec.mounts {
        let Mount::File { source, .. } = mount else { continue };
        let name = source.strip_prefix(&facts.directory).and_then(|rest| rest.strip_prefix('/'));
        if let Some(file) = configs.iter().find(|file| Some(file.name) == name) {
            digest.update(file.contents.as_bytes());
            any = true;
        }
    }
    // Eight bytes are enough to tell versions of one file apart.
    any.then(|| digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// The labels by which Clawker recognizes its monitoring.
pub(super) fn clawker_labels() -> BTreeMap<String, String> {
    strings([("dev.clawker.managed", "true"), ("dev.clawker.purpose", "monitoring")])
}

pub(super) fn strings<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The inputs from which every service is built.
pub(super) struct Inputs<'a> {
    pub settings: &'a Settings,
    pub facts: &'a HostFacts,
}

impl Inputs<'_> {
    /// The image from the settings, otherwise the pinned one.
    pub fn image(&self, service: Service) -> ImageRef {
        self.settings.images.get(&service).cloned().unwrap_or_else(|| pinned_image(service))
    }

    /// A configured port is used everywhere: a service listens on it in its container and is published under the same
    /// number, because agents and the firewall use that number on the network as well.
    pub fn published(&self, port: u16) -> PublishedPort {
        PublishedPort { bind: self.settings.bind_address.to_string(), host: port, container: port }
    }

    /// Mounts a generated file of the monitor folder.
    pub fn file(&self, name: &str, target: &str) -> Mount {
        Mount::File { source: format!("{}/{name}", self.facts.directory), target: target.to_owned() }
    }
}

/// Mounts a named volume.
pub(super) fn volume(key: &str, target: &str) -> Mount {
    Mount::Volume { key: key.to_owned(), target: target.to_owned() }
}

impl ServiceSpec {
    /// The port of its web page and its readiness check.
    pub fn main_port(&self) -> u16 {
        self.readiness.port
    }

    /// The setting with the number of a published port, for example `monitoring.grafana_port`.
    pub fn port_setting(&self, port: u16) -> String {
        match self.service {
            Service::OtelCollector if port == self.main_port() => "monitoring.otel_collector_port".into(),
            Service::OtelCollector => "monitoring.otel_grpc_port".into(),
            other => format!("monitoring.{other}_port"),
        }
    }
}
