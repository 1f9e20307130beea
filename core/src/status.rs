//! The state of the stack as people and scripts read it: what `status --json` prints is made of these types.

use serde::{Deserialize, Serialize};

use crate::{service::Service, timestamp::Timestamp};

/// The state of the stack in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// Six containers run and all six answer.
    Running,
    /// Some run or some do not answer yet.
    Partial,
    /// None runs.
    Stopped,
    /// The files were not made yet.
    NotInitialized,
    /// The Engine does not answer, so nothing is known.
    EngineUnreachable,
}

impl StackState {
    /// The word in `status --json`.
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

/// What a container is doing. The Engine's own words, and `missing` where there is no container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// There is no container of that name.
    Missing,
    /// Created, never started.
    Created,
    /// Its process runs.
    Running,
    /// Frozen.
    Paused,
    /// Between an exit and the next start, by its restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// Its process ended.
    Exited,
    /// The Engine could neither run nor remove it.
    Dead,
}

impl ContainerState {
    /// The word in `status --json`.
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

    /// Whether the container is up: it has a process, or will have one again by itself. It holds its ports.
    pub const fn is_up(self) -> bool {
        matches!(self, ContainerState::Running | ContainerState::Paused | ContainerState::Restarting)
    }

    /// The state of that name, as the Engine says it.
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
    /// The address on the host, as `127.0.0.1`.
    pub bind: String,
    /// The port on the host.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
}

/// What a container uses right now, measured by the Engine over the last second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Percent of one core.
    pub cpu_percent: f32,
    /// Bytes, without the page cache.
    pub memory_bytes: u64,
}

/// One service as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Which service.
    pub service: Service,
    /// The container's name.
    pub container: String,
    /// What the container does.
    pub state: ContainerState,
    /// The service's own readiness answer; never merely "the container is up".
    pub ready: bool,
    /// The image reference of the container, or the one that would be used.
    pub image: String,
    /// The version, read from the image's tag.
    pub version: Option<String>,
    /// When the container was last started; only while it runs.
    pub started_at: Option<Timestamp>,
    /// What is published on the host.
    pub ports: Vec<PublishedPort>,
    /// The service's own page, where it has one and it is published.
    pub url: Option<String>,
    /// What the readiness check saw last, in words, while the service is not ready (`HTTP 503: Ingester not ready`).
    pub waiting_for: Option<String>,
    /// What went wrong last, where something did (`exited with code 1 …`).
    pub problem: Option<String>,
    /// CPU and memory, while somebody watches.
    pub usage: Option<Usage>,
}

/// The Docker network of the agents and the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkStatus {
    /// Its name.
    pub name: String,
    /// Whether it exists.
    pub exists: bool,
}

/// What `status --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The whole stack in one word.
    pub stack: StackState,
    /// The network.
    pub network: NetworkStatus,
    /// The six services.
    pub services: Vec<ServiceStatus>,
}

/// The stack's state from its parts.
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

/// The version in an image reference: its tag without a leading `v`, where it looks like a version.
///
/// `grafana/loki:3.7.0@sha256:…` gives `3.7.0`; `registry:5000/x` and `x:latest` give nothing.
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
    fn the_version_is_the_tag_where_it_is_one() {
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
    fn every_container_state_reads_back_from_its_name() {
        for name in ["missing", "created", "running", "paused", "restarting", "removing", "exited", "dead"] {
            assert_eq!(ContainerState::from_name(name).map(ContainerState::name), Some(name));
        }
    }
}
