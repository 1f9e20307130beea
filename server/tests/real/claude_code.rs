//! Real Claude Code in print mode, against a model API of the tests' own: what the stores and the panel say equals what
//! that API billed. Costs are Claude Code's own estimate, so its metric is compared with the sum of its events.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use monitor_core::{
    agent_environment::{Source, environment},
    service::Service,
    telemetry::OwnerNumbers,
};
use serde_json::Value;

use crate::{
    model_api::{ModelApi, Usage},
    panel_numbers::numbers,
    process,
    stack::{Stack, wait_for},
    stores::get,
    table::record,
};

const PROJECT: &str = "real";

/// Other variables than Clawker's, by the agent's name.
fn ways(stack: &Stack) -> [(&'static str, Vec<(&'static str, String)>); 4] {
    let grpc = format!("http://127.0.0.1:{}", stack.settings.otel_grpc_port);
    [
        ("http-protobuf", vec![]),
        (
            "grpc",
            vec![
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", grpc.clone()),
                ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", grpc),
            ],
        ),
        // The collector sets the name back, for metrics, events and traces.
        ("service-name", vec![("OTEL_SERVICE_NAME", "nous".to_owned())]),
        (
            "traces",
            vec![
                ("OTEL_SERVICE_NAME", "nous".to_owned()),
                ("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1".to_owned()),
                ("OTEL_TRACES_EXPORTER", "otlp".to_owned()),
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", stack.address(Service::OtelCollector))),
            ],
        ),
    ]
}

