//! Every row of the record of runs, as a container of that release: the verdict has to agree with what was seen.

use super::*;
use crate::agents::release::record::record;

/// What arrived, by a cell of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrived {
    Everything,
    EventsOnly,
    MetricsOnly,
    Nothing,
    Untagged,
}

fn arrived(cell: &str) -> Arrived {
    let (events, metrics) = (cell.contains('L'), cell.contains('M'));
    match cell {
        "nothing" | "refuses to start (rc 1)" | "in quotes" => Arrived::Nothing,
        "no attribute of ours" | "replaced" => Arrived::Untagged,
        "all" | "decoded" | "both" | "ignored" | "no effect" | "arrives" | "replaces claude-code" => {
            Arrived::Everything
        }
        _ if events && metrics => Arrived::Everything,
        _ if events => Arrived::EventsOnly,
        _ if metrics => Arrived::MetricsOnly,
        other => panic!("a cell that the test does not know: `{other}`"),
    }
}

const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

fn env(name: &str, value: &str) -> String {
    serde_json::json!({ "env": { name: value } }).to_string()
}

/// One setup for each part, added to the attributes that Clawker sets.
fn attributes(parts: &[&str]) -> Vec<Scene> {
    let with = |part: &&str| silent().given(&format!("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,{part}"));
    parts.iter().map(with).collect()
}

/// A container that sets this protocol for each signal.
fn signal_protocols(protocol: &str) -> Scene {
    let logs = silent().given(&format!("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL={protocol}"));
    logs.given(&format!("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL={protocol}"))
}

