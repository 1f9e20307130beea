//! The addresses on which the real service would listen, read from the same arguments, variables and files. A missing or
//! malformed file is an error, as it is for the real service.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use saphyr::{LoadableYamlNode as _, YamlOwned};

use crate::{otlp::Limits, role::Role};

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `host:port`
    pub address: String,
    /// Paths that accept OTLP; only the collector's HTTP receiver has any.
    pub otlp_paths: Vec<String>,
}

impl Endpoint {
    fn plain(address: String) -> Endpoint {
        Endpoint { address, otlp_paths: Vec::new() }
    }
}

/// Every endpoint of the service.
pub fn endpoints(role: Role, arguments: &[String]) -> Result<Vec<Endpoint>> {
    match role {
        Role::OtelCollector => collector(&configuration(arguments, "/etc/otelcol-contrib/config.yaml")?),
        Role::Prometheus => {
            configuration(arguments, "/etc/prometheus/prometheus.yml")?;
            let address = flag(arguments, "web.listen-address").unwrap_or_else(|| "0.0.0.0:9090".to_owned());
            Ok(vec![Endpoint::plain(listen_address(&address))])
        }
        Role::Loki => http_listen_port(&configuration(arguments, "/etc/loki/local-config.yaml")?, 3100),
        Role::Promtail => http_listen_port(&promtail(arguments)?, 80),
        Role::Jaeger => {
            let ui = std::env::var("QUERY_HTTP_SERVER_HOST_PORT").unwrap_or_else(|_| ":16686".to_owned());
            let otlp = std::env::var("COLLECTOR_OTLP_GRPC_HOST_PORT").unwrap_or_else(|_| ":4317".to_owned());
            Ok([ui, otlp].iter().map(|address| Endpoint::plain(listen_address(address))).collect())
        }
        Role::Grafana => {
            let port = std::env::var("GF_SERVER_HTTP_PORT").unwrap_or_else(|_| "3000".to_owned());
            let port: u16 = port.parse().with_context(|| format!("GF_SERVER_HTTP_PORT is `{port}`"))?;
            check_provisioned_files(Path::new("/etc/grafana/provisioning"))?;
            Ok(vec![Endpoint::plain(format!("0.0.0.0:{port}"))])
        }
    }
}

/// Loki's limits and the folder of its data, by its configuration file.
pub fn loki(arguments: &[String]) -> Result<(Limits, PathBuf)> {
    let configuration = configuration(arguments, "/etc/loki/local-config.yaml")?;
    let folder = descend(&configuration, &["common", "path_prefix"]).and_then(|node| node.as_str()).unwrap_or("/loki");
    Ok((Limits::read(&configuration), PathBuf::from(folder)))
}

/// The address of Loki among Prometheus' scrape targets.
pub fn scraped_loki(role: Role, arguments: &[String]) -> Option<String> {
    let configuration =
        configuration(arguments, "/etc/prometheus/prometheus.yml").ok().filter(|_| role == Role::Prometheus)?;
    let jobs = configuration.as_mapping_get("scrape_configs")?.as_sequence()?;
    let is_loki = |job: &&YamlOwned| job.as_mapping_get("job_name").and_then(|name| name.as_str()) == Some("loki");
    let targets = jobs.iter().find(is_loki)?.as_mapping_get("static_configs")?.as_sequence()?.first()?;
    targets.as_mapping_get("targets")?.as_sequence()?.first()?.as_str().map(str::to_owned)
}

/// Promtail's configuration.
pub fn promtail(arguments: &[String]) -> Result<YamlOwned> {
    configuration(arguments, "/etc/promtail/config.yml")
}

/// `-name=value`, `--name=value` or the value as the next argument.
fn flag(arguments: &[String], name: &str) -> Option<String> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let bare = argument.trim_start_matches('-');
        if bare.len() == argument.len() {
            continue;
        }
        match bare.split_once('=') {
            Some((given, value)) if given == name => return Some(value.to_owned()),
            None if bare == name => return rest.next().cloned(),
            _ => {}
        }
    }
    None
}

/// Go's `:3100` means every address.
fn listen_address(address: &str) -> String {
    match address.strip_prefix(':') {
        Some(port) => format!("0.0.0.0:{port}"),
        None => address.to_owned(),
    }
}

fn configuration(arguments: &[String], default: &str) -> Result<YamlOwned> {
    let file = flag(arguments, "config.file").or_else(|| flag(arguments, "config"));
    let file = file.as_deref().unwrap_or(default);
    let text = std::fs::read_to_string(file).with_context(|| format!("error loading config from `{file}`"))?;
    parse(&text).with_context(|| format!("error parsing `{file}`"))
}

