//! Logs of the real programs, made to fail on 2026-11-28 (collector 0.148.0, Prometheus 3.10.0, Jaeger 1.76.0; only paths
//! were shortened), and lines as Loki, Promtail and Grafana write them.

use super::*;

fn reason_of(log: &str) -> Option<String> {
    failure_reason(&log.lines().collect::<Vec<_>>())
}

#[test]
fn the_reason_is_found_in_the_logs_of_the_real_programs() {
    for (name, log, reason) in [
        (
            "collector-port-in-use",
            include_str!("testdata/collector-port-in-use.log"),
            r#"cannot start pipelines: failed to start "otlp" receiver: listen tcp 127.0.0.1:14318: bind: address already in use"#,
        ),
        (
            "collector-unknown-key",
            include_str!("testdata/collector-unknown-key.log"),
            r#"failed to get config: cannot unmarshal the configuration: decoding failed due to the following error(s): 'exporters' error reading configuration for "debug": decoding failed due to the following error(s): 'debugexporter.Config' has invalid keys: nonsense"#,
        ),
        (
            "collector-equal-paths",
            include_str!("testdata/collector-equal-paths.log"),
            r#"pattern "/x" (registered at go.opentelemetry.io/collector/receiver/otlpreceiver@v0.148.0/otlp.go:154) conflicts with pattern "/x" (registered at go.opentelemetry.io/collector/receiver/otlpreceiver@v0.148.0/otlp.go:147): /x matches the same requests as /x"#,
        ),
        (
            "collector-queue-folder-missing",
            include_str!("testdata/collector-queue-folder-missing.log"),
            "invalid configuration: extensions::file_storage: directory must exist: stat /data/queue: no such file or directory. You can enable the create_directory option to automatically create it",
        ),
        (
            "collector-queue-folder-read-only",
            include_str!("testdata/collector-queue-folder-read-only.log"),
            r#"cannot start pipelines: failed to start "otlp_http/loki" exporter: open /data/exporter_otlp_http_loki_logs: permission denied"#,
        ),
        (
            "collector-queue-file-damaged",
            include_str!("testdata/collector-queue-file-damaged.log"),
            r#"cannot start pipelines: failed to start "otlp_http/loki" exporter: invalid database"#,
        ),
        (
            "prometheus-unknown-key",
            include_str!("testdata/prometheus-unknown-key.log"),
            "Error loading config (--config.file=prom_bad.yaml): parsing YAML file prom_bad.yaml: yaml: unmarshal errors: line 1: field nonsense not found in type config.plain",
        ),
        (
            "prometheus-port-in-use",
            include_str!("testdata/prometheus-port-in-use.log"),
            "Unable to start web listener: listen tcp 127.0.0.1:19090: bind: address already in use",
        ),
        (
            "prometheus-folder-read-only",
            include_str!("testdata/prometheus-folder-read-only.log"),
            "Error opening query log file: open /data/queries.active: permission denied",
        ),
        (
            "prometheus-unknown-flag",
            include_str!("testdata/prometheus-unknown-flag.log"),
            "prometheus: error: unknown long flag '--nonsense'",
        ),
        (
            "jaeger-file-missing",
            include_str!("testdata/jaeger-file-missing.log"),
            "Failed to create sampling strategy provider: failed to read strategies file /etc/jaeger/sampling_strategies.json: open /etc/jaeger/sampling_strategies.json: no such file or directory",
        ),
        (
            "jaeger-port-in-use",
            include_str!("testdata/jaeger-port-in-use.log"),
            "Could not start jaeger-query: query server failed to initialize listener: listen tcp :16686: bind: address already in use",
        ),
        (
            "jaeger-folder-read-only",
            include_str!("testdata/jaeger-folder-read-only.log"),
            r#"Failed to init storage factory: Error Creating Dir: "/data/k" err: mkdir /data/k: permission denied"#,
        ),
        (
            "jaeger-unknown-store",
            include_str!("testdata/jaeger-unknown-store.log"),
            "Cannot initialize storage factory: unknown storage type nonsense. Valid types are [cassandra opensearch elasticsearch memory kafka badger blackhole grpc]",
        ),
    ] {
        assert_eq!(reason_of(log).as_deref(), Some(reason), "{name}");
    }
}

#[test]
fn the_reason_is_found_in_lines_of_loki_promtail_and_grafana() {
    for (log, reason) in [
        (
            r#"level=error ts=2026-11-22T07:12:56.1Z caller=log.go:223 msg="error running loki" err="mkdir /loki: permission denied\nerror creating index client""#,
            "error running loki: mkdir /loki: permission denied error creating index client",
        ),
        (
            "failed parsing config: /etc/loki/config.yaml: yaml: unmarshal errors:\n  line 5: field nonsense not found in type loki.ConfigWrapper",
            "failed parsing config: /etc/loki/config.yaml: yaml: unmarshal errors: line 5: field nonsense not found in type loki.ConfigWrapper",
        ),
        (
            r#"level=error ts=2026-11-22T07:12:56.1Z caller=main.go:170 msg="error creating promtail" error="open /run/promtail/positions.yaml: permission denied""#,
            "error creating promtail: open /run/promtail/positions.yaml: permission denied",
        ),
        (
            "logger=http.server t=2026-11-22T07:12:56.1Z level=info msg=\"HTTP Server Stopped\"\nError: ✗ *api.HTTPServer run error: failed to open listener on address 0.0.0.0:3000: listen tcp 0.0.0.0:3000: bind: address already in use",
            "*api.HTTPServer run error: failed to open listener on address 0.0.0.0:3000: listen tcp 0.0.0.0:3000: bind: address already in use",
        ),
    ] {
        assert_eq!(reason_of(log).as_deref(), Some(reason), "{log}");
    }
}

#[test]
fn the_last_of_several_reasons_is_taken_and_a_fatal_one_before_an_error() {
    let error = |text: &str| format!("level=error msg=\"{text}\"");
    for (log, reason) in [
        (vec![error("first"), error("second"), "level=info msg=bye".into()], "second"),
        (
            vec![r#"{"level":"fatal","msg":"first run"}"#.into(), r#"{"level":"fatal","msg":"second run"}"#.into()],
            "second run",
        ),
        (vec![r#"{"level":"fatal","msg":"the end"}"#.into(), error("late")], "the end"),
        (
            vec![error("long ago"), "level=info msg=working".into(), "panic: runtime error: index out of range".into()],
            "runtime error: index out of range",
        ),
        (vec![r#"level=error msg="it failed: no space" err="no space""#.into()], "it failed: no space"),
    ] {
        assert_eq!(failure_reason(&log).as_deref(), Some(reason), "{log:#?}");
    }
}

#[test]
fn a_log_without_a_reason_has_none_and_a_long_one_is_shortened() {
    for log in ["", "\n \n", "level=info msg=\"Server started\"", "level=warn msg=slow", r#"{"level":"error"}"#] {
        assert_eq!(reason_of(log), None, "{log}");
    }
    let long = failure_reason(&[format!("panic: {}", "ä".repeat(LONGEST + 1))]);
    assert_eq!(long.map(|text| text.chars().count()), Some(LONGEST + 1));
}
