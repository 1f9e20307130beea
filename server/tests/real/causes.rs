//! Real Claude Code in containers, once for each kind of cause: the verdict before anything arrived, and whether the
//! program then does what the verdict says.

use std::{process::Command, thread};

use monitor_core::{
    agents::{
        CauseCode::{self, *},
        Verdict::{self, *},
    },
    service::Service,
};
use serde_json::Value;

use crate::{
    claude_container::{self, ClaudeContainer, PROJECT, name_of, prompt},
    model_api::ModelApi,
    stack::{Stack, run, wait_for},
};

/// What arrives of one prompt with the agent's tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrives {
    Both,
    Events,
    Metrics,
    Nothing,
}
use Arrives::{Both, Events, Metrics, Nothing};

/// Agent, variables beside Clawker's, files in the container, verdict, first cause, and what arrives.
type Row =
    (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)], Verdict, CauseCode, Arrives);

const USER: &str = "/root/.claude/settings.json";
const PROJECT_FILE: &str = "/work/.claude/settings.json";
const MANAGED: &str = "/etc/claude-code/managed-settings.json";
const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=";
/// How many prompts run at once.
const AT_ONCE: usize = 6;

#[rustfmt::skip]
const ROWS: [Row; 52] = [
    ("right", &[], &[], Waiting, NoSampleYet, Both),
    ("off", &["CLAUDE_CODE_ENABLE_TELEMETRY=0"], &[], Off, DisabledByConfiguration, Nothing),
    ("off-by-user", &[], &[(USER, r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#)], Off, DisabledByConfiguration, Nothing),
    ("switch-y", &["CLAUDE_CODE_ENABLE_TELEMETRY=y"], &[], Dark, SwitchInvalid, Nothing),
    ("switch-quoted", &["CLAUDE_CODE_ENABLE_TELEMETRY=\"1\""], &[], Dark, ValueInQuotes, Nothing),
    ("exporter-quoted", &["OTEL_METRICS_EXPORTER=\"otlp\""], &[], Dark, ValueInQuotes, Nothing),
    ("tags-quoted", &["OTEL_RESOURCE_ATTRIBUTES=project=\"causes\",agent=\"tags-quoted\""], &[], Dark, ValueInQuotes, Metrics),
    ("elsewhere", &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4319/v1/logs"], &[], Dark, EndpointMismatch, Metrics),
    ("elsewhere-by-user", &[], &[(USER, r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"http://otel-collector:4319/v1/logs"}}"#)], Dark, EndpointMismatch, Metrics),
    ("slash-at-end", &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4318/v1/logs/"], &[], Dark, EndpointMismatch, Metrics),
    ("no-scheme", &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=otel-collector:4318/v1/logs"], &[], Dark, EndpointMismatch, Metrics),
    ("no-path", &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4318"], &[], Dark, EndpointPathMissing, Metrics),
    ("no-endpoint", &[LOGS], &[], Dark, EndpointMissing, Metrics),
    ("common-endpoint", &[LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318"], &[], Waiting, NoSampleYet, Both),
    ("grpc", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4317"], &[], Waiting, NoSampleYet, Both),
    ("grpc-to-http", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc"], &[], Dark, EndpointMismatch, Nothing),
    ("grpc-no-scheme", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=otel-collector:4317"], &[], Dark, EndpointMismatch, Nothing),
    ("grpc-tls", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=https://otel-collector:4317"], &[], Dark, EndpointMismatch, Nothing),
    ("protocol-http", &["OTEL_EXPORTER_OTLP_PROTOCOL=http"], &[], Dark, ProtocolInvalid, Nothing),
    ("no-protocol", &["OTEL_EXPORTER_OTLP_PROTOCOL="], &[], Waiting, NoSampleYet, Both),
    ("exporter-unknown", &["OTEL_METRICS_EXPORTER=otlphttp"], &[], Dark, ExporterInvalid, Nothing),
    ("exporter-none", &["OTEL_LOGS_EXPORTER=none"], &[], Dark, ExporterNone, Metrics),
    ("metrics-none", &["OTEL_METRICS_EXPORTER=none"], &[], Waiting, NoSampleYet, Events),
    ("interval-0", &["OTEL_METRIC_EXPORT_INTERVAL=0"], &[], Dark, IntervalInvalid, Nothing),
    ("interval-by-project", &[], &[(PROJECT_FILE, r#"{"env":{"OTEL_METRIC_EXPORT_INTERVAL":"-1"}}"#)], Dark, IntervalInvalid, Nothing),
    ("tags-by-project", &[], &[(PROJECT_FILE, r#"{"env":{"OTEL_RESOURCE_ATTRIBUTES":"repo.owner=acme"}}"#)], Dark, TagsMissing, Nothing),
    ("switch-by-project", &[], &[(PROJECT_FILE, r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#)], Waiting, NoSampleYet, Both),
    ("tags-with-space", &["OTEL_RESOURCE_ATTRIBUTES=project=causes,agent=tags-with-space,team=Blue Team"], &[], Waiting, NoSampleYet, Both),
    ("managed", &[], &[("/etc/claude-code/managed-settings.d/10-otel.json", r#"{"env":{"OTEL_LOGS_EXPORTER":"none"}}"#)], Dark, ManagedSettingsOverride, Metrics),
    ("managed-off", &[], &[(MANAGED, r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":0}}"#)], Off, ManagedSettingsOverride, Nothing),
    ("managed-common", &[], &[(MANAGED, r#"{"env":{"OTEL_EXPORTER_OTLP_ENDPOINT":"http://otel-collector:4319"}}"#)], Dark, ManagedSettingsOverride, Nothing),
    ("managed-invalid", &[], &[(MANAGED, "// ours\n{}")], Dark, ManagedSettingsInvalid, Nothing),
    ("state", &[], &[("/root/.claude.json", r#"{"env":{"OTEL_LOGS_EXPORTER":"none"}}"#)], Dark, ExporterNone, Metrics),
    ("user-not-used", &[], &[(USER, r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#)], Waiting, NoSampleYet, Both),
    ("helper-fails", &[], &[(USER, r#"{"otelHeadersHelper":"/nowhere"}"#)], Waiting, NotChecked, Nothing),
    ("service-name", &["OTEL_SERVICE_NAME=nous"], &[], Waiting, ServiceNameChanged, Both),
    ("not-on-network", &[], &[], Dark, NotOnNetwork, Nothing),
    ("not-managed", &[], &[], Waiting, NotManaged, Both),
    // A name without a value removes the image's variable.
    ("not-enabled", &["CLAUDE_CODE_ENABLE_TELEMETRY"], &[], Dark, NotEnabled, Nothing),
    ("protocol-missing", &["OTEL_EXPORTER_OTLP_PROTOCOL=", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=otel-collector:4318/v1/metrics"], &[], Dark, ProtocolMissing, Nothing),
    ("managed-protocol", &[], &[(MANAGED, r#"{"env":{"OTEL_EXPORTER_OTLP_PROTOCOL":"http"}}"#)], Dark, ManagedSettingsOverride, Nothing),
    ("tags-by-both", &[], &[(USER, r#"{"env":{"OTEL_RESOURCE_ATTRIBUTES":"repo.owner=acme"}}"#), (PROJECT_FILE, r#"{"env":{"OTEL_RESOURCE_ATTRIBUTES":"project=causes,agent=tags-by-both"}}"#)], Waiting, NoSampleYet, Both),
    ("traces", &["CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1", "OTEL_TRACES_EXPORTER=otlp"], &[], Waiting, TracesMisdirected, Both),
    ("interval-long", &["OTEL_METRIC_EXPORT_INTERVAL=600000"], &[], Waiting, IntervalTooLong, Both),
    ("proxy", &["HTTP_PROXY=http://127.0.0.1:9"], &[], Waiting, Proxied, Nothing),
    ("proxy-by-user", &[], &[(USER, r#"{"env":{"HTTPS_PROXY":"http://127.0.0.1:9"}}"#)], Waiting, Proxied, Nothing),
    ("proxy-by-project", &[], &[("/work/.claude/settings.local.json", r#"{"env":{"http_proxy":"http://127.0.0.1:9"}}"#)], Waiting, Proxied, Nothing),
    ("proxy-by-managed", &[], &[(MANAGED, r#"{"env":{"HTTP_PROXY":"http://127.0.0.1:9"}}"#)], Waiting, Proxied, Nothing),
    ("proxy-emptied", &["HTTP_PROXY=http://127.0.0.1:9"], &[(USER, r#"{"env":{"HTTP_PROXY":""}}"#)], Waiting, NoSampleYet, Both),
    ("proxy-excepted", &["HTTP_PROXY=http://127.0.0.1:9", "no_proxy=otel-collector,{host}"], &[], Waiting, NoSampleYet, Both),
    ("proxy-grpc", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4317", "http_proxy=http://127.0.0.1:9"], &[], Waiting, Proxied, Nothing),
    ("proxy-not-grpc", &["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", LOGS, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4317", "HTTP_PROXY=http://127.0.0.1:9"], &[], Waiting, NoSampleYet, Both),
];

const OFF_ALREADY: &str = "telemetry is off, as in the row `off`; the cause is about when the container was created";
const FOR_EVERYBODY: &str = "it is about the collector, which all rows share; `journey` changes it";
const AFTER_DATA: &str = "it is about data that arrived before; `telemetry` and `journey` have it";

/// Causes without a row, and why.
const WITHOUT_ROW: [(CauseCode, &str); 14] = [
    (DisabledBecauseStackWasDown, OFF_ALREADY),
    (DisabledForUnknownReason, OFF_ALREADY),
    (ForcedOn, "telemetry is on, as in the row `right`; the cause is about when the container was created"),
    (CollectorDown, FOR_EVERYBODY),
    (CollectorUnlabelled, FOR_EVERYBODY),
    (CollectorNotOnNetwork, FOR_EVERYBODY),
    (KnownBadVersion, "a note about a report; the releases were run once, and the record says what they did"),
    (RefusedDownstream, AFTER_DATA),
    (MetricsMissing, AFTER_DATA),
    (EventsMissing, AFTER_DATA),
    (Quiet, AFTER_DATA),
    (NotRunning, "no prompt can be run in a container that is not running"),
    (NoContainer, "there is no container to run a prompt in"),
    (StoresUnreachable, "nothing tells what arrived"),
];

#[test]
fn every_cause_has_a_row_or_a_reason_for_having_none() {
    for code in CauseCode::ALL {
        let rows = ROWS.iter().filter(|row| row.4 == code).count();
        let reasons = WITHOUT_ROW.iter().filter(|(known, _)| *known == code).count();
        assert!((rows > 0) != (reasons > 0) && reasons <= 1, "{}: {rows} rows, {reasons} reasons", code.name());
    }
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images, the real programs and Claude Code; run by cargo xtask test"]
fn claude_code_does_what_each_verdict_says() {
    let stack = Stack::start("");
    let _removed = Removed::now();
    claude_container::build_image(&stack);
    let gateway = run(Command::new("docker").args([
        "network",
        "inspect",
        "clawker-net",
        "--format",
        "{{(index .IPAM.Config 0).Gateway}}",
    ]));
    let model_api = ModelApi::start_on(gateway.trim());
    let api = (gateway.trim(), model_api.port);
    for (agent, variables, files, ..) in ROWS {
        let network = if agent == "not-on-network" { "bridge" } else { "clawker-net" };
        let managed = agent != "not-managed";
        claude_container::start(&stack, &ClaudeContainer { agent, managed, network, variables, files }, api);
    }
    let reports = reports(&stack);
    let mut wrong: Vec<String> = ROWS.iter().filter_map(|row| judged_wrongly(row, &reports)).collect();

    for rows in ROWS.chunks(AT_ONCE) {
        let prompts: Vec<_> = rows.iter().map(|row| (row.0, thread::spawn(|| prompt(row.0)))).collect();
        for (agent, ended_well) in prompts {
            // Claude Code refuses such managed settings, and runs with everything else.
            let ended_well = ended_well.join().unwrap();
            if ended_well == (agent == "managed-invalid") {
                wrong.push(format!("{agent}: ended well: {ended_well}"));
            }
        }
    }
    // All prompts have ended, so nothing more is sent.
    let complaint = wait_for("rows whose data arrives", 60, || {
        let late: Vec<String> = ROWS.iter().filter_map(|row| arrived_wrongly(&stack, row)).collect();
        if late.iter().any(|late| late.contains("lacks")) { Err(late.join("\n")) } else { Ok(late) }
    });
    wrong.extend(complaint);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The containers are removed before the test, and when it ends in any way: the browser's tests would list them.
struct Removed;

impl Removed {
    fn now() -> Removed {
        claude_container::remove(ROWS.iter().map(|row| row.0));
        Removed
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        claude_container::remove(ROWS.iter().map(|row| row.0));
    }
}

/// What `agents --json` says, by container.
fn reports(stack: &Stack) -> Value {
    serde_json::from_str(&run(&mut stack.command(&["agents", "--json"]))).unwrap()
}

fn judged_wrongly((agent, .., verdict, code, _): &Row, reports: &Value) -> Option<String> {
    let reported =
        reports["agents"].as_array().unwrap().iter().find(|it| it["container"] == name_of(agent).as_str())?;
    let codes: Vec<&str> = reported["causes"].as_array().unwrap().iter().filter_map(|it| it["code"].as_str()).collect();
    // Beside a verdict without a problem, the note is what matters.
    let is_said = if *verdict == Waiting { codes.contains(&code.name()) } else { codes.first() == Some(&code.name()) };
    let is_right = reported["verdict"] == verdict.name() && is_said;
    (!is_right).then(|| format!("{agent}: expected {} and {}, found {reported}", verdict.name(), code.name()))
}

fn arrived_wrongly(stack: &Stack, (agent, .., wanted): &Row) -> Option<String> {
    let count = |store, path, query: String| {
        let data = stack.ask(store, path, &[("query", &query)]).unwrap();
        data["result"][0]["value"][1].as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() > 0.0
    };
    let events = count(
        Service::Loki,
        "/loki/api/v1/query",
        format!(
            "sum (count_over_time({{service_name=\"claude-code\"}} | project=\"{PROJECT}\" | agent=\"{agent}\" | \
             event_name=\"api_request\" [1h]))"
        ),
    );
    let metrics = count(
        Service::Prometheus,
        "/api/v1/query",
        format!(
            "sum (sum_over_time(claude_code_token_usage_tokens_total{{temporality=\"delta\",project=\"{PROJECT}\",\
             agent=\"{agent}\"}}[1h]))"
        ),
    );
    let found = match (events, metrics) {
        (true, true) => Both,
        (true, false) => Events,
        (false, true) => Metrics,
        (false, false) => Nothing,
    };
    let lacks = matches!((wanted, found), (_, Nothing) | (Both, _));
    let verb = if lacks { "lacks some" } else { "has more" };
    (found != *wanted).then(|| format!("{agent} {verb}: expected {wanted:?}, found {found:?}"))
}
