//! The state of the stack; `status --json` prints these types.

use serde::{Deserialize, Serialize};

use crate::{job::Job, service::Service, timestamp::Timestamp};

/// The state of the stack in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// All six containers are running and ready.
    Running,
    /// Some are not running or not ready.
    Partial,
    /// None is running.
    Stopped,
    /// The files have not been created yet.
    NotInitialized,
    /// Docker can't be reached, so the state is unknown.
    EngineUnreachable,
}

impl StackState {
    /// The name in `status --json`.
    pub const fn name(self) -> &'static str {
        match self {
            StackState::Running => "running",
            StackState::Partial => "partial",
            StackState::Stopped => "stopped",
            StackState::NotInitialized => "not_initialized",
            StackState::EngineUnreachable => "engine_unreachable",
        }
    }
}

/// State of a container, as Docker names it, plus `missing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// There is no container with this name.
    Missing,
    /// Created but never started.
    Created,
    /// Running.
    Running,
    /// Paused.
    Paused,
    /// Exited, and waiting for a restart by its restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// Exited.
    Exited,
    /// Docker could neither start nor remove it.
    Dead,
}

impl ContainerState {
    /// The name in `status --json`.
    pub const fn name(self) -> &'static str {
        match self {
            ContainerState::Missing => "missing",
            ContainerState::Created => "created",
            ContainerState::Running => "running",
            ContainerState::Paused => "paused",
            ContainerState::Restarting => "restarting",
            ContainerState::Removing => "removing",
            ContainerState::Exited => "exited",
            ContainerState::Dead => "dead",
        }
    }

    /// Whether it has a process, or will have one again without intervention. It then holds its ports.
    pub const fn is_up(self) -> bool {
        matches!(self, ContainerState::Running | ContainerState::Paused | ContainerState::Restarting)
    }

    /// The state with this name, as Docker spells it.
    pub fn from_name(name: &str) -> Option<ContainerState> {
        use ContainerState as S;
        [S::Missing, S::Created, S::Running, S::Paused, S::Restarting, S::Removing, S::Exited, S::Dead]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPort {
    /// The address on the host, for example `127.0.0.1`.
    pub bind: String,
    /// The port on the host.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
}

impl PublishedPort {
    /// The ports in the order in which they are shown, whatever order Docker or a file has.
    #[must_use]
    pub fn in_order(mut ports: Vec<PublishedPort>) -> Vec<PublishedPort> {
        ports.sort_by(|one, other| {
            (one.container, one.host, &one.bind).cmp(&(other.container, other.host, &other.bind))
        });
        ports
    }

    /// Address and port on the host, an IPv6 address in brackets.
    pub fn address(&self) -> String {
        let PublishedPort { bind, host, .. } = self;
        if bind.contains(':') { format!("[{bind}]:{host}") } else { format!("{bind}:{host}") }
    }
}

/// Resource usage of a container, measured by Docker over the last second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU in percent of one core.
    pub cpu_percent: f32,
    /// Memory in bytes, without the page cache.
    pub memory_bytes: u64,
}

/// The state of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The service.
    pub service: Service,
    /// The container's name.
    pub container: String,
    /// The container's state.
    pub state: ContainerState,
    /// Whether its readiness check succeeds. A running container alone does not make it ready.
    pub ready: bool,
    /// The image reference of its container, or of the one that would be created.
    pub image: String,
    /// The version from the image's tag; `None` if the tag is not a version.
    pub version: Option<String>,
    /// When the container was last started; `None` unless it is running.
    pub started_at: Option<Timestamp>,
    /// Ports published on the host, in the order of `PublishedPort::in_order`.
    pub ports: Vec<PublishedPort>,
    /// The URL of its web page; `None` if it has none or the page is not published.
    pub url: Option<String>,
    /// The last answer of the readiness check while it is not ready (`HTTP 503: Ingester not ready`).
    pub waiting_for: Option<String>,
    /// When it last answered the readiness check, or did not answer in time; `None` unless it is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// The last failure, if any (`exited with code 1 …`).
    pub problem: Option<String>,
    /// CPU and memory; `None` while nobody is watching.
    pub usage: Option<Usage>,
}

/// The Docker network of the agents and the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkStatus {
    /// The network's name.
    pub name: String,
    /// Whether it exists.
    pub exists: bool,
}

/// The output of `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The state of the whole stack.
    pub stack: StackState,
    /// The network `clawker-net`.
    pub network: NetworkStatus,
    /// The six services, in the order of `Service::ALL`.
    pub services: Vec<ServiceStatus>,
    /// What a process is doing to the stack right now, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
}

/// Computes the state of the stack from its parts.
pub fn stack_state(engine_answers: bool, initialized: bool, services: &[ServiceStatus]) -> StackState {
    let running = services.iter().filter(|service| service.state == ContainerState::Running).count();
    let alive = services.iter().any(|service| {
        matches!(service.state, ContainerState::Running | ContainerState::Restarting | ContainerState::Paused)
    });
    match () {
        () if !engine_answers => StackState::EngineUnreachable,
        () if running == Service::ALL.len() && services.iter().all(|service| service.ready) => StackState::Running,
        () if alive => StackState::Partial,
        () if !initialized => StackState::NotInitialized,
        () => StackState::Stopped,
    }
}

/// The version in an image reference: its tag without a leading `v`, if it looks like a version.
///
/// `grafana/loki:3.7.0@sha256:…` gives `3.7.0`; `registry:5000/x` and `x:latest` give `None`.
pub fn version_in(image: &str) -> Option<String> {
    let without_digest = image.split('@').next().unwrap_or(image);
    let (_, tag) = without_digest.rsplit_once(':')?;
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    (!tag.contains('/') && tag.starts_with(|first: char| first.is_ascii_digit())).then(|| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_tag() {
        for (image, version) in [
            ("grafana/loki:3.7.0@sha256:c316", Some("3.7.0")),
            ("prom/prometheus:v3.10.0", Some("3.10.0")),
            ("registry:5000/grafana", None),
            ("grafana:latest", None),
            ("grafana", None),
        ] {
            assert_eq!(version_in(image).as_deref(), version, "{image}");
        }
    }

    #[test]
    fn an_ipv6_address_has_brackets_before_the_port() {
        let address = |bind: &str| PublishedPort { bind: bind.to_owned(), host: 3000, container: 3000 }.address();
        assert_eq!([address("127.0.0.1"), address("::1")], ["127.0.0.1:3000", "[::1]:3000"]);
    }

    #[test]
    fn every_container_state_parses_from_its_name() {
        for name in ["missing", "created", "running", "paused", "restarting", "removing", "exited", "dead"] {
            assert_eq!(ContainerState::from_name(name).map(ContainerState::name), Some(name));
        }
    }
}
