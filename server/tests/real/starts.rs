//! The stack starts, everything in it reaches everything, and nobody complains.

use std::process::Command;

use monitor_core::{dashboard::render, service::Service};
use serde_json::Value;

use crate::{
    images::is_stand_in,
    logs::complaints,
    queries::{Chosen, Store, every_choice, every_question},
    stack::{Stack, run, wait_for},
    stores::get,
    totals::{compare, simulate},
};

/// Every port and both paths are others than the default.
const ALL_CHANGED: &str = "  otel_collector_port: 14318
  otel_grpc_port: 14317
  loki_port: 13100
  prometheus_port: 19090
  jaeger_port: 26686
  grafana_port: 13000
  prometheus_metrics_port: 18889
  promtail_port: 19080
  otel_collector_internal: telemetry
  telemetry:
    metrics_path: /agents/metrics
    logs_path: /agents/logs
";

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and the real programs; run by cargo xtask test"]
fn at_the_defaults_everything_is_up_and_what_was_stored_survives_down() {
    let stack = Stack::start("");
    let report = check(&stack);
    compare("at the defaults", &stack, &report, 30);
    run(&mut stack.command(&["down"]));
    run(&mut stack.command(&["up", "--wait-timeout", "90"]));
    compare("after `down` and `up`", &stack, &report, 30);
    wait_for("the trace is gone", 30, || has_trace(&stack));
    assert_eq!(complaints(), [] as [String; 0]);
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and the real programs; run by cargo xtask test"]
fn with_every_port_and_path_changed_everything_is_up_and_nobody_complains() {
    let stack = Stack::start(ALL_CHANGED);
    let report = check(&stack);
    compare("every port and path changed", &stack, &report, 30);
}

/// Sends something, looks at everything, and returns the ledger.
fn check(stack: &Stack) -> Value {
    let report = simulate(stack, &["--agents", "4", "--rate", "60", "--for", "20s"]);
    assert_eq!(report["requests"]["last_loss"], Value::Null, "{report}");
    send_trace(stack);
    wait_for("no span in Jaeger", 30, || has_trace(stack));
    wait_for("not every target is up", 40, || every_target_is_up(stack));
    every_query_is_answered(stack);
    assert_eq!(complaints(), [] as [String; 0]);
    report
}

const TRACE: &str = "5b8efff798038103d269b633813fc60c";

fn send_trace(stack: &Stack) {
    let end = clawker_monitor::clock::now().unix_milliseconds() * 1_000_000;
    let body = serde_json::json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "claude-code" } }] },
        "scopeSpans": [{ "spans": [{
            "traceId": TRACE,
            "spanId": "eee19b7ec3c1b174",
            "name": "claude_code.interaction",
            "kind": 1,
            "startTimeUnixNano": (end - 5_000_000).to_string(),
            "endTimeUnixNano": end.to_string(),
        }] }],
    }] });
    let url = format!("{}/v1/traces", stack.address(Service::OtelCollector));
    let arguments = ["--silent", "--show-error", "--fail", "--header", "Content-Type: application/json", "--data"];
    run(Command::new("curl").args(arguments).args([&body.to_string(), &url]));
}

fn has_trace(stack: &Stack) -> Result<(), String> {
    let body = get(&format!("{}/api/traces/{TRACE}", stack.address(Service::Jaeger)), &[])?;
    let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    match answer["data"][0]["spans"].as_array().map(Vec::len) {
        Some(1) => Ok(()),
        _ => Err(body),
    }
}

fn every_target_is_up(stack: &Stack) -> Result<(), String> {
    let data = stack.ask(Service::Prometheus, "/api/v1/targets", &[("state", "active")])?;
    let targets = data["activeTargets"].as_array().unwrap();
    assert!(!targets.is_empty());
    match targets.iter().find(|target| target["health"] != "up") {
        Some(target) => Err(format!("{}: {} {}", target["scrapePool"], target["health"], target["lastError"])),
        None => Ok(()),
    }
}

/// The questions of the dashboard, with each of the choices that people have.
fn every_query_is_answered(stack: &Stack) {
    let dashboard: Value = serde_json::from_str(&render()).unwrap();
    for question in every_question(&dashboard) {
        let service = match question.store {
            Store::Prometheus => Service::Prometheus,
            // The stand-in knows only the queries of the panel.
            Store::Loki if is_stand_in(Service::Loki) => continue,
            Store::Loki => Service::Loki,
        };
        for chosen in every_choice() {
            ask(stack, service, &chosen.fill(&question), &chosen, question.instant)
                .unwrap_or_else(|refusal| panic!("{question}\n{refusal}"));
        }
    }
    assert!(get(&format!("{}/", stack.address(Service::Jaeger)), &[]).is_ok());
}

fn ask(stack: &Stack, service: Service, query: &str, chosen: &Chosen, instant: bool) -> Result<Value, String> {
    let prefix = if service == Service::Loki { "/loki" } else { "" };
    let (end, step) = (clawker_monitor::clock::now().unix_milliseconds() / 1000, chosen.step.to_string());
    if instant {
        return stack.ask(service, &format!("{prefix}/api/v1/query"), &[("query", query)]);
    }
    let start = (end - chosen.range as i64).to_string();
    let parameters = [("query", query), ("start", &start), ("end", &end.to_string()), ("step", &step)];
    stack.ask(service, &format!("{prefix}/api/v1/query_range"), &parameters)
}