/// Runs one prompt to its end, with what the agent's image sets.
fn prompt(stack: &Stack, api: &ModelApi, agent: &str, further: &[(&str, String)], home: &Path) {
    let set = environment(&stack.settings, PROJECT, agent)
        .into_iter()
        .filter(|variable| matches!(variable.source, Source::Image | Source::Creation))
        // This one runs beside the containers.
        .map(|variable| (variable.name, variable.value.replace("//otel-collector:", "//127.0.0.1:")))
        .chain(further.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    run_prompt(api, home, set);
}

/// Runs one prompt to its end, with these variables. Its settings are in `claude` in its home folder.
pub fn run_prompt(api: &ModelApi, home: &Path, variables: impl IntoIterator<Item = (String, String)>) {
    let work = home.join("work");
    std::fs::create_dir_all(&work).unwrap();
    let program = std::env::var("MONITOR_TEST_CLAUDE_CODE").expect("`MONITOR_TEST_CLAUDE_CODE` is set by xtask");
    let mut command = Command::new(program);
    command.args(["--print", "Write a file with three lines.", "--allowedTools", "Write"]);
    command.args(["--permission-mode", "acceptEdits", "--output-format", "json"]);
    // Nothing of whoever runs the tests may get in.
    command.env_clear().current_dir(&work).stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("CLAUDE_CONFIG_DIR", home.join("claude"));
    command.env("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{}", api.port)).env("ANTHROPIC_API_KEY", "sk-ant-test");
    command.env("DISABLE_AUTOUPDATER", "1").env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    command.envs(variables);
    let output = process::output(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(result["is_error"], false, "{said}");
    assert!(work.join("written.txt").is_file(), "the tool did not run: {said}");
}

fn sum(usages: &[Usage]) -> Usage {
    usages.iter().fold(Usage::default(), |sum, usage| Usage {
        input: sum.input + usage.input,
        output: sum.output + usage.output,
        cache_read: sum.cache_read + usage.cache_read,
        cache_creation: sum.cache_creation + usage.cache_creation,
    })
}

/// The answer to a query as one number. No series is 0.
fn ask(stack: &Stack, store: Service, query: &str) -> Result<f64, String> {
    let path = if store == Service::Loki { "/loki/api/v1/query" } else { "/api/v1/query" };
    let data = stack.ask(store, path, &[("query", query)])?;
    let text = data["result"][0]["value"][1].as_str().unwrap_or("0").to_owned();
    text.parse().map_err(|_| text)
}

/// What the stores and the panel say about one agent, in the order of the names.
fn found(stack: &Stack, agent: &str) -> Result<[(&'static str, f64); 15], String> {
    let metric = |name: &str, further: &str| {
        let series = format!("{name}{{temporality=\"delta\",project=\"{PROJECT}\",agent=\"{agent}\"{further}}}");
        ask(stack, Service::Prometheus, &format!("sum (sum_over_time({series}[1h]))"))
    };
    let tokens = |kind: &str| metric("claude_code_token_usage_tokens_total", &format!(",type=\"{kind}\""));
    let stream = format!("{{service_name=\"claude-code\"}} | project=\"{PROJECT}\" | agent=\"{agent}\"");
    let events = |rest: &str| ask(stack, Service::Loki, &rest.replace("STREAM", &stream));
    let numbers = numbers(stack)?;
    let is_it = |of: &&OwnerNumbers| of.owner.agent.as_deref() == Some(agent);
    let panel = numbers.iter().find(is_it).ok_or("the panel does not know the agent")?;
    let panel_tokens = panel.tokens.unwrap_or_default();
    let micro = |dollars: f64| (dollars * 1e6).round();
    Ok([
        ("input tokens, metric", tokens("input")?),
        ("output tokens, metric", tokens("output")?),
        ("tokens read from the cache, metric", tokens("cacheRead")?),
        ("tokens written to the cache, metric", tokens("cacheCreation")?),
        ("requests, events", events("sum (count_over_time(STREAM | event_name=\"api_request\" [1h]))")?),
        ("tokens of requests, derived", metric("clawker_request_tokens", "")?),
        ("lines added, metric", metric("claude_code_lines_of_code_count_total", ",type=\"added\"")?),
        ("tool calls, events", events("sum (count_over_time(STREAM | event_name=\"tool_result\" [1h]))")?),
        ("input tokens, panel", panel_tokens.input as f64),
        ("output tokens, panel", panel_tokens.output as f64),
        ("sessions, panel", panel.sessions.unwrap_or_default() as f64),
        (
            "cost, millionths of a dollar: events",
            micro(events(
                "sum (sum_over_time(STREAM | event_name=\"api_request\" | unwrap cost_usd | __error__=\"\" [1h]))",
            )?),
        ),
        ("cost, millionths of a dollar: metric", micro(metric("claude_code_cost_usage_USD_total", "")?)),
        ("cost, millionths of a dollar: derived", micro(metric("clawker_request_cost_usd", "")?)),
        ("cost, millionths of a dollar: panel", panel.cost_micro_usd.unwrap_or_default() as f64),
    ])
}

/// What they must say, in the same order. The cost of the events is what the other costs must be.
fn expected(billed: &[Usage], cost: f64) -> [f64; 15] {
    let total = sum(billed);
    let [input, output] = [total.input, total.output].map(|number| number as f64);
    let [cache_read, cache_creation] = [total.cache_read, total.cache_creation].map(|number| number as f64);
    let tokens = input + output + cache_read + cache_creation;
    let requests = billed.len() as f64;
    [input, output, cache_read, cache_creation, requests, tokens, 3.0, 1.0, input, output, 1.0, cost, cost, cost, cost]
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images, the real programs and Claude Code; run by cargo xtask test"]
fn the_numbers_of_claude_code_are_what_the_model_api_billed() {
    let stack = Stack::start("  telemetry:\n    metrics_path: /agents/metrics\n    logs_path: /agents/logs\n");
    let api = ModelApi::start();
    for (agent, further) in ways(&stack) {
        prompt(&stack, &api, agent, &further, &stack.folder.path().join(agent));
        let billed = api.take_billed();
        assert!(billed.len() >= 2, "{agent}: {billed:?}");
        let numbers = wait_for(agent, 30, || {
            let found = found(&stack, agent)?;
            let cost = found.iter().find(|(what, _)| what.ends_with(": events")).map_or(0.0, |(_, cost)| *cost);
            let wrong: Vec<String> = found
                .iter()
                .zip(expected(&billed, cost))
                .filter(|((_, found), expected)| found != expected)
                .map(|((what, found), expected)| format!("{what}: billed {expected}, found {found}"))
                .collect();
            let is_free = cost == 0.0;
            if wrong.is_empty() && !is_free {
                Ok((found, cost))
            } else {
                Err(format!("cost {cost}\n{}", wrong.join("\n")))
            }
        });
        for ((what, found), expected) in numbers.0.iter().zip(expected(&billed, numbers.1)) {
            record(&format!("Claude Code, {agent}"), what, expected, *found);
        }
    }
    let spans = wait_for("no span of Claude Code in Jaeger", 30, || spans(&stack));
    record("Claude Code, traces", "traces in Jaeger", spans, spans);
}

/// The number of traces with a span of Claude Code's.
fn spans(stack: &Stack) -> Result<f64, String> {
    let url = format!("{}/api/traces", stack.address(Service::Jaeger));
    let body = get(&url, &[("service", "claude-code"), ("lookback", "1h"), ("limit", "20")])?;
    let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    let traces = answer["data"].as_array().map(Vec::len).unwrap_or_default();
    if body.contains("claude_code.interaction") { Ok(traces as f64) } else { Err(body) }
}
