//! Docker contexts: which one is current, and where its Engine is. Reads the CLI's files and never writes them.

use std::path::Path;

use monitor_core::error::StackError;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::connect::Disk;

/// The context that stands for "no context": the environment and the well-known sockets decide.
pub(super) const DEFAULT: &str = "default";

/// An Engine's address, as a context gives it.
pub(super) struct Context {
    /// As `unix:///run/user/1000/docker.sock`.
    pub(super) host: String,
    /// The context brings certificates.
    pub(super) tls: bool,
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

/// The context chosen by `docker context use`. A configuration that cannot be read chooses none, as for the CLI.
pub(super) fn current(config: &Path, disk: &dyn Disk) -> Option<String> {
    let text = disk.read(&config.join("config.json"))?;
    let file: ConfigFile = serde_json::from_str(&text).ok()?;
    file.current_context.filter(|name| !name.is_empty())
}

#[derive(Deserialize)]
struct MetaFile {
    #[serde(rename = "Endpoints", default)]
    endpoints: Endpoints,
}

#[derive(Deserialize, Default)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
struct DockerEndpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

/// Looks a context up. Its folder is named for the SHA-256 of its name.
pub(super) fn load(config: &Path, name: &str, disk: &dyn Disk) -> Result<Context, StackError> {
    let contexts = config.join("contexts");
    let folder: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = disk
        .read(&contexts.join("meta").join(&folder).join("meta.json"))
        .ok_or_else(|| StackError::ContextNotFound { name: name.to_owned() })?;
    let host = serde_json::from_str::<MetaFile>(&text)
        .ok()
        .and_then(|meta| meta.endpoints.docker?.host)
        .filter(|host| !host.is_empty())
        .ok_or_else(|| StackError::EndpointUnsupported {
            endpoint: name.to_owned(),
            detail: "the context of that name holds no address of a Docker Engine".into(),
        })?;
    let tls = disk.exists(&contexts.join("tls").join(&folder).join("docker"));
    Ok(Context { host, tls })
}
