//! Renders `compose.yaml` from the model of the stack.

use std::collections::BTreeMap;

use askama::Template;

use super::{rendered, yaml::scalar};
use crate::{
    service::Service,
    stack::{Healthcheck, LOG_MAX_FILES, LOG_MAX_SIZE, Mount, NETWORK, PROJECT, RESTART, ServiceSpec, StackSpec},
};

pub(super) fn render(stack: &StackSpec) -> String {
    rendered(&ComposeFile {
        project: PROJECT,
        network: NETWORK,
        restart: RESTART,
        log_max_size: LOG_MAX_SIZE,
        log_max_files: LOG_MAX_FILES,
        services: stack.services.iter().map(|spec| ComposeService::new(stack, spec)).collect(),
        volumes: stack
            .volumes
            .iter()
            .map(|volume| ComposeVolume { key: &volume.key, labels: scalars(&volume.labels) })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "compose.yaml", escape = "none")]
struct ComposeFile<'a> {
    project: &'a str,
    network: &'a str,
    restart: &'a str,
    log_max_size: &'a str,
    log_max_files: &'a str,
    services: Vec<ComposeService<'a>>,
    volumes: Vec<ComposeVolume<'a>>,
}

/// A service whose texts are already YAML scalars.
struct ComposeService<'a> {
    name: &'a str,
    title: &'a str,
    purpose: &'a str,
    end_of_life: Option<&'a str>,
    image: String,
    command: Vec<String>,
    user: Option<String>,
    drops_capabilities: bool,
    memory_limit: String,
    environment: BTreeMap<&'a str, String>,
    ports: Vec<ComposePort>,
    mounts: Vec<ComposeMount>,
    healthcheck: Option<ComposeHealthcheck>,
    depends_on: &'a [Service],
    aliases: Vec<String>,
    labels: BTreeMap<&'a str, String>,
}

struct ComposePort {
    bind: String,
    host: u16,
    container: u16,
}

struct ComposeMount {
    kind: &'static str,
    source: String,
    target: String,
    read_only: bool,
}

struct ComposeHealthcheck {
    command: Vec<String>,
    interval_seconds: u32,
    timeout_seconds: u32,
    retries: u32,
    start_period_seconds: u32,
}

struct ComposeVolume<'a> {
    key: &'a str,
    labels: BTreeMap<&'a str, String>,
}

impl<'a> ComposeService<'a> {
    fn new(stack: &StackSpec, spec: &'a ServiceSpec) -> Self {
        let all = |texts: &[String]| texts.iter().map(|text| scalar(text)).collect();
        ComposeService {
            name: spec.service.name(),
            title: spec.service.title(),
            purpose: spec.service.purpose(),
            end_of_life: spec.service.end_of_life(),
            image: scalar(spec.image.as_str()),
            command: all(&spec.command),
            user: spec.user.as_deref().map(scalar),
            drops_capabilities: spec.drops_capabilities,
            memory_limit: memory(spec.memory_limit_bytes),
            environment: scalars(&spec.environment),
            ports: spec
                .ports
                .iter()
                .map(|port| ComposePort { bind: scalar(&port.bind), host: port.host, container: port.container })
                .collect(),
            mounts: spec.mounts.iter().map(|mount| ComposeMount::new(stack, mount)).collect(),
            healthcheck: spec.healthcheck.as_ref().map(|check: &Healthcheck| ComposeHealthcheck {
                command: all(&check.command),
                interval_seconds: check.interval_seconds,
                timeout_seconds: check.timeout_seconds,
                retries: check.retries,
                start_period_seconds: check.start_period_seconds,
            }),
            depends_on: &spec.depends_on,
            aliases: all(&spec.aliases),
            labels: scalars(&spec.labels),
        }
    }
}

impl ComposeMount {
    /// Files of the monitor folder are relative, so that the folder can be moved; Compose makes the paths absolute
    /// before hashing. The long syntax is used because the short one would create a folder if a file is missing.
    fn new(stack: &StackSpec, mount: &Mount) -> Self {
        match mount {
            Mount::File { source, target } => {
                let beside = source.strip_prefix(&format!("{}/", stack.directory)).map(|name| format!("./{name}"));
                ComposeMount {
                    kind: "bind",
                    source: scalar(&beside.unwrap_or_else(|| source.clone())),
                    target: scalar(target),
                    read_only: true,
                }
            }
            Mount::Volume { key, target } => {
                ComposeMount { kind: "volume", source: scalar(key), target: scalar(target), read_only: false }
            }
        }
    }
}

fn scalars(texts: &BTreeMap<String, String>) -> BTreeMap<&str, String> {
    texts.iter().map(|(name, text)| (name.as_str(), scalar(text))).collect()
}

/// Whole mebibytes as Compose writes them, otherwise bytes.
fn memory(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MEBIBYTE) { format!("{}m", bytes / MEBIBYTE) } else { bytes.to_string() }
}
