//! Points that are not what Claude Code sends by default: each counts once, or is refused alone.

use std::process::Command;

use monitor_core::service::Service;
use serde_json::{Value, json};

use crate::{
    stack::{Stack, run, wait_for},
    table::record,
};

/// Nanoseconds since 1970.
fn now() -> u64 {
    clawker_monitor::clock::now().unix_milliseconds() as u64 * 1_000_000
}

const SECOND: u64 = 1_000_000_000;

/// Sends one request with points of `claude_code.commit.count`: start, time and value of each. `temporality` is 1 for
/// deltas and 2 for cumulative counters.
fn send(stack: &Stack, agent: &str, temporality: u8, points: &[(u64, u64, f64)]) {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let points: Vec<Value> = points
        .iter()
        .map(|(start, time, value)| {
            json!({
                "startTimeUnixNano": start.to_string(),
                "timeUnixNano": time.to_string(),
                "asDouble": value,
                "attributes": [text("session.id", agent)],
            })
        })
        .collect();
    let sum = json!({ "dataPoints": points, "aggregationTemporality": temporality, "isMonotonic": true });
    let attributes = [text("service.name", "claude-code"), text("project", "points"), text("agent", agent)];
    let body = json!({ "resourceMetrics": [{
        "resource": { "attributes": attributes },
        "scopeMetrics": [{ "metrics": [{ "name": "claude_code.commit.count", "sum": sum }] }],
    }] });
    let url = format!("{}{}", stack.address(Service::OtelCollector), stack.settings.telemetry.metrics_path.as_str());
    let arguments = ["--silent", "--show-error", "--fail", "--header", "Content-Type: application/json", "--data"];
    run(Command::new("curl").args(arguments).args([&body.to_string(), &url]));
}

fn ask(stack: &Stack, query: &str) -> Result<f64, String> {
    let data = stack.ask(Service::Prometheus, "/api/v1/query", &[("query", query)])?;
    data["result"][0]["value"][1].as_str().unwrap_or("0").parse().map_err(|_| data.to_string())
}

fn commits(stack: &Stack, agent: &str) -> Result<f64, String> {
    let series = format!("claude_code_commit_count_total{{temporality=\"delta\",agent=\"{agent}\"}}");
    ask(stack, &format!("sum (sum_over_time({series}[30d]))"))
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and the real programs; run by cargo xtask test"]
fn unusual_points_count_once_or_are_refused_alone() {
    let stack = Stack::start("");
    let begin = now();
    // A cumulative counter that was at 0 at the start: 12 in all.
    for (seconds, value) in [(1, 5.0), (2, 5.0), (3, 12.0)] {
        send(&stack, "cumulative", 2, &[(begin, begin + seconds * SECOND, value)]);
    }
    // Of one series at one millisecond, in one request.
    send(&stack, "equal-times", 1, &[(begin, begin + SECOND, 2.0), (begin, begin + SECOND, 3.0)]);
    // Later ones before earlier ones, as after an outage.
    send(&stack, "out-of-order", 1, &[(begin, begin, 4.0)]);
    send(&stack, "out-of-order", 1, &[(begin, begin - 600 * SECOND, 1.0)]);
    // Older than any window: refused, and only its own request.
    send(&stack, "too-old", 1, &[(begin, begin - 40 * 86_400 * SECOND, 7.0)]);
    send(&stack, "after", 1, &[(begin, begin + SECOND, 6.0)]);
    for (agent, sent) in
        [("cumulative", 12.0), ("equal-times", 5.0), ("out-of-order", 5.0), ("too-old", 0.0), ("after", 6.0)]
    {
        let found = wait_for(agent, 30, || match commits(&stack, agent)? {
            found if found == sent => Ok(found),
            found => Err(format!("sent {sent}, found {found}")),
        });
        record("unusual points", &format!("commits of `{agent}`"), sent, found);
    }
    // The collector's own counter is how the panel knows of it.
    let query =
        "sum ({__name__=~\"otelcol_exporter_send_failed_metric_points(_total)?\",exporter=\"otlp_http/prometheus\"})";
    let refused = wait_for("the refused point is not counted", 40, || match ask(&stack, query)? {
        0.0 => Err("0".to_owned()),
        found => Ok(found),
    });
    // By session and by agent.
    assert_eq!(refused, 2.0);
    record("unusual points", "refused points, as the collector counts them", 2.0, refused);
}
