//! One typed model of the stack. `compose.yaml`, what the Engine is asked to create, and Docker Compose's config hash
//! are all made from it, so that the three cannot drift apart.

mod build;
mod compose_hash;
pub mod internal_ports;
pub(crate) mod paths;
mod readiness;
mod services;

use std::{collections::BTreeMap, net::IpAddr};

pub use build::pinned_image;
pub use compose_hash::{service_config_hash, volume_config_hash};
pub use readiness::{Expectation, Readiness};

use crate::{
    service::Service,
    settings::{ImageRef, Settings},
    status::PublishedPort,
};

/// The Compose project: the base name of the monitor folder in every Clawker installation.
pub const PROJECT: &str = "monitor";
/// The network that agents, firewall and stack share.
pub const NETWORK: &str = "clawker-net";
/// Clawker treats a network without this label as absent.
pub const NETWORK_LABELS: [(&str, &str); 1] = [("dev.clawker.managed", "true")];

/// What the machine adds to the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    /// The monitor folder, absolute.
    pub directory: String,
    /// The Engine's socket as a container on that Engine would mount it, as `/var/run/docker.sock`.
    pub docker_socket: String,
}

/// The whole stack as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSpec {
    /// The monitor folder, absolute; the Compose project's working directory.
    pub directory: String,
    /// The address on the host on which every port is published.
    pub bind_address: IpAddr,
    /// In the order of `Service::ALL`.
    pub services: Vec<ServiceSpec>,
    /// Named volumes.
    pub volumes: Vec<VolumeSpec>,
}

impl StackSpec {
    /// The stack that these settings ask for on that machine.
    pub fn new(settings: &Settings, facts: &HostFacts) -> StackSpec {
        build::stack(settings, facts)
    }

    /// One service.
    pub fn service(&self, service: Service) -> Option<&ServiceSpec> {
        self.services.iter().find(|spec| spec.service == service)
    }

    /// The file that Compose reads, absolute.
    pub fn compose_file(&self) -> String {
        format!("{}/compose.yaml", self.directory)
    }
}

/// A named volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSpec {
    /// The key in `compose.yaml`, as `clawker-grafana`.
    pub key: String,
    /// The volume's own name, as `monitor_clawker-grafana`.
    pub name: String,
    /// Its labels, without Compose's own.
    pub labels: BTreeMap<String, String>,
}

/// One container as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSpec {
    /// Which service. Its name is also the container's name.
    pub service: Service,
    /// The image.
    pub image: ImageRef,
    /// The command, one argument an item; empty for the image's own.
    pub command: Vec<String>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Published ports, all TCP.
    pub ports: Vec<PublishedPort>,
    /// Files and volumes, in the order of `compose.yaml`.
    pub mounts: Vec<Mount>,
    /// Labels, without Compose's own.
    pub labels: BTreeMap<String, String>,
    /// Services that are started first.
    pub depends_on: Vec<Service>,
    /// The user in the container, where it is not the image's own.
    pub user: Option<String>,
    /// Bytes of memory it may use at most.
    pub memory_limit_bytes: u64,
    /// A check that the Engine runs in the container, where the image holds a program that can.
    pub healthcheck: Option<Healthcheck>,
    /// Further names on the network, beside the service's own.
    pub aliases: Vec<String>,
    /// How to ask the service whether it is ready.
    pub readiness: Readiness,
    /// Whether it has a page for people at its first published port.
    pub has_page: bool,
}

/// Log rotation, the same for all: `json-file`, this size, this many files.
pub const LOG_MAX_SIZE: &str = "10m";
/// See `LOG_MAX_SIZE`.
pub const LOG_MAX_FILES: &str = "3";
/// The restart policy, the same for all.
pub const RESTART: &str = "unless-stopped";

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// A file of the host, read-only.
    File {
        /// Absolute path on the host.
        source: String,
        /// Path in the container.
        target: String,
    },
    /// A named volume, writable.
    Volume {
        /// Its key, as `clawker-grafana`.
        key: String,
        /// Path in the container.
        target: String,
    },
}

/// A health check run by the Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    /// The command, executed without a shell.
    pub command: Vec<String>,
    /// Seconds between checks.
    pub interval_seconds: u32,
    /// Seconds after which a check has failed.
    pub timeout_seconds: u32,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
    /// Seconds after the start during which failures do not count.
    pub start_period_seconds: u32,
}

/// The labels with which Docker Compose marks a container as its own, for `spec` in `stack`, running the image with
/// that id (`sha256:…`, as the Engine's image inspect gives it).
///
/// Source: Compose 2.40.3 `pkg/api/labels.go`, `pkg/compose/create.go`.
pub fn compose_labels(stack: &StackSpec, spec: &ServiceSpec, image_id: &str) -> BTreeMap<String, String> {
    let depends_on: Vec<String> =
        spec.depends_on.iter().map(|service| format!("{service}:service_started:false")).collect();
    [
        ("project", PROJECT.to_owned()),
        ("service", spec.service.name().to_owned()),
        ("config-hash", service_config_hash(spec)),
        ("container-number", "1".to_owned()),
        ("oneoff", "False".to_owned()),
        ("image", image_id.to_owned()),
        ("depends_on", depends_on.join(",")),
        ("project.config_files", stack.compose_file()),
        ("project.working_dir", stack.directory.clone()),
        ("version", COMPOSE_VERSION.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("com.docker.compose.{name}"), value))
    .collect()
}

/// The labels with which Docker Compose marks a volume as its own.
pub fn compose_volume_labels(volume: &VolumeSpec) -> BTreeMap<String, String> {
    [
        ("project", PROJECT.to_owned()),
        ("volume", volume.key.clone()),
        ("config-hash", volume_config_hash(volume)),
        ("version", COMPOSE_VERSION.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("com.docker.compose.{name}"), value))
    .collect()
}

/// The Compose release whose labels and hashes are reproduced.
pub const COMPOSE_VERSION: &str = "2.40.3";

#[cfg(test)]
mod tests;
