//! A real Prometheus with the generated file and changed ports: it starts, and scrapes all its targets.

use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

use monitor_core::{service::Service, settings::Settings, stack::StackSpec};

use super::{
    machine::{MonitorFolder, settings},
    real_prometheus::{Prometheus, breathe, free_port},
};

/// The limit for the first scrapes. Prometheus spreads them over one interval of 15 s.
const FIRST_SCRAPES: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn prometheus_scrapes_every_target_of_the_generated_file() {
    // A loopback address without other listeners, because the port of the collector's own metrics is fixed.
    let host = format!("127.84.{}.{}", std::process::id() / 250 % 250, std::process::id() % 250 + 1);
    let ports =
        ["prometheus_port", "prometheus_metrics_port", "loki_port"].map(|key| (key, free_port(&host).to_string()));
    let settings = settings(&ports.each_ref().map(|(key, port)| (*key, port.as_str())));
    let folder = MonitorFolder::write("monitor", &settings);

    // The only change to the file: host names on Docker's network are replaced by the address of the stand-ins.
    let path = Path::new(&folder.facts.directory).join("prometheus.yaml");
    let generated = std::fs::read_to_string(&path).expect("it was written");
    let local = ["otel-collector:", "loki:", "localhost:", "promtail:", "grafana:", "jaeger:"]
        .into_iter()
        .fold(generated, |text, name| text.replace(&format!("targets: [\"{name}"), &format!("targets: [\"{host}:")));
    std::fs::write(&path, &local).expect("it can be written");
    let targets: Vec<&str> = local.split("targets: [\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(targets.len(), 6, "{local}");

    let own = format!("{host}:{}", settings.prometheus_port.number());
    for target in targets.iter().filter(|target| **target != own) {
        // An empty page is enough.
        offer(target, "# EOF\n".to_owned()).await;
    }
    let prometheus = start(&folder, &settings, &host).await;

    let begun = Instant::now();
    let mut health = Vec::new();
    while health.len() != 6 || health.iter().any(|(_, health, _)| health != "up") {
        assert!(begun.elapsed() < FIRST_SCRAPES, "{health:?}\n{}", prometheus.said());
        breathe().await;
        health = healths(&prometheus).await;
    }
    assert_eq!(health.iter().map(|(url, ..)| url.as_str()).collect::<BTreeSet<_>>().len(), 6);
}

/// Starts Prometheus with the stack's arguments, except for paths and the listen address.
async fn start(folder: &MonitorFolder, settings: &Settings, host: &str) -> Prometheus {
    let stack = StackSpec::new(settings, &folder.facts);
    let spec = stack.services.iter().find(|spec| spec.service == Service::Prometheus).expect("Prometheus");
    let directory = Path::new(&folder.facts.directory);
    let arguments: Vec<String> = spec
        .command
        .iter()
        .map(|argument| match argument.split_once('=') {
            Some((name @ "--config.file", _)) => format!("{name}={}", directory.join("prometheus.yaml").display()),
            Some((name @ "--storage.tsdb.path", _)) => format!("{name}={}", directory.join("data").display()),
            Some((name @ "--web.listen-address", port)) => format!("{name}={host}{port}"),
            _ => argument.clone(),
        })
        .collect();
    let address = format!("{host}:{}", settings.prometheus_port.number());
    let said = match Prometheus::start(directory, &address, &arguments).await {
        Ok(prometheus) => return prometheus,
        Err(said) => said,
    };
    // Debian builds Prometheus without the receiver for what the collector sends.
    let receiver = "--web.enable-otlp-receiver";
    let (said, arguments) = if said.contains("unknown long flag") && said.contains(receiver) {
        let others: Vec<String> = arguments.into_iter().filter(|argument| argument != receiver).collect();
        match Prometheus::start(directory, &address, &others).await {
            Ok(prometheus) => return prometheus,
            Err(said) => (said, others),
        }
    } else {
        (said, arguments)
    };
    // The pinned Prometheus reads retention from the file; Debian's newest does not support that yet.
    assert!(said.contains("field retention not found"), "{said}");
    super::prometheus::leave_out_retention(directory);
    Prometheus::start(directory, &address, &arguments).await.unwrap_or_else(|said| panic!("{said}"))
}

/// Serves `page` at `/metrics`, as long as the test runs.
async fn offer(address: &str, page: String) {
    let listener = tokio::net::TcpListener::bind(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    let kind = [(axum::http::header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    let router = axum::Router::new().route("/metrics", axum::routing::get(move || async move { (kind, page) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// Address, health and last error of each target.
async fn healths(prometheus: &Prometheus) -> Vec<(String, String, String)> {
    let data = prometheus.ask("targets", &[]).await.expect("an answer");
    let targets = data["activeTargets"].as_array().expect("targets");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    targets
        .iter()
        .map(|target| (text(&target["scrapeUrl"]), text(&target["health"]), text(&target["lastError"])))
        .collect()
}
