//! All errors that reach people, as one closed enum that crosses the wire.
//!
//! Style: `Display` says what happened in one sentence, with literals in backticks; `hint()` says what to do.

use serde::{Deserialize, Serialize};

use crate::{access::Action, job_kind::JobKind, problem::Problem, service::Service, timestamp::Timestamp};

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum StackError {
    /// Docker does not respond at its address.
    #[error("can't reach {}: {detail}", engine_at(endpoint))]
    EngineUnreachable {
        /// For example `unix:///var/run/docker.sock`; empty if no address was found.
        endpoint: String,
        /// The operating system's reason.
        detail: String,
    },
    /// The socket exists, but the user has no permission to use it.
    #[error("permission denied on the Docker socket `{endpoint}`")]
    EnginePermission {
        /// For example `unix:///var/run/docker.sock`.
        endpoint: String,
    },
    /// The Engine's API is too old.
    #[error("the Docker Engine supports API {version}, but 1.41 or later is required")]
    EngineTooOld {
        /// The newest API version that the Engine supports.
        version: String,
    },
    /// `DOCKER_CONTEXT` or `docker context use` names a missing context.
    #[error("the Docker context `{name}` does not exist")]
    ContextNotFound {
        /// The context's name.
        name: String,
    },
    /// The Engine's address is of an unsupported kind.
    #[error("can't use the Docker endpoint `{endpoint}`: {detail}")]
    EndpointUnsupported {
        /// The address.
        endpoint: String,
        /// Why it is not supported.
        detail: String,
    },
    /// One or more settings are invalid.
    #[error("{}", problems_in_words(problems))]
    SettingsInvalid {
        /// All problems, at least one.
        problems: Vec<Problem>,
    },
    /// A change of settings was rejected.
    #[error("{}", problems_in_words(problems))]
    ChangeRefused {
        /// All reasons, at least one.
        problems: Vec<Problem>,
    },
    /// No setting has this name.
    #[error("unknown setting `{key}`")]
    UnknownSetting {
        /// The requested key.
        key: String,
        /// Existing settings with similar names; may be empty.
        near: Vec<String>,
    },
    /// The settings file changed since it was read.
    #[error("`{file}` changed in the meantime; nothing was overwritten")]
    SettingsChanged {
        /// The path of the settings file.
        file: String,
    },
    /// Another job is running, and the request can't be merged into it.
    #[error("{} {} (since {})", worker(process), kind.description(), since.to_rfc3339())]
    Busy {
        /// What the running job does.
        kind: JobKind,
        /// The id of the process that runs it. `None` if it is the panel that was asked.
        process: Option<u32>,
        /// When it started.
        since: Timestamp,
    },
    /// The lock for work on the stack is held, and it is not known by whom.
    #[error("another process is working on the stack: it holds `{path}`")]
    LockHeld {
        /// The path of the lock file.
        path: String,
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
        /// The names of the files.
        files: Vec<String>,
        /// The monitor folder.
        directory: String,
    },
    /// The monitor folder belongs to the newer, OpenSearch-based generation of Clawker's stack.
    #[error(
        "`compose.yaml` in `{directory}` was written by a newer Clawker whose stack uses OpenSearch; it was not changed"
    )]
    OtherGeneration {
        /// The monitor folder.
        directory: String,
    },
    /// The data folder can't be mounted into containers: mounts are written as `SOURCE:TARGET`.
    #[error("the data folder `{path}` can't be used: Docker reads the `:` in its path as a separator")]
    DataFolderUnusable {
        /// The path of the folder.
        path: String,
    },
    /// A file or folder could not be read or written.
    #[error("`{path}` could not be {verb}: {detail}")]
    File {
        /// The path of the file or folder.
        path: String,
        /// A past participle: `read`, `written`, `created`, `replaced`.
        verb: String,
        /// The operating system's reason.
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
        /// The service that needs it.
        service: Service,
        /// The port on the host.
        port: u16,
        /// What uses it, if known.
        holder: Option<String>,
        /// The setting with the port, for example `monitoring.grafana_port`.
        field: String,
    },
    /// A port can't be published although it is free.
    #[error("port {port} for {} cannot be published on `{address}`: {detail}", service.title())]
    CannotPublish {
        /// The service that needs it.
        service: Service,
        /// The address on the host.
        address: String,
        /// The port on the host.
        port: u16,
        /// The Engine's reason.
        detail: String,
        /// The setting to change, for example `monitoring.bind_address`.
        field: String,
    },
    /// An image is missing and could not be pulled.
    #[error("the image `{image}` for {} could not be pulled: {detail}", service.title())]
    PullFailed {
        /// The service that needs it.
        service: Service,
        /// The image reference.
        image: String,
        /// The Engine's or the registry's message.
        detail: String,
    },
    /// A container outside this stack has the name of a service.
    #[error("a container named `{name}` already exists and is not part of this stack (image `{image}`)")]
    ForeignContainer {
        /// The container's name.
        name: String,
        /// The image reference of that container.
        image: String,
        /// What owns it, if its labels show it.
        owner: Option<String>,
    },
    /// The same stack was started from another data folder, and its containers exist.
    #[error("this stack already has containers from another data folder, `{other}`; this one is `{directory}`")]
    OtherFolder {
        /// The monitor folder.
        directory: String,
        /// The monitor folder that the containers were started from.
        other: String,
    },
    /// The generated files were written for another Engine than the one that is used now.
    #[error("the files were written for the Docker Engine at `{then}`, and `{now}` is used now")]
    OtherEngine {
        /// The address of the Engine that they were written for.
        then: String,
        /// The address of the Engine that is used.
        now: String,
    },
    /// The network exists but can't be used.
    #[error("the network `{name}` can't be used: {detail}")]
    ForeignNetwork {
        /// The network's name.
        name: String,
        /// Why it can't be used, as a clause.
        detail: String,
    },
    /// The network was created with `--internal`. Source: moby#36174, "Port mapping does not work on internal networks".
    #[error("the network `{name}` is internal, so Docker publishes no port on it")]
    InternalNetwork {
        /// The network's name.
        name: String,
    },
    /// Several networks have the name, so that the Engine refuses it as ambiguous.
    #[error("{} networks are named `{name}`: {}", ids.len(), backticked(ids))]
    AmbiguousNetwork {
        /// The networks' name.
        name: String,
        /// Their IDs.
        ids: Vec<String>,
    },
    /// A container exited, or could not be started.
    #[error("{} failed to start{}", service.title(), end_of_service(detail, reason))]
    ServiceFailed {
        /// The service of the container.
        service: Service,
        /// How it exited, as a clause.
        detail: String,
        /// What its log says about why, in one sentence. `None` if it doesn't.
        reason: Option<String>,
        /// Its last log lines; may be empty.
        log: Vec<String>,
    },
    /// A service is running but did not become ready in time.
    #[error("{} is running but was not ready after {waited_seconds} s{}", service.title(), end_of_service(detail, reason))]
    NotReady {
        /// The service.
        service: Service,
        /// How long the job waited, in seconds.
        waited_seconds: u64,
        /// The last answer of its readiness check.
        detail: String,
        /// What its log says about why, in one sentence. `None` if it doesn't.
        reason: Option<String>,
        /// Its last log lines; may be empty.
        log: Vec<String>,
    },
    /// The Engine refused an operation on a service.
    #[error("{} could not be {verb}: {detail}", service.title())]
    Refused {
        /// The service.
        service: Service,
        /// A past participle: `created`, `started`, `stopped`, `removed`.
        verb: String,
        /// The Engine's message.
        detail: String,
    },
    /// The Engine refused an operation that concerns no single service.
    #[error("the Docker Engine refused to {what}: {detail}")]
    EngineRefused {
        /// The operation, for example `create the network clawker-net`.
        what: String,
        /// The Engine's message.
        detail: String,
    },
    /// The service has no container.
    #[error("{} has no container", service.title())]
    NoContainer {
        /// The service.
        service: Service,
    },
    /// No agent has this name.
    #[error("no agent is named `{agent}`")]
    UnknownAgent {
        /// The requested name: a container's or an agent's.
        agent: String,
    },
    /// Several agents have this name.
    #[error("`{agent}` matches several containers: {}", backticked(containers))]
    AmbiguousAgent {
        /// The requested name.
        agent: String,
        /// The names of the matching containers, at least two.
        containers: Vec<String>,
    },
    /// No collector accepts telemetry at the given address.
    #[error("no collector accepts telemetry at `{endpoint}`: {detail}")]
    NoCollector {
        /// The address, for example `http://127.0.0.1:4318/v1/metrics`.
        endpoint: String,
        /// The operating system's reason, or the answer.
        detail: String,
    },
    /// The panel can't listen on the given address.
    #[error("the panel cannot listen on `{address}`: {detail}")]
    CannotListen {
        /// Address and port.
        address: String,
        /// The operating system's reason.
        detail: String,
    },
    /// The operation was canceled before it finished.
    #[error("canceled before it finished")]
    Cancelled,
    /// A bug in the panel. The log has the full chain of errors under the ID.
    #[error("unexpected error; see the log entry `{id}`")]
    Internal {
        /// The ID in the log.
        id: String,
    },
}

