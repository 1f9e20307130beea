//! Settings and folders that several tests render with.

use monitor_core::{
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

/// Everything that can be changed, changed.
pub fn changed_settings() -> Settings {
    settings(&[
        ("otel_collector_port", "14318"),
        ("otel_grpc_port", "14317"),
        ("otel_collector_internal", "telemetry.internal"),
        ("loki_port", "13100"),
        ("prometheus_port", "19090"),
        ("jaeger_port", "26686"),
        ("grafana_port", "13000"),
        ("prometheus_metrics_port", "18889"),
        ("promtail_port", "19080"),
        ("bind_address", "::1"),
        ("telemetry.metrics_path", "/agents/metrics"),
        ("telemetry.logs_path", "/agents/logs"),
        ("telemetry.include_account_uuid", "false"),
        ("retention.metrics", "1y"),
        ("retention.logs", "2w"),
        ("images.grafana", "registry.example:5000/grafana:12"),
    ])
}

/// An ordinary machine.
pub fn ordinary_machine() -> HostFacts {
    HostFacts {
        directory: "/home/ada/.local/share/clawker/monitor".to_owned(),
        docker_socket: "/var/run/docker.sock".to_owned(),
    }
}

/// A data folder that asks for quoting, and a rootless Engine.
pub fn odd_machine() -> HostFacts {
    HostFacts {
        directory: "/srv/Ada's $data: \"new\"/Monitor 2".to_owned(),
        docker_socket: "/run/user/1000/$odd socket.sock".to_owned(),
    }
}
