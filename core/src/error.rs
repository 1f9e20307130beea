//! Everything that can go wrong, as one closed enum that crosses the wire: what happened, and the next step.
//!
//! Style: `Display` says what happened in one sentence, literals in backticks; `hint()` says what to do.

use serde::{Deserialize, Serialize};

use crate::{access::Action, job::JobKind, problem::Problem, service::Service};

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum StackError {
    /// Nothing answers at the Engine's address.
    #[error("can't reach {}: {detail}", engine_at(endpoint))]
    EngineUnreachable {
        /// As `unix:///var/run/docker.sock`; empty where no address was found.
        endpoint: String,
        /// The reason, as the system gave it.
        detail: String,
    },
    /// The socket is there, but this user may not use it.
    #[error("permission denied on the Docker socket `{endpoint}`")]
    EnginePermission {
        /// As `unix:///var/run/docker.sock`.
        endpoint: String,
    },
    /// The Engine speaks an API that is too old.
    #[error("the Docker Engine supports API {version}, but 1.41 or later is required")]
    EngineTooOld {
        /// The Engine's newest API version.
        version: String,
    },
    /// `DOCKER_CONTEXT` or `docker context use` names a context that is not there.
    #[error("the Docker context `{name}` does not exist")]
    ContextNotFound {
        /// The context's name.
        name: String,
    },
    /// The Engine's address is of a kind that cannot be used.
    #[error("the Docker endpoint `{endpoint}` is not supported: {detail}")]
    EndpointUnsupported {
        /// The address.
        endpoint: String,
        /// Why not.
        detail: String,
    },
    /// One or more settings are wrong.
    #[error("{}", problems_in_words(problems))]
    SettingsInvalid {
        /// All of them.
        problems: Vec<Problem>,
    },
    /// A change of settings cannot be made.
    #[error("{}", problems_in_words(problems))]
    ChangeRefused {
        /// Why, all of it.
        problems: Vec<Problem>,
    },
    /// There is no setting of that name.
    #[error("unknown setting `{key}`")]
    UnknownSetting {
        /// What was asked for.
        key: String,
        /// Settings of a similar name.
        near: Vec<String>,
    },
    /// The settings file is no longer the one that somebody looked at.
    #[error("`{file}` changed in the meantime; nothing was overwritten")]
    SettingsChanged {
        /// The settings file.
        file: String,
    },
    /// A job is at work, and what was asked for cannot be left to it.
    #[error("another job is running: {}", kind.description())]
    Busy {
        /// What it does.
        kind: JobKind,
    },
    /// The monitor folder has no files yet.
    #[error("the monitoring stack is not initialized: `{directory}` has no `compose.yaml`")]
    NotInitialized {
        /// The monitor folder.
        directory: String,
    },
    /// Files in the monitor folder do not match the settings.
    #[error("{} in `{directory}` {} not match the settings", backticked(files), if files.len() == 1 { "does" } else { "do" })]
    FilesDiffer {
        /// The files' names.
        files: Vec<String>,
        /// The monitor folder.
        directory: String,
    },
    /// The monitor folder belongs to the generation of Clawker's stack that came after this one.
    #[error(
        "`compose.yaml` in `{directory}` was written by a newer Clawker whose stack uses OpenSearch; it was not changed"
    )]
    OtherGeneration {
        /// The monitor folder.
        directory: String,
    },
    /// A file or folder could not be read or written.
    #[error("`{path}` could not be {verb}: {detail}")]
    File {
        /// The file or folder.
        path: String,
        /// `read`, `written`, `created`, `replaced`.
        verb: String,
        /// The reason, as the system gave it.
        detail: String,
    },
    /// A part of this program could not be started.
    #[error("can't start {component}: {detail}")]
    CannotStart {
        /// As `the HTTP client`.
        component: String,
        /// The reason, as the system gave it.
        detail: String,
    },
    /// The caller's role doesn't allow it.
    #[error("you aren't allowed to {action}")]
    NotAllowed {
        /// What was asked for.
        action: Action,
    },
    /// A port that a service needs on the host is in use.
    #[error("port {port} for {} is already in use{}", service.title(), by(holder))]
    PortTaken {
        /// Who wants it.
        service: Service,
        /// The port on the host.
        port: u16,
        /// Who has it, where that could be found out.
        holder: Option<String>,
        /// The setting that holds the number, as `monitoring.grafana_port`.
        field: String,
    },
    /// A port cannot be bound, though nobody has it.
    #[error("port {port} for {} cannot be published on `{address}`: {detail}", service.title())]
    CannotPublish {
        /// Who wants it.
        service: Service,
        /// The address on the host.
        address: String,
        /// The port on the host.
        port: u16,
        /// The reason.
        detail: String,
        /// The setting to change, as `monitoring.bind_address`.
        field: String,
    },
    /// An image is missing and could not be fetched.
    #[error("the image `{image}` for {} could not be pulled: {detail}", service.title())]
    PullFailed {
        /// For which service.
        service: Service,
        /// The image reference.
        image: String,
        /// The Engine's or the registry's words.
        detail: String,
    },
    /// A container that is not part of this stack has a name that a service needs.
    #[error("a container named `{name}` already exists and is not part of this stack (image `{image}`)")]
    ForeignContainer {
        /// The name.
        name: String,
        /// Its image.
        image: String,
        /// What owns it, as far as its labels say.
        owner: Option<String>,
    },
    /// A network of the name exists and cannot be used.
    #[error("the network `{name}` can't be used: {detail}")]
    ForeignNetwork {
        /// The network.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A container ended, or was never able to run.
    #[error("{} failed to start: {detail}", service.title())]
    ServiceFailed {
        /// Which service.
        service: Service,
        /// How it ended.
        detail: String,
        /// Its last log lines.
        log: Vec<String>,
    },
    /// A service runs but did not become ready in time.
    #[error("{} is running but was not ready after {waited_seconds} s: {detail}", service.title())]
    NotReady {
        /// Which service.
        service: Service,
        /// How long was waited.
        waited_seconds: u64,
        /// What its readiness check answered last.
        detail: String,
        /// Its last log lines.
        log: Vec<String>,
    },
    /// The Engine refused something about a service.
    #[error("{} could not be {verb}: {detail}", service.title())]
    Refused {
        /// Which service.
        service: Service,
        /// `created`, `started`, `stopped`, `removed`.
        verb: String,
        /// The Engine's words.
        detail: String,
    },
    /// The Engine refused something that concerns no single service.
    #[error("the Docker Engine refused to {what}: {detail}")]
    EngineRefused {
        /// What was asked, as `create the network clawker-net`.
        what: String,
        /// The Engine's words.
        detail: String,
    },
    /// There is no container of that service.
    #[error("{} has no container", service.title())]
    NoContainer {
        /// Which service.
        service: Service,
    },
    /// No container of an agent is called that.
    #[error("no agent is named `{agent}`")]
    UnknownAgent {
        /// A container's name, or whatever somebody took for an agent's.
        agent: String,
    },
    /// More than one agent is called that.
    #[error("`{agent}` matches several containers: {}", backticked(containers))]
    AmbiguousAgent {
        /// What somebody took for an agent's name.
        agent: String,
        /// The containers that may be meant.
        containers: Vec<String>,
    },
    /// Nobody takes telemetry where it was to be sent.
    #[error("no collector accepts telemetry at `{endpoint}`: {detail}")]
    NoCollector {
        /// The address, as `http://127.0.0.1:4318/v1/metrics`.
        endpoint: String,
        /// The system's reason, or the answer.
        detail: String,
    },
    /// The panel cannot listen where it was told to.
    #[error("the panel cannot listen on `{address}`: {detail}")]
    CannotListen {
        /// Address and port.
        address: String,
        /// Why not.
        detail: String,
    },
    /// The work was stopped before its end.
    #[error("canceled before it finished")]
    Cancelled,
    /// A fault of the panel; the log holds the whole chain under that id.
    #[error("unexpected error; see the log entry `{id}`")]
    Internal {
        /// The id in the log.
        id: String,
    },
}

