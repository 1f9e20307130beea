//! All errors that reach people, as one closed enum that crosses the wire.
//!
//! Style: `Display` says what happened in one sentence, with literals in backticks; `hint()` says what to do.

mod code;
mod hint;

pub use code::ReportedError;
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
    /// Docker accepts connections but does not answer.
    #[error("Docker at `{endpoint}` accepts connections but has not answered for {waited_seconds} s")]
    EngineSilent {
        /// For example `unix:///var/run/docker.sock`.
        endpoint: String,
        /// How long an answer was waited for, in seconds.
        waited_seconds: u64,
    },
    /// This process can't open another file or connection.
    #[error("this process has as many files and connections open as it may (`ulimit -n`)")]
    TooManyOpenFiles,
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
    #[error("{} {} (since {})", worker(process), kind.description(), since.to_words(0))]
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
    /// The built-in receiver can't use its file.
    #[error("the receiver can't start: {detail}")]
    TelemetryFile {
        /// The file and the reason, one clause without a period.
        detail: String,
    },
    /// There is no file of the built-in receiver.
    #[error("no telemetry has been recorded: `{path}` does not exist")]
    NoTelemetry {
        /// Where the file would be.
        path: String,
    },
    /// Claude Code's settings file can't be edited.
    #[error("`{path}` was not changed: {detail}")]
    ClaudeSettings {
        /// The path of the file.
        path: String,
        /// What is wrong with it, as a clause.
        detail: String,
    },
    /// Nothing says which data to delete.
    #[error("nothing says what to delete")]
    NothingSelected,
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
    /// The panel or the receiver can't listen on this address.
    #[error("cannot listen on `{address}`: {detail}")]
    CannotListen {
        /// Address and port.
        address: String,
        /// The setting that holds the port; `None` if the command line does.
        setting: Option<String>,
        /// The operating system's reason.
        detail: String,
    },
    /// What a command prints could not be written.
    #[error("the output could not be written: {detail}")]
    OutputFailed {
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
