//! One typed model of the stack. `compose.yaml`, the requests to the Engine, and Docker Compose's config hash are all
//! derived from it, so they can't diverge.

mod build;
mod compose_hash;
pub mod internal_ports;
pub(crate) mod paths;
mod readiness;
mod services;

use std::{collections::BTreeMap, net::IpAddr};

pub(crate) use build::CONFIG_LABEL;
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
/// The network shared by agents, firewall, and stack.
pub const NETWORK: &str = "clawker-net";
/// Clawker ignores a network without this label.
pub const NETWORK_LABELS: [(&str, &str); 1] = [("dev.clawker.managed", "true")];

/// Facts about the machine that the stack needs in addition to the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    /// The absolute path of the monitor folder.
    pub directory: String,
    /// The Engine's socket as a container on that Engine can mount it, for example `/var/run/docker.sock`.
    pub docker_socket: String,
}

/// The whole stack as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSpec {
    /// The absolute path of the monitor folder, which is the Compose project's working directory.
    pub directory: String,
    /// The host address on which all ports are published.
    pub bind_address: IpAddr,
    /// The services in the order of `Service::ALL`.
    pub services: Vec<ServiceSpec>,
    /// The named volumes.
    pub volumes: Vec<VolumeSpec>,
}

impl StackSpec {
    /// The stack for these settings on this machine.
    pub fn new(settings: &Settings, facts: &HostFacts) -> StackSpec {
        build::stack(settings, facts)
    }

    /// The same without the label that stands for the mounted files, which takes far longer to compute than the rest. For
    /// looking at services, not for plans.
    pub fn without_config_label(settings: &Settings, facts: &HostFacts) -> StackSpec {
        build::unlabelled_stack(settings, facts)
    }

    /// The specification of one service.
    pub fn service(&self, service: Service) -> Option<&ServiceSpec> {
        self.services.iter().find(|spec| spec.service == service)
    }

    /// The absolute path of `compose.yaml`.
    pub fn compose_file(&self) -> String {
        format!("{}/compose.yaml", self.directory)
    }
}

/// A named volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSpec {
    /// The key in `compose.yaml`, for example `clawker-grafana`.
    pub key: String,
    /// The volume's name, for example `monitor_clawker-grafana`.
    pub name: String,
    /// Labels by name, without Compose's own.
    pub labels: BTreeMap<String, String>,
}

/// The specification of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSpec {
    /// The service, whose name is also the container's name.
    pub service: Service,
    /// The image to run.
    pub image: ImageRef,
    /// The command, one argument per item; empty for the image's default.
    pub command: Vec<String>,
    /// Environment variables by name.
    pub environment: BTreeMap<String, String>,
    /// Published TCP ports.
    pub ports: Vec<PublishedPort>,
    /// Mounted files and volumes, in the order of `compose.yaml`.
    pub mounts: Vec<Mount>,
    /// Labels by name, without Compose's own.
    pub labels: BTreeMap<String, String>,
    /// Services that have to be started first.
    pub depends_on: Vec<Service>,
    /// The user in the container; `None` for the image's default.
    pub user: Option<String>,
    /// Whether it runs without any of the kernel's capabilities, which Docker gives to user 0.
    pub drops_capabilities: bool,
    /// Memory limit in bytes.
    pub memory_limit_bytes: u64,
    /// A health check run by the Engine; `None` if the image has no program for it.
    pub healthcheck: Option<Healthcheck>,
    /// Additional names on the network.
    pub aliases: Vec<String>,
    /// How to check whether the service is ready.
    pub readiness: Readiness,
    /// Whether it has a web page at its first published port.
    pub has_page: bool,
}

/// Maximum size of a `json-file` log, the same for all services.
pub const LOG_MAX_SIZE: &str = "10m";
/// Maximum number of log files, the same for all services.
pub const LOG_MAX_FILES: &str = "3";
/// The restart policy, the same for all services.
pub const RESTART: &str = "unless-stopped";

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// A file of the host, mounted read-only.
    File {
        /// The absolute path on the host.
        source: String,
        /// The path in the container.
        target: String,
    },
    /// A named volume, mounted writable.
    Volume {
        /// The volume's key, for example `clawker-grafana`.
        key: String,
        /// The path in the container.
        target: String,
    },
}

/// A health check run by the Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    /// The command, run without a shell.
    pub command: Vec<String>,
    /// Seconds between checks.
    pub interval_seconds: u32,
    /// Timeout of one check in seconds.
    pub timeout_seconds: u32,
    /// Number of consecutive failures that make it unhealthy.
    pub retries: u32,
    /// Seconds after the start during which failures do not count.
    pub start_period_seconds: u32,
}

/// The labels by which Docker Compose recognizes a container as its own. `image_digest` is the ID of the image (`sha256:…`)
/// as in Docker's image inspect, or the digest of the manifest that is run, on an Engine that lists manifests.
///
/// Source: Compose 2.40.3 `pkg/api/labels.go`, `pkg/compose/create.go`; 5.6.0 `pkg/compose/images.go`.
pub fn compose_labels(stack: &StackSpec, spec: &ServiceSpec, image_digest: &str) -> BTreeMap<String, String> {
    let depends_on: Vec<String> =
        spec.depends_on.iter().map(|service| format!("{service}:service_started:false")).collect();
    [
        ("project", PROJECT.to_owned()),
        ("service", spec.service.name().to_owned()),
        ("config-hash", service_config_hash(spec)),
        ("container-number", "1".to_owned()),
        ("oneoff", "False".to_owned()),
        ("image", image_digest.to_owned()),
        ("depends_on", depends_on.join(",")),
        ("project.config_files", stack.compose_file()),
        ("project.working_dir", stack.directory.clone()),
        ("version", COMPOSE_VERSION.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("com.docker.compose.{name}"), value))
    .collect()
}

/// The labels by which Docker Compose recognizes a volume as its own.
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
