//! Docker contexts: which one is current, and the address of its Engine. Reads the CLI's files and never writes them.

use std::{io::ErrorKind, path::Path};

use monitor_core::{doctor::PassedOver, error::StackError};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::connect::Disk;

/// The name that means no context: the well-known sockets are used.
pub(super) const DEFAULT: &str = "default";

/// The endpoint in a context.
pub(super) struct Context {
    /// For example `unix:///run/user/1000/docker.sock`.
    pub(super) host: String,
    /// The context has certificates, or says not to verify the Engine's. Both mean TLS, as in the CLI.
    pub(super) tls: bool,
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

/// The name set by `docker context use`.
///
/// # Errors
/// Why the configuration can't be read. Then no context is used, as in the CLI, which warns too.
pub(super) fn current_name(config: &Path, disk: &dyn Disk) -> Result<Option<String>, PassedOver> {
    let path = config.join("config.json");
    let ignored = |reason: String| PassedOver {
        what: format!("`{}` {reason}, so its Docker context is ignored", path.display()),
        next: "fix that file, or name the context in `DOCKER_CONTEXT`".into(),
    };
    let text = match disk.read(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(ignored(format!("can't be read ({error})"))),
    };
    let file: ConfigFile = serde_json::from_str(&text).map_err(|error| ignored(format!("is not valid ({error})")))?;
    Ok(file.current_context.filter(|name| !name.is_empty()))
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
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

/// Reads a context from its folder, whose name is the SHA-256 of the context's name.
pub(super) fn load_context(config: &Path, name: &str, disk: &dyn Disk) -> Result<Context, StackError> {
    let contexts = config.join("contexts");
    let folder: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = disk
        .read(&contexts.join("meta").join(&folder).join("meta.json"))
        .map_err(|_unreadable| StackError::ContextNotFound { name: name.to_owned() })?;
    let docker = serde_json::from_str::<MetaFile>(&text).ok().and_then(|meta| meta.endpoints.docker);
    let skips_verification = docker.as_ref().is_some_and(|docker| docker.skip_tls_verify);
    let host = docker.and_then(|docker| docker.host).filter(|host| !host.is_empty()).ok_or_else(|| {
        StackError::EndpointUnsupported {
            endpoint: name.to_owned(),
            detail: "the context has no Docker endpoint".into(),
        }
    })?;
    let tls = skips_verification || disk.exists(&contexts.join("tls").join(&folder).join("docker"));
    Ok(Context { host, tls })
}