impl StackError {
    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            StackError::EngineUnreachable { endpoint, .. } if endpoint.is_empty() => {
                "install Docker Engine (https://docs.docker.com/engine/install/) or Docker Desktop, then start it"
                    .into()
            }
            StackError::EngineUnreachable { .. } => {
                "start the Docker Engine (`sudo systemctl start docker`, or open Docker Desktop), or set `DOCKER_HOST`"
                    .into()
            }
            StackError::EnginePermission { .. } => {
                "add yourself to the docker group (`sudo usermod -aG docker $USER`) and log in again, or use rootless Docker"
                    .into()
            }
            StackError::EngineTooOld { .. } => "upgrade Docker Engine to 20.10 or later".into(),
            StackError::ContextNotFound { .. } => {
                "choose a context from `docker context ls` with `docker context use NAME`, or unset `DOCKER_CONTEXT`".into()
            }
            StackError::EndpointUnsupported { .. } => {
                "use a `unix://` or plain `tcp://` endpoint; for a remote Engine forward its socket: \
                 `ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`, then `DOCKER_HOST=unix:///tmp/docker.sock`"
                    .into()
            }
            StackError::SettingsInvalid { .. } => "fix the settings file; nothing was changed".into(),
            StackError::ChangeRefused { .. } => "fix the value and try again; nothing was changed".into(),
            StackError::UnknownSetting { near, .. } if near.is_empty() => {
                "run `clawker-monitor settings get` to list all settings".into()
            }
            StackError::UnknownSetting { near, .. } => {
                format!("did you mean {}? `clawker-monitor settings get` lists all settings", backticked(near))
            }
            StackError::SettingsChanged { .. } => "check the preview again; it shows the file as it is now".into(),
            StackError::Busy { .. } => "wait for it to finish or cancel it, then try again; nothing was changed".into(),
            StackError::NotInitialized { .. } => "run `clawker-monitor init`, or press Initialize".into(),
            StackError::FilesDiffer { .. } => {
                "run `clawker-monitor init --force`, or `clawker-monitor apply --replace-edited`, to write them anew; the \
                 present ones are kept as backups"
                    .into()
            }
            StackError::OtherGeneration { directory } => {
                format!(
                    "keep using `clawker monitor`, or remove that stack: `clawker monitor down`, `mv '{directory}' '{directory}.opensearch'`, then `clawker-monitor init`"
                )
            }
            StackError::File { .. } => {
                "check the folder's owner, permissions, and free disk space; nothing was lost".into()
            }
            StackError::CannotStart { .. } => {
                "check the limits on processes and open files (`ulimit -a`), then start it again".into()
            }
            StackError::NotAllowed { .. } => "ask the owner of this panel".into(),
            StackError::PortTaken { field, .. } => {
                format!("stop the program that uses it, or set `{field}` to a free port and run `clawker-monitor apply`")
            }
            StackError::CannotPublish { field, .. } if field.ends_with("bind_address") => {
                format!(
                    "set `{field}` to an address of this machine, such as `127.0.0.1`, and run `clawker-monitor apply`"
                )
            }
            StackError::CannotPublish { field, .. } => {
                format!("set `{field}` to 1024 or higher and run `clawker-monitor apply`")
            }
            StackError::PullFailed { service, .. } => {
                format!("check the network and the registry, or set `monitoring.images.{service}` to another image")
            }
            StackError::ForeignContainer { name, .. } => {
                format!(
                    "rename it (`docker rename {name} {name}-old`) or remove it (`docker rm {name}`), then start again"
                )
            }
            StackError::ForeignNetwork { name, .. } => {
                format!(
                    "disconnect its containers and remove it (`docker network rm {name}`); it is recreated at the next start"
                )
            }
            StackError::ServiceFailed { service, .. } | StackError::NotReady { service, .. } => {
                format!("check its log (`clawker-monitor logs {service}`); the other services were not changed")
            }
            StackError::Refused { service, .. } => {
                format!("see `docker inspect {service}`; the other services were not changed")
            }
            StackError::EngineRefused { .. } => {
                "check Docker's log (`journalctl -u docker`), then try again".into()
            }
            StackError::NoContainer { .. } => "start the stack first: `clawker-monitor up`".into(),
            StackError::UnknownAgent { .. } => "list agents with `clawker-monitor agents`".into(),
            StackError::AmbiguousAgent { .. } => "use `PROJECT/AGENT` or the container name".into(),
            StackError::NoCollector { .. } => {
                "start the stack (`clawker-monitor up`), or choose another collector with `--endpoint URL`".into()
            }
            StackError::CannotListen { .. } => "choose another address with `--listen 127.0.0.1:PORT`".into(),
            StackError::Cancelled => "completed steps were kept; run the same command to continue".into(),
            StackError::Internal { .. } => "report it with the log lines that contain this id".into(),
        }
    }

    /// The last lines of the failing service's log, where the error carries them.
    pub fn log(&self) -> &[String] {
        match self {
            StackError::ServiceFailed { log, .. } | StackError::NotReady { log, .. } => log,
            _ => &[],
        }
    }
}

fn engine_at(endpoint: &str) -> String {
    match endpoint {
        "" => "Docker".into(),
        _ => format!("Docker at `{endpoint}`"),
    }
}

fn by(holder: &Option<String>) -> String {
    holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default()
}

fn backticked(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn problems_in_words(problems: &[Problem]) -> String {
    match problems {
        [only] => only.to_string(),
        _ => {
            let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
            format!("{} settings are invalid:{}", problems.len(), lines.concat())
        }
    }
}
