//! Under any settings, whatever one file says about another program's port is where that program listens.
//!
//! What listens where is read from the rendered files and the model themselves, not from the settings they were made
//! from: a template that ignores its setting is found as well as one that uses the wrong one.
#![cfg(feature = "engine")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use monitor_core::{
    files::render,
    service::Service,
    settings::Settings,
    stack::{ServiceSpec, StackSpec},
};

/// Settings with ports from everywhere, and often from where programs open ports by themselves.
fn many_settings() -> Vec<Settings> {
    const KEYS: [&str; 8] = [
        "otel_collector_port",
        "otel_grpc_port",
        "prometheus_metrics_port",
        "prometheus_port",
        "loki_port",
        "jaeger_port",
        "grafana_port",
        "promtail_port",
    ];
    const AWKWARD: [u16; 12] = [4317, 4318, 8888, 8889, 9095, 14250, 14268, 14269, 16685, 16686, 1, 65535];
    let mut state: u64 = 42;
    let mut next = move |below: u64| {
        // Knuth's MMIX generator: the same settings at every run.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut cases = vec![Settings::default(), support::changed_settings()];
    while cases.len() < 100 {
        let mut taken = BTreeSet::new();
        let ports: Vec<String> = KEYS
            .iter()
            .map(|_| {
                loop {
                    let port = match next(2) {
                        0 => AWKWARD[next(AWKWARD.len() as u64) as usize],
                        _ => 1 + next(65535) as u16,
                    };
                    if taken.insert(port) {
                        return port.to_string();
                    }
                }
            })
            .collect();
        let values: Vec<(&str, &str)> = KEYS.into_iter().zip(ports.iter().map(String::as_str)).collect();
        cases.push(support::settings(&values));
    }
    cases
}

fn number_after(text: &str, key: &str) -> Vec<u16> {
    text.split(key).skip(1).filter_map(leading_number).collect()
}

fn leading_number(text: &str) -> Option<u16> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Where a program listens in its container, each port as often as it is opened.
fn listening(spec: &ServiceSpec, files: &BTreeMap<&str, String>) -> Vec<u16> {
    let variables = |names: &[&str]| {
        names.iter().filter_map(|name| leading_number(spec.environment[*name].trim_start_matches(':'))).collect()
    };
    match spec.service {
        Service::OtelCollector => {
            let config = &files["otel-config.yaml"];
            [number_after(config, "endpoint: 0.0.0.0:"), number_after(config, " port: ")].concat()
        }
        Service::Prometheus => number_after(&spec.command.join(" "), "--web.listen-address=:"),
        Service::Loki => number_after(&files["loki-config.yaml"], "_listen_port: "),
        Service::Jaeger => variables(&[
            "COLLECTOR_OTLP_GRPC_HOST_PORT",
            "COLLECTOR_OTLP_HTTP_HOST_PORT",
            "QUERY_GRPC_SERVER_HOST_PORT",
            "ADMIN_HTTP_HOST_PORT",
            "COLLECTOR_HTTP_SERVER_HOST_PORT",
            "COLLECTOR_GRPC_SERVER_HOST_PORT",
            "QUERY_HTTP_SERVER_HOST_PORT",
        ]),
        Service::Grafana => variables(&["GF_SERVER_HTTP_PORT"]),
        Service::Promtail => number_after(&files["promtail-config.yaml"], "http_listen_port: "),
    }
}

#[test]
fn every_reference_between_files_points_to_an_open_port() {
    for settings in many_settings() {
        let facts = support::odd_machine();
        let stack = StackSpec::new(&settings, &facts);
        let files: BTreeMap<&str, String> =
            render(&settings, &facts).into_iter().map(|file| (file.name, file.contents)).collect();
        let listening: BTreeMap<Service, Vec<u16>> =
            stack.services.iter().map(|spec| (spec.service, listening(spec, &files))).collect();

        let mut followed = 0;
        for (name, contents) in files.iter().filter(|(name, _)| **name != "compose.yaml") {
            for service in Service::ALL {
                for port in number_after(contents, &format!("{service}:")) {
                    assert!(listening[&service].contains(&port), "{name}: {service}:{port}\n{settings:?}");
                    followed += 1;
                }
            }
        }
        assert_eq!(followed, 12, "references that this test finds; one more or less means that it looks wrong");
        assert_eq!(
            number_after(&files["prometheus.yaml"], "localhost:"),
            listening[&Service::Prometheus],
            "Prometheus about itself"
        );

        for spec in &stack.services {
            let ports = &listening[&spec.service];
            let different: BTreeSet<u16> = ports.iter().copied().collect();
            assert_eq!(different.len(), ports.len(), "{} opens a port twice: {ports:?}", spec.service);
            for published in &spec.ports {
                assert_eq!(published.host, published.container, "{}", spec.service);
                assert!(ports.contains(&published.container), "{} publishes a deaf port", spec.service);
            }
            assert_eq!(spec.ports[0].host, spec.readiness.port, "{} is asked at its first port", spec.service);
            if let Some(check) = &spec.healthcheck {
                let url = check.command.last().expect("a URL");
                assert_eq!(number_after(url, "127.0.0.1:"), [spec.readiness.port], "{}", spec.service);
            }
        }
    }
}

#[test]
fn network_only_ports_are_not_published() {
    let settings = Settings::default();
    let stack = StackSpec::new(&settings, &support::ordinary_machine());
    let mut published: Vec<u16> = stack.services.iter().flat_map(|spec| &spec.ports).map(|port| port.host).collect();
    published.sort_unstable();
    assert_eq!(published, [3000, 3100, 4317, 4318, 9080, 9090, 16686]);
    assert!(stack.services.iter().flat_map(|spec| &spec.ports).all(|port| port.bind == "127.0.0.1"));
}

#[test]
fn every_mounted_file_is_one_that_is_generated() {
    let facts = support::ordinary_machine();
    let settings = Settings::default();
    let generated: BTreeSet<String> = render(&settings, &facts)
        .into_iter()
        .filter(|file| file.name != "compose.yaml")
        .map(|file| format!("{}/{}", facts.directory, file.name))
        .collect();
    let mounted: BTreeSet<String> = StackSpec::new(&settings, &facts)
        .services
        .iter()
        .flat_map(|spec| &spec.mounts)
        .filter_map(|mount| match mount {
            monitor_core::stack::Mount::File { source, .. } => Some(source.clone()),
            monitor_core::stack::Mount::Volume { .. } => None,
        })
        .filter(|source| *source != facts.docker_socket)
        .collect();
    assert_eq!(mounted, generated);
}
