//! What is too large for Loki is refused alone: its neighbors, of the same agent and of others, are stored.

use std::process::Command;

use monitor_core::service::Service;
use serde_json::{Value, json};

use crate::{
    process,
    stack::{Stack, run, wait_for},
    stores::get,
    table::record,
};

/// Sends one request with an event for each of these prompts, by their length in bytes.
fn send(stack: &Stack, agent: &str, prompts: &[usize]) {
    let now = clawker_monitor::clock::now().unix_milliseconds() as u64 * 1_000_000;
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let records: Vec<Value> = prompts
        .iter()
        .enumerate()
        .map(|(number, length)| {
            json!({
                "timeUnixNano": (now + number as u64).to_string(),
                "body": { "stringValue": "claude_code.user_prompt" },
                "attributes": [
                    text("event.name", "user_prompt"), text("session.id", agent), text("prompt", &"x".repeat(*length)),
                ],
            })
        })
        .collect();
    let attributes = [text("service.name", "claude-code"), text("project", "limits"), text("agent", agent)];
    let body = json!({ "resourceLogs": [{
        "resource": { "attributes": attributes }, "scopeLogs": [{ "logRecords": records }],
    }] });
    let file = stack.folder.path().join("body.json");
    std::fs::write(&file, body.to_string()).unwrap();
    let url = format!("{}{}", stack.address(Service::OtelCollector), stack.settings.telemetry.logs_path.as_str());
    let arguments =
        ["--silent", "--show-error", "--fail", "--header", "Content-Type: application/json", "--data-binary"];
    run(Command::new("curl").args(arguments).args([&format!("@{}", file.display()), &url]));
}

fn count(stack: &Stack, agent: &str) -> Result<f64, String> {
    let query = format!("sum (count_over_time({{service_name=\"claude-code\"}} | agent=\"{agent}\" [1h]))");
    let data = stack.ask(Service::Loki, "/loki/api/v1/query", &[("query", &query)])?;
    data["result"][0]["value"][1].as_str().unwrap_or("0").parse().map_err(|_| data.to_string())
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and the real programs; run by cargo xtask test"]
fn a_batch_over_4_mb_arrives_and_only_an_event_beyond_lokis_limit_is_lost() {
    let stack = Stack::start("");
    // 10.8 MB within a second: far more than a message between Loki's parts has by default.
    send(&stack, "writer", &[900_000; 12]);
    send(&stack, "neighbor", &[10; 50]);
    // Its prompt alone is larger than `max_structured_metadata_size`.
    send(&stack, "shouter", &[10, 1_100_000, 10]);
    for (agent, sent) in [("writer", 12.0), ("neighbor", 50.0), ("shouter", 2.0)] {
        let found = wait_for(agent, 30, || match count(&stack, agent)? {
            found if found >= sent => Ok(found),
            found => Err(found.to_string()),
        });
        assert_eq!(found, sent, "{agent}");
        record("large events", &format!("events of `{agent}` in Loki"), sent, found);
    }
    let metrics = get(&format!("{}/metrics", stack.address(Service::Loki)), &[]).unwrap();
    let discarded: f64 = metrics
        .lines()
        .filter(|line| {
            line.starts_with("loki_discarded_samples_total{") && line.contains("structured_metadata_too_large")
        })
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum();
    assert_eq!(discarded, 1.0, "{metrics}");
    record("large events", "events discarded, as Loki counts them", 1.0, discarded);
    let log = process::output(Command::new("docker").args(["logs", Service::Loki.name()]));
    let log = [log.stdout, log.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat();
    let told = log.lines().find(|line| line.contains("write operation failed")).unwrap_or_default();
    assert!(told.contains("shouter") && told.contains("structured metadata too large"), "{told}");
}
