//! What to do about each error.

use super::{StackError, backticked};

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
            StackError::EngineSilent { .. } => {
                "restart the Docker Engine (`sudo systemctl restart docker`, or restart Docker Desktop); containers with a \
                 restart policy start again"
                    .into()
            }
            StackError::TooManyOpenFiles => {
                "raise the limit (`ulimit -n 4096`, in systemd `LimitNOFILE=`), or close pages that are open".into()
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
            StackError::TelemetryFile { .. } => {
                "stop what uses the file, or choose another folder with `--data FOLDER`".into()
            }
            StackError::NoTelemetry { .. } => {
                "start `clawker-monitor` or `clawker-monitor receive`, and connect agents with `clawker-monitor connect`".into()
            }
            StackError::ClaudeSettings { .. } => {
                "fix the file, or set the variables that `clawker-monitor connect` prints yourself".into()
            }
            StackError::NothingSelected => {
                "add `--project`, `--agent`, `--session`, `--since` or `--until`, or `--all` for everything".into()
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
            StackError::CannotListen { setting: Some(setting), .. } => format!(
                "stop that program (`clawker-monitor down`, if it is the stack's collector), or choose another port with \
                 `clawker-monitor settings set {setting} PORT`"
            ),
            StackError::CannotListen { setting: None, .. } => "choose another address with `--listen 127.0.0.1:PORT`".into(),
            StackError::OutputFailed { .. } => "check where the output goes, for example whether that disk is full".into(),
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