impl StackError {
    /// What to do next, as a clause without a trailing period.
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
            StackError::Busy { process: None, .. } => {
                "wait for it to finish or cancel it, then try again; nothing was changed".into()
            }
            StackError::Busy { .. } => {
                "wait for it to finish (on the command line: `--wait`), then try again; nothing was changed".into()
            }
            StackError::LockHeld { path } => {
                format!("see which process has the file open (`fuser '{path}'`) and wait for it; nothing was changed")
            }
            StackError::NotInitialized { .. } => "run `clawker-monitor init`, or press Initialize".into(),
            StackError::FilesDiffer { .. } => {
                "run `clawker-monitor init --force` or `clawker-monitor apply --replace-edited` to update them; the \
                 current files are backed up"
                    .into()
            }
            StackError::OtherGeneration { directory } => {
                format!(
                    "keep using `clawker monitor`, or remove that stack: `clawker monitor down`, `mv '{directory}' '{directory}.opensearch'`, then `clawker-monitor init`"
                )
            }
            StackError::DataFolderUnusable { .. } => {
                "set `CLAWKER_DATA_DIR` to a folder without `:` in its path".into()
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
            StackError::OtherFolder { other, .. } => {
                let folder = other.strip_suffix("/monitor").unwrap_or(other);
                format!(
                    "use that folder (`CLAWKER_DATA_DIR='{folder}'`), or remove its containers first: \
                     `CLAWKER_DATA_DIR='{folder}' clawker-monitor down`; recorded data is kept"
                )
            }
            StackError::OtherEngine { then, .. } => format!(
                "use that Engine (`DOCKER_HOST={then}`), or run `clawker-monitor apply` to write the files for this one"
            ),
            StackError::ForeignNetwork { name, .. } => {
                format!(
                    "disconnect its containers and remove it (`docker network rm {name}`); it is recreated at the next start"
                )
            }
            StackError::InternalNetwork { name } => {
                format!(
                    "recreate it without `--internal`: disconnect its containers and remove it (`docker network rm {name}`); \
                     the next start creates it"
                )
            }
            StackError::AmbiguousNetwork { ids, .. } => {
                format!(
                    "keep the one that has your agents' containers (`docker network inspect ID` lists them) and remove the \
                     others by ID, for example `docker network rm {}`",
                    ids.last().map(String::as_str).unwrap_or("ID")
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

    /// The last log lines of the failed service, to be shown with the error. Empty if the error already says what the log
    /// does, or has no log.
    pub fn log(&self) -> &[String] {
        match self {
            StackError::ServiceFailed { reason: None, log, .. } | StackError::NotReady { reason: None, log, .. } => log,
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

fn worker(process: &Option<u32>) -> String {
    match process {
        Some(process) => format!("process {process} is"),
        None => "another job is".into(),
    }
}

/// What Docker or the readiness check says, and what the service's own log says.
fn end_of_service(detail: &str, reason: &Option<String>) -> String {
    match reason {
        Some(reason) => format!(" ({detail}): {reason}"),
        None => format!(": {detail}"),
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
