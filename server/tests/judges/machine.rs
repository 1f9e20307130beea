//! Folders with generated files, and the programs that check them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use monitor_core::{
    files,
    settings::{RawValue, RawValues, Settings},
    stack::HostFacts,
};

/// Settings where only these keys below `monitoring` are set.
pub fn settings(values: &[(&str, &str)]) -> Settings {
    let values: RawValues = values
        .iter()
        .map(|(key, text)| ((*key).to_owned(), RawValue { text: (*text).to_owned(), line: None }))
        .collect();
    Settings::from_values(&values).expect("the test's settings are valid")
}

/// The settings with which every check is repeated, by name.
pub fn every_case() -> Vec<(&'static str, Settings)> {
    let all_changed = settings(&[
        ("otel_collector_port", "14318"),
        ("otel_grpc_port", "14317"),
        ("otel_collector_internal", "telemetry"),
        ("loki_port", "13100"),
        ("prometheus_port", "19090"),
        ("jaeger_port", "26686"),
        ("grafana_port", "13000"),
        ("prometheus_metrics_port", "18889"),
        ("promtail_port", "19080"),
        ("bind_address", "::1"),
        ("telemetry.metrics_path", "/agents/metrics"),
        ("telemetry.logs_path", "/agents/logs"),
        ("images.grafana", "registry.example:5000/grafana:12"),
        ("images.loki", "loki"),
    ]);
    // Each of these is a port that some program opens inside its container by default.
    let colliding = settings(&[
        ("otel_grpc_port", "5317"),
        ("jaeger_port", "4317"),
        ("prometheus_metrics_port", "8888"),
        ("loki_port", "9095"),
        ("bind_address", "0.0.0.0"),
    ]);
    vec![("default", Settings::default()), ("all changed", all_changed), ("colliding", colliding)]
}

/// A monitor folder on disk, as `init` writes it.
pub struct MonitorFolder {
    pub facts: HostFacts,
    _root: tempfile::TempDir,
}

impl MonitorFolder {
    /// Writes a folder of that name. Compose must agree whatever characters it contains.
    pub fn write(name: &str, settings: &Settings) -> MonitorFolder {
        let root = tempfile::tempdir().expect("a temporary folder");
        let directory = root.path().canonicalize().expect("it exists").join(name);
        std::fs::create_dir_all(&directory).expect("the monitor folder");
        let directory = directory.to_str().expect("UTF-8").to_owned();
        let facts = HostFacts { directory, docker_socket: "/var/run/docker.sock".to_owned() };
        for file in files::render(settings, &facts) {
            std::fs::write(Path::new(&facts.directory).join(file.name), file.contents).expect("a file");
        }
        MonitorFolder { facts, _root: root }
    }

    /// Runs a program in the folder and returns its output. The program must succeed without warnings.
    pub fn ask(&self, program: &Path, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = Command::new(program)
            .args(arguments)
            .current_dir(&self.facts.directory)
            // These variables of the caller's environment would change the output.
            .env_remove("COMPOSE_PROJECT_NAME")
            .env_remove("COMPOSE_FILE")
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{} {arguments:?}:\n{stdout}\n{stderr}", program.display());
        assert_eq!(stderr.trim(), "", "{} {arguments:?} complains", program.display());
        stdout.into_owned()
    }
}

/// The path in that environment variable.
pub fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable)
        .unwrap_or_else(|| panic!("`{variable}` is not set; `cargo xtask test` finds the program and sets it"));
    PathBuf::from(path)
}
