//! The text of a service's row. Pure, so that the view only lays it out.

use monitor_core::{
    job::{Job, JobKind, Phase},
    live::{EngineState, Snapshot},
    service::Service,
    status::{ContainerState, ServiceStatus},
    timestamp::{Timestamp, format_duration},
};

use crate::{components::Tone, jobs::thousandths, words};

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortLink {
    /// The port on the host.
    pub number: String,
    /// The address and port it is bound to, shown on hover.
    pub bound: String,
    /// The address of the service's page, where it has one.
    pub page: Option<String>,
}

/// The progress of pulling the service's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// In thousandths.
    pub value: u32,
    /// `41 MB of 212 MB`.
    pub words: String,
}

/// The text of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The color and icon of the state.
    pub tone: Tone,
    /// The state in one or two words.
    pub word: &'static str,
    /// The container's state, for attributes.
    pub state: &'static str,
    /// The version of the image.
    pub version: String,
    /// Why the service is not ready, in the words of the service or the Engine.
    pub why: Option<String>,
    /// The pull of its image, while it runs.
    pub fetch: Option<PullProgress>,
    /// The published ports.
    pub ports: Vec<PortLink>,
    /// How long it has been running, and when it started.
    pub up: Option<(String, Timestamp)>,
    /// CPU, as `1.2%`.
    pub cpu: Option<String>,
    /// Memory, as `148 MB`.
    pub memory: Option<String>,
    /// Whether there is a container whose logs can be read.
    pub has_log: bool,
}

/// Describes a service.
pub fn row(snapshot: &Snapshot, now: Timestamp, service: Service) -> Row {
    let known = matches!(snapshot.engine, EngineState::Connected { .. });
    let Some(status) = snapshot.service(service).filter(|_| known) else {
        return unknown_row();
    };
    let job = snapshot.running_job();
    let (tone, word) = describe_state(status, job.and_then(|job| phase_of(job, service)));
    Row {
        tone,
        word,
        state: status.state.name(),
        version: status.version.clone().unwrap_or_default(),
        why: status
            .problem
            .as_deref()
            .or_else(|| status.waiting_for.as_deref().filter(|_| !status.ready))
            .map(words::sentence),
        fetch: job.and_then(|job| find_pull(job, &status.image)),
        ports: port_links(status),
        up: status.started_at.map(|started| (format_duration(now.seconds_since(started)), started)),
        cpu: status.usage.map(words::cpu),
        memory: status.usage.map(|usage| words::bytes(usage.memory_bytes)),
        has_log: status.state != ContainerState::Missing,
    }
}

fn unknown_row() -> Row {
    Row {
        tone: Tone::Off,
        word: "Unknown",
        state: "unknown",
        version: String::new(),
        why: None,
        fetch: None,
        ports: Vec::new(),
        up: None,
        cpu: None,
        memory: None,
        has_log: false,
    }
}

/// Describes the state: the phase of the running job, or else the state of the container.
pub fn describe_state(status: &ServiceStatus, phase: Option<(JobKind, Phase)>) -> (Tone, &'static str) {
    match phase {
        Some((_, Phase::Pulling)) => return (Tone::Busy, "Pulling image"),
        Some((_, Phase::Creating)) => return (Tone::Busy, "Creating"),
        Some((_, Phase::Starting)) => return (Tone::Busy, "Starting"),
        Some((_, Phase::AwaitingReadiness)) if !status.ready => return (Tone::Busy, "Getting ready"),
        Some((_, Phase::Stopping)) => return (Tone::Busy, "Stopping"),
        Some((JobKind::Up, Phase::Failed)) => return (Tone::Bad, "Failed"),
        Some((JobKind::Up, Phase::Waiting)) if status.state != ContainerState::Running => {
            return (Tone::Off, "Waiting");
        }
        _ => {}
    }
    match status.state {
        ContainerState::Missing => (Tone::Off, "Not created"),
        ContainerState::Created => (Tone::Off, "Created"),
        ContainerState::Running if status.ready => (Tone::Ok, "Ready"),
        ContainerState::Running => (Tone::Warn, "Not ready"),
        ContainerState::Paused => (Tone::Warn, "Paused"),
        ContainerState::Restarting => (Tone::Bad, "Restarting"),
        ContainerState::Removing => (Tone::Busy, "Removing"),
        ContainerState::Exited if status.problem.is_some() => (Tone::Bad, "Exited"),
        ContainerState::Exited => (Tone::Off, "Stopped"),
        ContainerState::Dead => (Tone::Bad, "Dead"),
    }
}

fn phase_of(job: &Job, service: Service) -> Option<(JobKind, Phase)> {
    job.steps.iter().find(|step| step.service == service).map(|step| (job.kind, step.phase))
}

fn find_pull(job: &Job, image: &str) -> Option<PullProgress> {
    let pull = job.pulls.iter().find(|pull| pull.image == image && !pull.complete)?;
    let bytes = format!("{} of {}", words::bytes(pull.fetched_bytes), words::bytes(pull.total_bytes));
    Some(PullProgress {
        value: thousandths(pull.fetched_bytes, pull.total_bytes),
        words: match pull.silent_seconds {
            0 => bytes,
            silent => format!("{bytes}, nothing for {}", format_duration(silent.into())),
        },
    })
}

fn port_links(status: &ServiceStatus) -> Vec<PortLink> {
    status
        .ports
        .iter()
        .map(|port| {
            let number = port.host.to_string();
            let page = status.url.clone().filter(|url| url.trim_end_matches('/').ends_with(&format!(":{number}")));
            PortLink { bound: port.address(), number, page }
        })
        .collect()
}
