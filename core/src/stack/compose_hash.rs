//! Reproduces Docker Compose's config hash, which decides whether `docker compose up` leaves our containers alone.
//!
//! Compose 2.40.3 (`pkg/compose/hash.go`) serializes its model of the service as JSON the way Go does and takes SHA-256
//! of the bytes. The structs below are that model, field by field in Go's order, as far as `compose.yaml` uses it.
//! `server/tests/judges.rs` compares the result with the real Compose.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Healthcheck, LOG_MAX_FILES, LOG_MAX_SIZE, Mount, NETWORK, RESTART, ServiceSpec, VolumeSpec};

/// The hash of a service: 64 hexadecimal digits.
///
/// It does not depend on the service's name, its dependencies, or the contents of mounted files.
pub fn service_config_hash(spec: &ServiceSpec) -> String {
    hash(&ComposeService {
        cap_drop: if spec.drops_capabilities { &["ALL"] } else { &[] },
        command: (!spec.command.is_empty()).then_some(&spec.command),
        container_name: spec.service.name(),
        entrypoint: None,
        environment: &spec.environment,
        healthcheck: spec.healthcheck.as_ref().map(ComposeHealthcheck::new),
        image: spec.image.as_str(),
        labels: &spec.labels,
        logging: ComposeLogging {
            driver: "json-file",
            options: BTreeMap::from([("max-file", LOG_MAX_FILES), ("max-size", LOG_MAX_SIZE)]),
        },
        mem_limit: spec.memory_limit_bytes.to_string(),
        networks: BTreeMap::from([(
            NETWORK,
            (!spec.aliases.is_empty()).then_some(ComposeNetwork { aliases: &spec.aliases }),
        )]),
        ports: spec.ports.iter().map(ComposePort::new).collect(),
        restart: RESTART,
        user: spec.user.as_deref(),
        volumes: spec.mounts.iter().map(ComposeMount::new).collect(),
    })
}

/// The hash of a volume: 64 hexadecimal digits.
pub fn volume_config_hash(volume: &VolumeSpec) -> String {
    hash(&ComposeVolume { name: &volume.name, driver: "local", labels: &volume.labels })
}

#[expect(clippy::unwrap_used, reason = "maps with text keys, lists and numbers are always JSON")]
fn hash(model: &impl Serialize) -> String {
    let json = as_go_writes_it(&serde_json::to_string(model).unwrap());
    Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Go escapes characters that are special in HTML or old JavaScript. They only occur within JSON strings.
fn as_go_writes_it(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => text.push(letter),
        }
    }
    text
}

/// Formats seconds like Go's `time.Duration`: `90` becomes `1m30s`.
fn go_duration(seconds: u32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

/// `command` and `entrypoint` are always present; other empty fields are omitted.
#[derive(Serialize)]
struct ComposeService<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cap_drop: &'a [&'a str],
    command: Option<&'a Vec<String>>,
    container_name: &'a str,
    entrypoint: Option<()>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    environment: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: Option<ComposeHealthcheck<'a>>,
    image: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    logging: ComposeLogging<'a>,
    mem_limit: String,
    networks: BTreeMap<&'a str, Option<ComposeNetwork<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ports: Vec<ComposePort<'a>>,
    restart: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<ComposeMount<'a>>,
}

#[derive(Serialize)]
struct ComposeHealthcheck<'a> {
    test: Vec<&'a str>,
    timeout: String,
    interval: String,
    retries: u32,
    start_period: String,
}

impl<'a> ComposeHealthcheck<'a> {
    fn new(check: &'a Healthcheck) -> Self {
        ComposeHealthcheck {
            test: std::iter::once("CMD").chain(check.command.iter().map(String::as_str)).collect(),
            timeout: go_duration(check.timeout_seconds),
            interval: go_duration(check.interval_seconds),
            retries: check.retries,
            start_period: go_duration(check.start_period_seconds),
        }
    }
}

#[derive(Serialize)]
struct ComposeLogging<'a> {
    driver: &'a str,
    options: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct ComposeNetwork<'a> {
    aliases: &'a [String],
}

#[derive(Serialize)]
struct ComposePort<'a> {
    mode: &'a str,
    host_ip: &'a str,
    target: u16,
    published: String,
    protocol: &'a str,
}

impl<'a> ComposePort<'a> {
    fn new(port: &'a crate::status::PublishedPort) -> Self {
        ComposePort {
            mode: "ingress",
            host_ip: &port.bind,
            target: port.container,
            published: port.host.to_string(),
            protocol: "tcp",
        }
    }
}

#[derive(Serialize)]
struct ComposeMount<'a> {
    r#type: &'a str,
    source: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
}

impl<'a> ComposeMount<'a> {
    fn new(mount: &'a Mount) -> Self {
        match mount {
            Mount::File { source, target } => ComposeMount { r#type: "bind", source, target, read_only: true },
            Mount::Volume { key, target } => ComposeMount { r#type: "volume", source: key, target, read_only: false },
        }
    }
}

#[derive(Serialize)]
struct ComposeVolume<'a> {
    name: &'a str,
    driver: &'a str,
    labels: &'a BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        assert_eq!([5, 60, 90, 3600].map(go_duration), ["5s", "1m0s", "1m30s", "1h0m0s"]);
    }

    #[test]
    fn the_characters_that_go_escapes_are_escaped() {
        assert_eq!(as_go_writes_it("{\"a\":\"<b>&\u{2028}é\"}"), "{\"a\":\"\\u003cb\\u003e\\u0026\\u2028é\"}");
    }
}
