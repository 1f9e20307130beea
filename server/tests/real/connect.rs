//! Claude Code on this machine, without Docker: it sends to the built-in receiver after `connect --write`, and no longer
//! after `connect --undo`.

use std::path::Path;

use serde_json::Value;

use crate::{
    claude_code::run_prompt,
    model_api::ModelApi,
    process::{self, Running, Said},
    stack::wait_for,
};

fn run(home: &Path, arguments: &[&str]) -> Said {
    let mut command = process::panel(home, arguments);
    Said::of(command.env("CLAUDE_CONFIG_DIR", home.join("claude"))).done()
}

fn events(home: &Path) -> Vec<Value> {
    let said = run(home, &["data", "export"]);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[ignore = "needs Claude Code; run by cargo xtask test"]
fn claude_code_is_connected_and_disconnected_by_its_settings() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("monitoring:\n  otel_collector_port: {}\n  otel_grpc_port: {}\n", port(), port());
    std::fs::write(home.join("settings.yaml"), text).unwrap();
    let receiver = Running::reading_stdout(process::panel(home, &["receive"]));
    receiver.line("where it is kept", |line| line.starts_with("keeping it in "));
    let file = home.join("claude/settings.json");
    std::fs::create_dir(home.join("claude")).unwrap();
    std::fs::write(&file, "{\n  \"cleanupPeriodDays\": 20\n}\n").unwrap();

    let said = run(home, &["connect", "--write", "--project", "my app"]);
    assert!(said.out.contains("The built-in receiver is running at http://127.0.0.1:"), "{}", said.out);
    let api = ModelApi::start();
    run_prompt(&api, home, []);
    let billed: u64 = api.take_billed().iter().map(|usage| usage.input).sum();
    let recorded = wait_for("the events of the prompt", 30, || {
        let events = events(home);
        let tokens = |event: &Value| {
            let tokens = &event["attributes"]["input_tokens"];
            tokens.as_u64().or_else(|| tokens.as_str()?.parse().ok()).unwrap_or_default()
        };
        let sum: u64 = events.iter().filter(|event| event["name"] == "api_request").map(tokens).sum();
        if sum == billed && billed > 0 { Ok(events) } else { Err(format!("billed {billed}, recorded {sum}")) }
    });
    assert!(recorded.iter().all(|event| event["project"] == "my app" && event["agent"] == "host"));

    run(home, &["connect", "--undo"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\n  \"cleanupPeriodDays\": 20\n}\n");
    std::fs::remove_file(home.join("work/written.txt")).unwrap();
    run_prompt(&api, home, []);
    assert!(!api.take_billed().is_empty(), "it ran");
    // It sends what it has before it ends.
    assert_eq!(events(home).len(), recorded.len());
}
