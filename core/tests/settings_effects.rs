//! What a changed setting affects: generated files, containers and agents. The table `KEYS` states it for people; here
//! it is compared with what rendering and Compose's hash say.

#![cfg(feature = "engine")]

use monitor_core::{
    agent_environment,
    files::render,
    service::Service,
    settings::{AgentNeed, Change, KEYS, Kind, Settings, edit, read},
    stack::{HostFacts, StackSpec, service_config_hash},
};

fn facts() -> HostFacts {
    HostFacts { directory: "/m".to_owned(), docker_socket: "/var/run/docker.sock".to_owned() }
}

fn with(changes: &[(&str, &str)]) -> Settings {
    let changes: Vec<Change> = changes.iter().map(|(key, value)| Change::set(*key, *value)).collect();
    read(&edit("", &changes).expect("valid"), "f").expect("valid")
}

/// What differs between the defaults and the defaults with these changes.
struct Effects {
    /// Names of generated files whose contents differ, in the order of `render`.
    files: Vec<&'static str>,
    /// Services whose containers have to be recreated, in the order of `Service::ALL`.
    services: Vec<Service>,
    agents: AgentNeed,
}

fn effects(changes: &[(&str, &str)]) -> Effects {
    let (old, new) = (Settings::default(), with(changes));
    let (old_files, new_files) = (render(&old, &facts()), render(&new, &facts()));
    let (old_stack, new_stack) = (StackSpec::new(&old, &facts()), StackSpec::new(&new, &facts()));
    let hash = |stack: &StackSpec, service| stack.service(service).map(service_config_hash);
    Effects {
        files: new_files.iter().filter(|file| !old_files.contains(file)).map(|file| file.name).collect(),
        // The hash includes a digest of the mounted files, which the stack puts into a label.
        services: Service::ALL
            .into_iter()
            .filter(|service| hash(&old_stack, *service) != hash(&new_stack, *service))
            .collect(),
        agents: agent_environment::settings_change(&old, &new).need,
    }
}

#[test]
fn equal_settings_have_no_effect() {
    let Effects { files, services, agents } = effects(&[]);
    assert_eq!((files, services, agents), (vec![], vec![], AgentNeed::Nothing));
}

#[test]
fn a_changed_setting_recreates_only_the_services_that_use_it() {
    use Service::{Grafana, Jaeger, Loki, OtelCollector, Prometheus, Promtail};
    for (key, value, files, services) in [
        // Prometheus asks Grafana how it does at the port of its pages, and Jaeger at another.
        ("grafana_port", "3001", &["compose.yaml", "prometheus.yaml"][..], &[Prometheus, Grafana][..]),
        ("jaeger_port", "16687", &["compose.yaml", "grafana-datasources.yaml"], &[Jaeger, Grafana]),
        (
            "loki_port",
            "3101",
            &[
                "compose.yaml",
                "otel-config.yaml",
                "prometheus.yaml",
                "loki-config.yaml",
                "grafana-datasources.yaml",
                "promtail-config.yaml",
            ],
            &[OtelCollector, Prometheus, Loki, Grafana, Promtail],
        ),
        ("retention.metrics", "60d", &["compose.yaml", "prometheus.yaml"], &[Prometheus]),
        ("images.loki", "mirror/loki:3", &["compose.yaml"], &[Loki]),
        ("bind_address", "0.0.0.0", &["compose.yaml"], &Service::ALL),
        ("telemetry.log_user_prompts", "false", &[], &[]),
    ] {
        let found = effects(&[(key, value)]);
        assert_eq!(found.files, files, "{key}");
        assert_eq!(found.services, services, "{key}");
    }
}

/// Another value than the default, of every kind.
fn other_value(path: &str, kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::HostName => "elsewhere",
        Kind::Url => "https://otel.example:4318",
        Kind::Port => "20000",
        Kind::BindAddress => "0.0.0.0",
        Kind::UrlPath if path.ends_with("logs_path") => "/other/logs",
        Kind::UrlPath => "/other/metrics",
        Kind::Milliseconds => "20000",
        Kind::Retention => "90d",
        Kind::Switch => "false",
        Kind::Image => "mirror.example/image:1",
    }
}

#[test]
fn the_table_of_keys_matches_the_real_effects() {
    for key in KEYS {
        let found = effects(&[(key.path, other_value(key.path, key.kind))]);
        assert_eq!(!found.services.is_empty(), key.needs.services, "{}", key.path);
        assert_eq!(found.agents, key.needs.agents, "{}", key.path);
    }
}
