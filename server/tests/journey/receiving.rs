//! The panel's own receiver makes way for the stack, and receives again afterwards.

use std::{process::Command, time::Duration};

use monitor_receiver::store::{Reader, Window};
use serde_json::Value;

use crate::{
    installation::{Installation, Said, docker},
    panel::Panel,
    process::output,
};

const RECEIVES: &str = "This panel receives telemetry itself";

/// Sends to whatever has the port, and returns what the simulated agents count themselves.
fn simulate(it: &Installation) -> Value {
    let endpoint = format!("http://127.0.0.1:{}", it.ports["otel_collector_port"]);
    let arguments = ["simulate", "--for", "2s", "--rate", "600", "--agents", "2", "--json", "--endpoint", &endpoint];
    it.run(&arguments).done().json()
}

fn records(report: &Value) -> u64 {
    let agents = report["agents"].as_array().unwrap();
    agents.iter().map(|ledger| ledger["events"]["records"].as_u64().unwrap()).sum()
}

fn kept(it: &Installation) -> u64 {
    let file = it.folder.path().join("data/telemetry/telemetry.db");
    let totals = Reader::open(&file).unwrap().totals(Window::ALL).unwrap();
    let events = totals.iter().filter(|total| total.series.metric == "clawker.events");
    events.map(|total| total.value).sum::<f64>() as u64
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn the_panel_receives_until_the_stack_starts_and_again_afterwards() {
    let it = Installation::new();
    it.run(&["init"]).done();
    let panel = Panel::start(&it);
    panel.shows(RECEIVES);
    let first = records(&simulate(&it));
    assert!(first > 0);
    assert_eq!(kept(&it), first);
    let checks = it.run(&["doctor"]).out;
    assert!(checks.contains("is used by the panel itself") && !checks.contains("is already in use"), "{checks}");

    // From the panel, which has the ports itself.
    panel.post("start-stack");
    panel.shows("All six services are ready.");
    assert!(!panel.page().contains(RECEIVES));
    simulate(&it);
    assert_eq!(kept(&it), first, "the stack has received this");

    // By another process, again and again: the panel sees that work has begun, and makes way each time.
    for _ in 0..3 {
        it.run(&["down"]).done();
        panel.shows(RECEIVES);
        let up = output(&mut it.command(&["up", "--wait-timeout", "60"]));
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    }
    it.run(&["down"]).done();
    panel.shows(RECEIVES);
    let second = records(&simulate(&it));
    assert_eq!(kept(&it), first + second);
    let listed = it.run(&["agents", "--json"]).done().json();
    assert_eq!(listed["agents"].as_array().unwrap().len(), 2, "{listed}");

    assert!(panel.page_at("/agents").contains("what the stack has recorded"));

    // Another panel on this folder starts the stack.
    let other = Panel::start(&it);
    other.shows("The stack is stopped.");
    other.post("start-stack");
    panel.shows("All six services are ready.");
    // Only one of two panels receives, so there may be only one.
    drop(other);

    // Other ports: the receiver moves with them.
    it.run(&["down"]).done();
    panel.shows(RECEIVES);
    let new = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    it.run(&["settings", "set", "otel_collector_port", &new.to_string()]).done();
    panel.shows(&format!("http://127.0.0.1:{new}"));
    let probe = ["--silent", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}"];
    let url = format!("http://127.0.0.1:{new}/v1/logs");
    let body = ["--request", "POST", "--header", "content-type: application/json", "--data", "{}", url.as_str()];
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(Said::of(Command::new("curl").args(probe).args(body)).done().out, "200");
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn compose_and_docker_get_the_ports_without_asking() {
    let it = Installation::new();
    // Compose needs the network.
    it.up().done();
    let panel = Panel::start(&it);
    for _ in 0..5 {
        it.run(&["down"]).done();
        panel.shows(RECEIVES);
        it.compose(&["up", "--detach"]).done();
        panel.shows("All six services are ready.");
    }
    docker(&["stop", "otel-collector"]);
    panel.shows("Collector is stopped.");
    assert!(!panel.page().contains(RECEIVES));
    docker(&["start", "otel-collector"]);
    panel.shows("All six services are ready.");
}
