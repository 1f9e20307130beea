//! Docker Compose in the same folder agrees with the panel.

use crate::installation::{Installation, container_ids};

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn after_our_up_compose_recreates_nothing() {
    let it = Installation::new();
    it.up().done();
    let before = container_ids();
    let listed = it.compose(&["ps", "--format", "{{.Service}}"]).done().out;
    assert_eq!(listed.lines().count(), 6, "{listed}");
    let projects = it.compose(&["ls"]).done().out;
    let ours = projects.lines().find(|line| line.starts_with("monitor ")).unwrap();
    assert!(ours.contains("running(6)") && ours.contains(it.directory().to_str().unwrap()), "{projects}");

    let up = it.compose(&["--progress", "plain", "up", "--detach"]).done().err;
    assert_eq!(up.matches("Running").count(), 6, "{up}");
    assert_eq!(container_ids(), before, "`docker compose up` leaves our containers alone");

    let settings = std::fs::read_to_string(it.settings_file()).unwrap();
    std::fs::write(it.settings_file(), settings + "  retention: {logs: 2w}\n  otel_collector_internal: telemetry\n")
        .unwrap();
    it.up().done();
    let changed = container_ids();
    let anew: Vec<&str> = changed.keys().filter(|name| changed[*name] != before[*name]).map(String::as_str).collect();
    assert_eq!(anew, ["loki", "otel-collector"], "only what the settings concern is made anew");
    let up = it.compose(&["--progress", "plain", "up", "--detach"]).done().err;
    assert_eq!((up.matches("Running").count(), &container_ids()), (6, &changed), "{up}");

    assert!(it.compose(&["logs", "loki"]).done().out.contains("level="));
    let down = it.compose(&["down"]).done();
    assert!(!down.err.contains("warn"), "{}", down.err);
    assert!(container_ids().is_empty());
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn after_compose_up_our_up_recreates_nothing() {
    let it = Installation::new();
    // Compose does not create an external network; our `up` creates it and `down` keeps it.
    it.up().done();
    it.run(&["down", "--volumes"]).done();
    it.compose(&["up", "--detach"]).done();
    let before = container_ids();
    let up = it.run(&["up", "--wait-timeout", "30"]).done();
    assert_eq!(container_ids(), before, "our `up` leaves Compose's containers alone: {}", up.err);
    assert_eq!(it.status()["stack"], "running");
    it.run(&["down"]).done();
    assert!(container_ids().is_empty());
}