fn parse(text: &str) -> Result<YamlOwned> {
    let documents = YamlOwned::load_from_str(text)?;
    match documents.into_iter().next() {
        Some(document) if document.is_mapping() => Ok(document),
        _ => bail!("not a YAML mapping"),
    }
}

fn http_listen_port(configuration: &YamlOwned, default: i64) -> Result<Vec<Endpoint>> {
    let server = configuration.as_mapping_get("server");
    let port = server.and_then(|server| server.as_mapping_get("http_listen_port"));
    let port = match port {
        None => default,
        Some(port) => port.as_integer().context("`server.http_listen_port` is not a number")?,
    };
    let address = server.and_then(|server| server.as_mapping_get("http_listen_address")).and_then(|node| node.as_str());
    Ok(vec![Endpoint::plain(format!("{}:{port}", address.unwrap_or("0.0.0.0")))])
}

/// The receivers under `receivers.otlp.protocols`, and the Prometheus exporter.
fn collector(configuration: &YamlOwned) -> Result<Vec<Endpoint>> {
    let protocols = descend(configuration, &["receivers", "otlp", "protocols"])
        .context("`receivers.otlp.protocols` is missing: 'receivers' has no otlp")?;
    descend(configuration, &["service", "pipelines"]).context("`service.pipelines` is missing")?;
    let mut endpoints = Vec::new();
    if let Some(grpc) = protocols.as_mapping_get("grpc") {
        let address = grpc.as_mapping_get("endpoint").and_then(|node| node.as_str()).unwrap_or("localhost:4317");
        endpoints.push(Endpoint::plain(listen_address(address)));
    }
    if let Some(http) = protocols.as_mapping_get("http") {
        let text = |key: &str, default: &str| {
            http.as_mapping_get(key).and_then(|node| node.as_str()).unwrap_or(default).to_owned()
        };
        endpoints.push(Endpoint {
            address: listen_address(&text("endpoint", "localhost:4318")),
            otlp_paths: vec![
                text("logs_url_path", "/v1/logs"),
                text("metrics_url_path", "/v1/metrics"),
                text("traces_url_path", "/v1/traces"),
            ],
        });
    }
    if endpoints.is_empty() {
        bail!("`receivers.otlp.protocols` names neither grpc nor http");
    }
    let exporter = descend(configuration, &["exporters", "prometheus", "endpoint"]).and_then(|node| node.as_str());
    endpoints.extend(exporter.map(|address| Endpoint::plain(listen_address(address))));
    Ok(endpoints)
}

fn descend<'yaml>(node: &'yaml YamlOwned, keys: &[&str]) -> Option<&'yaml YamlOwned> {
    keys.iter().try_fold(node, |node, key| node.as_mapping_get(key))
}

/// Grafana does not start if it cannot read a provisioning file.
fn check_provisioned_files(folder: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            check_provisioned_files(&path)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("`{}`", path.display()))?;
            parse(&text).with_context(|| format!("error parsing `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_found_in_each_notation() {
        for written in [&["-config.file=/a"][..], &["--config.file=/a"], &["-target=all", "--config.file", "/a"]] {
            let arguments: Vec<String> = written.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(flag(&arguments, "config.file").as_deref(), Some("/a"), "{written:?}");
        }
        assert_eq!(flag(&["config.file=/a".to_owned()], "config.file"), None);
    }

    #[test]
    fn the_collector_listens_on_its_receivers_addresses() -> Result<()> {
        let configuration = parse(
            "receivers:\n  otlp:\n    protocols:\n      grpc:\n        endpoint: 0.0.0.0:5317\n      http:\n        \
             endpoint: 0.0.0.0:5318\n        logs_url_path: /l\nexporters:\n  prometheus:\n    endpoint: :9999\n\
             service:\n  pipelines:\n    logs: {}\n",
        )?;
        let endpoints = collector(&configuration)?;
        let addresses: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.address.as_str()).collect();
        assert_eq!(addresses, ["0.0.0.0:5317", "0.0.0.0:5318", "0.0.0.0:9999"]);
        assert_eq!(endpoints[1].otlp_paths, ["/l", "/v1/metrics", "/v1/traces"]);
        Ok(())
    }

    #[test]
    fn malformed_configuration_is_refused() -> Result<()> {
        assert!(parse("a: [").is_err());
        assert!(parse("just words").is_err());
        assert!(collector(&parse("receivers: {}")?).is_err());
        Ok(())
    }
}