/// The setups of a row, in the order of the parts of its cells.
fn setups(row: &str) -> Vec<Scene> {
    let given = |line: &str| silent().given(line);
    match row {
        "none" => vec![silent()],
        "no protocol" => vec![silent().without("OTEL_EXPORTER_OTLP_PROTOCOL")],
        "protocol `HTTP/JSON`" => vec![given("OTEL_EXPORTER_OTLP_PROTOCOL=HTTP/JSON")],
        "metrics protocol `http`" => vec![given("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http")],
        "logs exporter `none`" => vec![given("OTEL_LOGS_EXPORTER=none")],
        "metrics exporter `none` / `prometheus`" => {
            vec![given("OTEL_METRICS_EXPORTER=none"), given("OTEL_METRICS_EXPORTER=prometheus")]
        }
        "metrics exporter `otlphttp`" => vec![given("OTEL_METRICS_EXPORTER=otlphttp")],
        "metrics exporter `\"otlp\"` (quotes)" => vec![given("OTEL_METRICS_EXPORTER=\"otlp\"")],
        "logs exporter `OTLP`, `loki`, `\"otlp\"`" => vec![given("OTEL_LOGS_EXPORTER=OTLP")],
        "switch `\"1\"` (quotes)" => vec![given("CLAUDE_CODE_ENABLE_TELEMETRY=\"1\"")],
        "logs endpoint without scheme, or in quotes" => vec![given(&format!("{LOGS}=otel-collector:4318/v1/logs"))],
        "attributes with a space" => vec![given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,team=Blue Team")],
        "attributes with a letter beyond ASCII" => {
            vec![given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,team=한글팀")]
        }
        "15 attributes" => {
            let more: Vec<String> = (0..13).map(|number| format!("a{number}=v")).collect();
            vec![given(&format!("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,{}", more.join(",")))]
        }
        "`project=my%20app`" => {
            let scene = given("OTEL_RESOURCE_ATTRIBUTES=project=my%20app,agent=dev");
            vec![scene.agent(|agent| agent.project = Some("my app".into()))]
        }
        "`project=live, agent=real`" => {
            let scene = given("OTEL_RESOURCE_ATTRIBUTES=project=live, agent=real").agent(|agent| {
                agent.project = Some("live".into());
                agent.agent = "real".into();
            });
            vec![scene]
        }
        "OTEL_SERVICE_NAME or service.name" => vec![given("OTEL_SERVICE_NAME=nous")],
        "user settings.json: logs endpoint elsewhere" => vec![silent().user_settings(&env(LOGS, "http://x:1/v1/logs"))],
        "user settings.json: common endpoint elsewhere" => {
            vec![silent().user_settings(&env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:1"))]
        }
        "user settings.json: switch 0 / protocol grpc" => vec![
            silent().user_settings(&env("CLAUDE_CODE_ENABLE_TELEMETRY", "0")),
            silent().user_settings(&env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")),
        ],
        "user settings.json: attributes" => {
            vec![silent().user_settings(&env("OTEL_RESOURCE_ATTRIBUTES", "team=blue"))]
        }
        "project settings.json (trusted): logs endpoint" => {
            vec![silent().project_settings(&env(LOGS, "http://x:1/v1/logs"))]
        }
        "project settings.json: attributes (also settings.local.json)" => {
            vec![silent().project_settings(&env("OTEL_RESOURCE_ATTRIBUTES", "team=blue"))]
        }
        "project settings.json: switch 0, exporters, protocol" => vec![
            silent()
                .project_settings(&env("CLAUDE_CODE_ENABLE_TELEMETRY", "0"))
                .project_settings(&env("OTEL_LOGS_EXPORTER", "none"))
                .project_settings(&env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")),
        ],
        "project settings.json: intervals 600000" => {
            vec![silent().project_settings(&env("OTEL_METRIC_EXPORT_INTERVAL", "600000"))]
        }
        "managed-settings.d/*.json: logs endpoint elsewhere" => {
            let path = "/etc/claude-code/managed-settings.d/10.json";
            vec![silent().settings_file(SettingsLayer::Managed, path, &env(LOGS, "http://x:1/v1/logs"))]
        }
        "managed-settings.json: common endpoint elsewhere, per-signal in the container" => {
            vec![silent().managed_settings(&env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:1"))]
        }
        "managed-settings.json with a comment or a trailing comma" => vec![silent().managed_settings("// x\n{}")],
        "OTEL_SDK_DISABLED, DISABLE_TELEMETRY, DO_NOT_TRACK, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC" => {
            vec![given("OTEL_SDK_DISABLED=true")]
        }
        "OTEL_EXPORTER_OTLP_TIMEOUT=10, intervals `5s`" => {
            vec![given("OTEL_EXPORTER_OTLP_TIMEOUT=10").given("OTEL_METRIC_EXPORT_INTERVAL=5s")]
        }
        "no protocol, one request of each kind" => setups("no protocol"),
        "project settings.json: logs endpoint, one request of each kind" => {
            setups("project settings.json (trusted): logs endpoint")
        }
        "attributes with `a=b;c`" => attributes(&["a=b;c"]),
        "attributes with `a=b=c` / `foo`" => attributes(&["a=b=c", "foo"]),
        "attributes with `a=100%` / `a=%FF`" => attributes(&["a=100%", "a=%FF"]),
        "traces beta, exporter `otlphttp`" => {
            vec![given("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1").given("OTEL_TRACES_EXPORTER=otlphttp")]
        }
        "traces beta, protocol `http` for traces" => {
            let endpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://otel-collector:4318/v1/traces";
            let beta = given("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1").given("OTEL_TRACES_EXPORTER=otlp");
            vec![beta.given(endpoint).given("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http")]
        }
        "no protocol, and a metrics endpoint without scheme" => {
            let endpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=otel-collector:4318/v1/metrics";
            vec![silent().without("OTEL_EXPORTER_OTLP_PROTOCOL").given(endpoint)]
        }
        "logs exporter `console, otlp`" => vec![given("OTEL_LOGS_EXPORTER=console, otlp")],
        "logs exporter `otlp,` / `none,otlp`" => {
            vec![given("OTEL_LOGS_EXPORTER=otlp,"), given("OTEL_LOGS_EXPORTER=none,otlp")]
        }
        "switch `y`" => vec![given("CLAUDE_CODE_ENABLE_TELEMETRY=y")],
        "switch ` 1 ` / `TRUE`" => {
            vec![given("CLAUDE_CODE_ENABLE_TELEMETRY= 1 "), given("CLAUDE_CODE_ENABLE_TELEMETRY=TRUE")]
        }
        "user settings.json: logs exporter null" => {
            vec![silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":null}}"#)]
        }
        "user settings.json with a trailing comma" => vec![silent().user_settings(r#"{"env":{},}"#)],
        "project settings.json: OTEL_SERVICE_NAME" => {
            vec![silent().project_settings(&env("OTEL_SERVICE_NAME", "nous"))]
        }
        "attributes with `agent=\"dev\"`" => vec![given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=\"dev\"")],
        "metrics interval `0` / `-5` / `0.5` / `0s`" => {
            ["0", "-5", "0.5", "0s"].map(|value| given(&format!("OTEL_METRIC_EXPORT_INTERVAL={value}"))).into()
        }
        "metrics interval `0`, metrics exporter `none`" => {
            vec![given("OTEL_METRIC_EXPORT_INTERVAL=0").given("OTEL_METRICS_EXPORTER=none")]
        }
        "metrics interval `abc` / `5e3`" => {
            vec![given("OTEL_METRIC_EXPORT_INTERVAL=abc"), given("OTEL_METRIC_EXPORT_INTERVAL=5e3")]
        }
        "logs interval `0`" => vec![given("OTEL_LOGS_EXPORT_INTERVAL=0")],
        "user settings.json: logs exporter `none`, beside `\"model\":3` / `\"permissions\":\"x\"` / a comment" => vec![
            silent().user_settings(r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#),
            silent().user_settings(r#"{"permissions":"x","env":{"OTEL_LOGS_EXPORTER":"none"}}"#),
            silent().user_settings("// mine\n{\"env\":{\"OTEL_LOGS_EXPORTER\":\"none\"}}"),
        ],
        "user settings.json: logs exporter `[\"none\"]` / `{}`" => vec![
            silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":["none"]}}"#),
            silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":{}}}"#),
        ],
        "managed-settings.json: common endpoint elsewhere, per-signal in user settings.json" => {
            let user = silent().user_settings(&env(LOGS, "http://otel-collector:4318/v1/logs"));
            vec![user.managed_settings(&env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:1"))]
        }
        "managed-settings.json: common protocol `http`, per-signal right in the container" => {
            vec![signal_protocols("http/json").managed_settings(&env("OTEL_EXPORTER_OTLP_PROTOCOL", "http"))]
        }
        "managed-settings.json: common protocol right, per-signal `http` in the container" => {
            vec![signal_protocols("http").managed_settings(&env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"))]
        }
        "managed-settings.json: common endpoint elsewhere, and the one for logs" => {
            let logs = "http://otel-collector:4318/v1/logs";
            let variables = serde_json::json!({ "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:1", LOGS: logs });
            vec![silent().managed_settings(&serde_json::json!({ "env": variables }).to_string())]
        }
        ".claude.json: logs exporter `none` / switch 0" => vec![
            silent().config(&env("OTEL_LOGS_EXPORTER", "none")),
            silent().config(&env("CLAUDE_CODE_ENABLE_TELEMETRY", "0")),
        ],
        ".claude.json: logs exporter `none`; user settings.json: `otlp`" => {
            let config = silent().config(&env("OTEL_LOGS_EXPORTER", "none"));
            vec![config.user_settings(&env("OTEL_LOGS_EXPORTER", "otlp"))]
        }
        "managed-settings.json: logs exporter `none`, beside `\"model\":3`" => {
            vec![silent().managed_settings(r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#)]
        }
        "managed-settings.d/*.json that is not a JSON object" => {
            let path = "/etc/claude-code/managed-settings.d/10.json";
            vec![silent().settings_file(SettingsLayer::Managed, path, "[1]")]
        }
        "project settings.json: attributes; user settings.json: ours" => {
            let ours = env("OTEL_RESOURCE_ATTRIBUTES", "project=shop,agent=dev");
            vec![silent().user_settings(&ours).project_settings(&env("OTEL_RESOURCE_ATTRIBUTES", "team=blue"))]
        }
        "user settings.json: attributes; project settings.json: ours" => {
            let ours = env("OTEL_RESOURCE_ATTRIBUTES", "project=shop,agent=dev");
            vec![silent().user_settings(&env("OTEL_RESOURCE_ATTRIBUTES", "team=blue")).project_settings(&ours)]
        }
        "user settings.json: logs exporter `none`; project settings.json: `otlp`" => {
            let user = silent().user_settings(&env("OTEL_LOGS_EXPORTER", "none"));
            vec![user.project_settings(&env("OTEL_LOGS_EXPORTER", "otlp"))]
        }
        "user settings.json: logs exporter `otlp`; project settings.json: `none`" => {
            let user = silent().user_settings(&env("OTEL_LOGS_EXPORTER", "otlp"));
            vec![user.project_settings(&env("OTEL_LOGS_EXPORTER", "none"))]
        }
        "user settings.json: metrics interval 1000; project settings.json: `0`" => {
            let user = silent().user_settings(&env("OTEL_METRIC_EXPORT_INTERVAL", "1000"));
            vec![user.project_settings(&env("OTEL_METRIC_EXPORT_INTERVAL", "0"))]
        }
        "metrics interval `0x10` / `+5000` / `99999999999`" => {
            ["0x10", "+5000", "99999999999"].map(|value| given(&format!("OTEL_METRIC_EXPORT_INTERVAL={value}"))).into()
        }
        "protocol ` http/json ` / logs exporter ` otlp ` / logs endpoint `HTTP://` / with `?x=1` / with `u:p@` / in spaces" => vec![
            given("OTEL_EXPORTER_OTLP_PROTOCOL= http/json "),
            given("OTEL_LOGS_EXPORTER= otlp "),
            given(&format!("{LOGS}=HTTP://otel-collector:4318/v1/logs")),
            given(&format!("{LOGS}=http://otel-collector:4318/v1/logs?x=1")),
            given(&format!("{LOGS}=http://u:p@otel-collector:4318/v1/logs")),
            given(&format!("{LOGS}= http://otel-collector:4318/v1/logs ")),
        ],
        "user settings.json: logs exporter empty / protocol empty / `env` twice, the first with logs exporter `none`" => vec![
            silent().user_settings(&env("OTEL_LOGS_EXPORTER", "")),
            silent().user_settings(&env("OTEL_EXPORTER_OTLP_PROTOCOL", "")),
            silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":"none"},"env":{"A":"b"}}"#),
        ],
        "attributes with spaces around `=` / a comma at the end / a value of 300 letters / `=x` / agent twice" => vec![
            given("OTEL_RESOURCE_ATTRIBUTES=project = shop , agent = dev"),
            given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,"),
            given(&format!("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,team={}", "x".repeat(300))),
            given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,=x"),
            given("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=other,agent=dev"),
        ],
        "settings.local.json of the Git repository above the work folder: attributes" => {
            let path = "/home/ada/.claude/settings.local.json";
            let text = env("OTEL_RESOURCE_ATTRIBUTES", "team=blue");
            vec![silent().settings_file(SettingsLayer::Repository, path, &text)]
        }
        // Proxies, which only warn; see `proxies`.
        row if row.contains("_PROXY") || row.contains("_proxy") => Vec::new(),
        // About reading files, which is tested there; what a command answers is not known.
        "settings.json or managed settings that the user may not read: logs exporter `none`"
        | "managed-settings.d: `.JSON`, hidden, in a subfolder"
        | "managed-settings.d: logs exporter none in `B.json`, `10.json`, otlp in `a.json`, `9.json`"
        | "user settings.json: `otelHeadersHelper` that fails"
        | "project settings.json: `otelHeadersHelper` that fails"
        // Not about variables that the rules look at; traces and gRPC have their own cells and tests.
        | "traces beta, no endpoint for traces / with the common one"
        | "gRPC `host:4317` / `https://` / `http://` / `host:4317` + INSECURE=true, first bytes" => Vec::new(),
        other => panic!("a row that the test does not know: `{other}`"),
    }
}

#[test]
fn verdicts_agree_with_what_each_release_was_seen_to_do() {
    let (releases, rows) = record();
    let mut checked = 0;
    for (row, cells) in &rows {
        for (release, cell) in releases.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            // A second part of a cell is about a second setup; what comes after a comma is about attributes.
            for (scene, part) in setups(row).into_iter().zip(cell.split(" / ")) {
                let scene = scene.version(&release.to_string());
                let part = part.split(", all").next().unwrap_or(part);
                let shown = format!("{row}, {release}: {part}\n{}", scene.told());
                let worst = scene.judged().causes.first().map(|cause| cause.code);
                match arrived(part) {
                    Arrived::Everything => assert_eq!(scene.verdict(), Verdict::Waiting, "{shown}"),
                    Arrived::EventsOnly => {
                        assert_eq!(scene.verdict(), Verdict::Waiting, "{shown}");
                        let said = [CauseCode::ExporterNone, CauseCode::ManagedSettingsOverride];
                        assert!(scene.codes().iter().any(|code| said.contains(code)), "{shown}");
                    }
                    Arrived::MetricsOnly => assert_eq!(scene.verdict(), Verdict::Dark, "{shown}"),
                    Arrived::Nothing => {
                        assert!(matches!(scene.verdict(), Verdict::Dark | Verdict::Off), "{shown}");
                    }
                    Arrived::Untagged => assert_eq!(worst, Some(CauseCode::TagsMissing), "{shown}"),
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 120, "{checked}");
}

#[test]
fn grpc_needs_a_scheme_or_to_be_told_that_there_is_no_tls() {
    for (endpoint, insecure, arrives) in [
        ("otel-collector:4317", "", false),
        ("https://otel-collector:4317", "", false),
        ("http://otel-collector:4317", "", true),
        ("otel-collector:4317", "true", true),
    ] {
        let scene = silent()
            .given("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
            .given(&format!("{LOGS}={endpoint}"))
            .given("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-collector:4317")
            .given(&format!("OTEL_EXPORTER_OTLP_INSECURE={insecure}"));
        let expected = if arrives { Verdict::Waiting } else { Verdict::Dark };
        assert_eq!(scene.verdict(), expected, "{endpoint}: {}", scene.told());
    }
}
