//! An installation for each test: folders, free ports, stand-in images. The Engine is cleaned up afterwards.

use std::{
    collections::BTreeMap,
    fmt::Write,
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use monitor_core::service::Service;
use serde_json::Value;

use crate::process;
pub use crate::process::Said;

/// One stack at a time on one Engine.
static ENGINE: Mutex<()> = Mutex::new(());

const TAGS: [(Service, &str); 6] = [
    (Service::OtelCollector, "0.148.0"),
    (Service::Prometheus, "v3.10.0"),
    (Service::Loki, "3.7.0"),
    (Service::Jaeger, "1.76.0"),
    (Service::Grafana, "12.4.2"),
    (Service::Promtail, "3.6.0"),
];

/// Folders, settings and the Engine for one test.
pub struct Installation {
    pub folder: tempfile::TempDir,
    pub ports: BTreeMap<&'static str, u16>,
    images: BTreeMap<Service, String>,
    _engine: MutexGuard<'static, ()>,
}

impl Installation {
    /// Creates an installation with free ports.
    pub fn new() -> Installation {
        let engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        remove_stack();
        let keys = [
            "otel_collector_port",
            "otel_grpc_port",
            "prometheus_metrics_port",
            "prometheus_port",
            "loki_port",
            "jaeger_port",
            "grafana_port",
            "promtail_port",
        ];
        let ports = keys.into_iter().zip(free_ports::<8>()).collect();
        let images =
            TAGS.map(|(service, tag)| (service, format!("clawker-stand-in/{service}:{tag}"))).into_iter().collect();
        let it = Installation { folder: tempfile::tempdir().unwrap(), ports, images, _engine: engine };
        it.write_settings();
        it
    }

    /// Sets the image of a service.
    pub fn use_image(&mut self, service: Service, image: &str) {
        self.images.insert(service, image.into());
        self.write_settings();
    }

    pub fn settings_file(&self) -> PathBuf {
        self.folder.path().join("settings.yaml")
    }

    /// The monitor folder.
    pub fn directory(&self) -> PathBuf {
        self.folder.path().join("data/monitor")
    }

    pub fn write_settings(&self) {
        let mut text = String::from("monitoring:\n");
        for (key, port) in &self.ports {
            writeln!(text, "  {key}: {port}").unwrap();
        }
        text.push_str("  images:\n");
        for (service, image) in &self.images {
            writeln!(text, "    {service}: {image}").unwrap();
        }
        std::fs::write(self.settings_file(), text).unwrap();
    }

    /// The binary, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        process::panel(self.folder.path(), arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(arguments))
    }

    /// Runs `init --force` and `up`.
    pub fn up(&self) -> Said {
        self.run(&["init", "--force"]).done();
        self.run(&["up", "--wait-timeout", "30"])
    }

    pub fn status(&self) -> Value {
        self.run(&["status", "--json"]).json()
    }

    /// Adds events to the stand-in for Loki, one JSON object per line.
    pub fn feed_loki(&self, lines: &[&str]) {
        self.feed("loki_port", "events", lines);
    }

    /// Writes raw lines of a firewall container through the stand-in for Promtail, which pushes them to Loki.
    pub fn feed_promtail(&self, container: &str, lines: &[&str]) {
        self.feed("promtail_port", &format!("lines?container={container}"), lines);
    }

    /// Adds samples to the stand-in for Prometheus, one JSON object per line.
    pub fn feed_prometheus(&self, lines: &[&str]) {
        self.feed("prometheus_port", "metrics", lines);
    }

    /// Removes all samples from the stand-in for Prometheus.
    pub fn forget_prometheus(&self) {
        self.stand_in("prometheus_port", "metrics", &["--request", "DELETE"]);
    }

    fn feed(&self, port: &str, what: &str, lines: &[&str]) {
        self.stand_in(port, what, &["--data-binary", &lines.join("\n")]);
    }

    fn stand_in(&self, port: &str, what: &str, arguments: &[&str]) {
        let url = format!("http://127.0.0.1:{}/stand-in/{what}", self.ports[port]);
        Said::of(Command::new("curl").args(["--silent", "--show-error", "--fail", &url]).args(arguments)).done();
    }

    /// Runs the real Docker Compose in the monitor folder.
    pub fn compose(&self, arguments: &[&str]) -> Said {
        let compose = std::env::var("MONITOR_TEST_COMPOSE").expect("MONITOR_TEST_COMPOSE names Docker Compose");
        Said::of(Command::new(compose).current_dir(self.directory()).args(arguments))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        remove_stack();
    }
}

/// Free ports. All are bound at the same time, so that no two are equal.
pub fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let held = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|held| held.local_addr().unwrap().port())
}

/// Runs the Docker CLI.
pub fn docker(arguments: &[&str]) -> Said {
    Said::of(Command::new("docker").args(arguments))
}

/// Removes everything that a stack leaves on the Engine.
fn remove_stack() {
    let second = docker(&["ps", "--all", "--quiet", "--filter", "name=^/1a2b3c4d5e6f_"]).out;
    for container in Service::ALL.map(Service::name).into_iter().chain(second.lines()) {
        docker(&["rm", "--force", "--volumes", container]);
    }
    for volume in ["prometheus", "loki", "grafana"] {
        docker(&["volume", "rm", "--force", &format!("monitor_clawker-{volume}")]);
    }
    docker(&["network", "rm", "clawker-net"]);
}

/// The ids of the stack's containers by name.
pub fn container_ids() -> BTreeMap<String, String> {
    let listed = docker(&["ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}"]).done().out;
    let ours = |name: &str| Service::from_name(name).is_some();
    listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| ours(name))
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .collect()
}
