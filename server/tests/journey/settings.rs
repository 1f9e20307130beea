//! Settings on the command line: changing, applying, rolling back.

use std::collections::BTreeMap;

use monitor_core::service::Service;
use serde_json::Value;

use crate::installation::{Installation, container_ids, docker, free_ports};

/// The names of the containers that were recreated.
fn made_anew(before: &BTreeMap<String, String>) -> Vec<String> {
    container_ids().into_iter().filter(|(name, id)| before.get(name) != Some(id)).map(|(name, _)| name).collect()
}

fn all_current(it: &Installation) {
    let diff = it.run(&["settings", "diff", "--json"]).done().json();
    assert_eq!((&diff["files"], &diff["services"]), (&serde_json::json!([]), &serde_json::json!([])), "{diff:#}");
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn settings_are_read_set_and_unset_without_changing_the_rest_of_the_file() {
    let it = Installation::new();
    let old = "# mine\nlogging: {level: debug}\nmonitoring:\n  grafana_port: 3001 # taken at work\n";
    std::fs::write(it.settings_file(), old).unwrap();

    assert_eq!(it.run(&["settings", "get", "grafana_port"]).done().out, "3001\n");
    assert_eq!(it.run(&["settings", "get", "monitoring.loki_port"]).done().out, "3100\n");
    let all = it.run(&["settings", "get"]).done().out;
    assert!(all.starts_with("KEY ") && all.lines().count() == 29, "{all}");
    let grafana = all.lines().find(|line| line.starts_with("monitoring.grafana_port")).unwrap();
    assert_eq!(grafana.split_whitespace().take(3).collect::<Vec<_>>(), ["monitoring.grafana_port", "3001", "set"]);
    let one = it.run(&["settings", "get", "loki_port", "--json"]).done().json();
    assert_eq!((&one["key"], &one["set"]), (&Value::from("monitoring.loki_port"), &Value::from(false)), "{one:#}");
    let all = it.run(&["settings", "get", "--json"]).done().json();
    assert_eq!(all.as_array().unwrap().len(), 28);

    let set = it.run(&["settings", "set", "monitoring.grafana_port", "3002"]).done();
    assert!(set.out.ends_with("settings.yaml`. Next: `clawker-monitor apply`.\n"), "{}", set.out);
    assert!(set.err.starts_with("backup: settings.yaml.20"), "{}", set.err);
    let text = || std::fs::read_to_string(it.settings_file()).unwrap();
    assert_eq!(text(), old.replace("3001", "3002"));
    let again = it.run(&["settings", "set", "grafana_port", "3002"]).done();
    assert!(again.out.contains("already") && again.err.is_empty(), "{}", again.out);

    let set = it.run(&["settings", "set", "telemetry.log_user_prompts", "no", "--json"]).done().json();
    assert_eq!((&set["was"], &set["value"]), (&Value::from("true"), &Value::from("false")), "{set:#}");
    let asked = it.run(&["settings", "set", "loki_port", "3100"]).done();
    assert!(text().contains("loki_port: 3100"), "a default that is asked for is written: {}", asked.out);
    for key in ["loki_port", "telemetry.log_user_prompts"] {
        it.run(&["settings", "unset", key]).done();
    }
    assert_eq!(text(), old.replace("3001", "3002"));
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn a_changed_port_recreates_affected_services_and_compose_agrees() {
    let it = Installation::new();
    it.up().done();
    all_current(&it);
    let before = container_ids();
    let [port, jaeger] = free_ports();
    it.run(&["settings", "set", "grafana_port", &port.to_string()]).done();

    let diff = it.run(&["settings", "diff"]).done().out;
    assert!(diff.contains("--- compose.yaml (on disk)\n+++ compose.yaml (after `apply`)\n@@ -"), "{diff}");
    assert!(diff.contains(&format!("\n+      GF_SERVER_HTTP_PORT: \"{port}\"\n")), "{diff}");
    assert!(
        diff.ends_with(
            "Services that will be recreated:\n  Prometheus: a file that it mounts changed (`prometheus.yaml`, because of \
             `monitoring.grafana_port`).\n  Grafana: its definition changed (because of `monitoring.grafana_port`).\n"
        ),
        "{diff}"
    );
    assert!(made_anew(&before).is_empty(), "looking changes nothing");

    let applied = it.run(&["apply", "--wait-timeout", "30"]).done();
    assert_eq!(applied.out, "Settings applied. All six services are ready.\n");
    assert!(applied.err.contains("compose.yaml: updated"), "{}", applied.err);
    assert_eq!(made_anew(&before), ["grafana", "prometheus"], "and Prometheus, which asks it for its counters");
    assert_eq!(it.status()["stack"], "running");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(), "Grafana answers at its new port");

    let before = container_ids();
    it.run(&["settings", "set", "jaeger_port", &jaeger.to_string()]).done();
    let job = it.run(&["apply", "--wait-timeout", "30", "--json"]).done().json();
    assert_eq!((&job["kind"], &job["state"]), (&Value::from("apply"), &Value::from("done")), "{job:#}");
    assert_eq!(made_anew(&before), ["grafana", "jaeger"], "Jaeger, and Grafana, which points to it");
    all_current(&it);

    let before = container_ids();
    it.run(&["apply"]).done();
    let up = it.compose(&["--progress", "plain", "up", "--detach"]).done().err;
    assert_eq!(up.matches("Running").count(), 6, "{up}");
    assert!(made_anew(&before).is_empty(), "neither a second `apply` nor `docker compose up` makes anything anew");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_service_that_does_not_become_ready_is_rolled_back() {
    let it = Installation::new();
    it.up().done();
    let before = container_ids();
    let compose = std::fs::read_to_string(it.directory().join("compose.yaml")).unwrap();
    it.run(&["settings", "set", "images.grafana", "clawker-stand-in/grafana:never-ready"]).done();
    let settings = std::fs::read_to_string(it.settings_file()).unwrap();

    let failed = it.run(&["apply", "--wait-timeout", "2"]);
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert!(failed.err.contains("the old configuration was restored"), "{}", failed.err);
    assert!(failed.err.contains("error: Grafana is running but was not ready after 2 s: HTTP 503"), "{}", failed.err);
    assert_eq!(made_anew(&before), ["grafana"], "the others were not touched");
    let image = docker(&["inspect", "--format", "{{.Config.Image}}", "grafana"]).done().out;
    assert_eq!(image.trim().trim_start_matches("docker.io/"), "clawker-stand-in/grafana:12.4.2");
    assert_eq!(it.status()["stack"], "running");
    assert_eq!(std::fs::read_to_string(it.directory().join("compose.yaml")).unwrap(), compose);
    assert_eq!(std::fs::read_to_string(it.settings_file()).unwrap(), settings, "what somebody wrote is theirs");

    let failed = it.run(&["apply", "--wait-timeout", "2", "--json"]).json();
    assert_eq!((&failed["state"], &failed["restored"]), (&Value::from("failed"), &Value::from(true)), "{failed:#}");
    it.run(&["settings", "set", "images.grafana", "clawker-stand-in/grafana:12.4.2"]).done();
    let before = container_ids();
    it.run(&["apply", "--wait-timeout", "30"]).done();
    assert!(made_anew(&before).is_empty());
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_hand_edited_file_is_kept_and_replacing_it_recreates_its_service() {
    let it = Installation::new();
    it.up().done();
    let before = container_ids();
    let file = it.directory().join("loki-config.yaml");
    let rendered = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{rendered}# mine\n")).unwrap();
    let kept = it.run(&["apply"]).done();
    assert!(
        kept.err.contains("loki-config.yaml: kept your changes; use --replace-edited to replace it"),
        "{}",
        kept.err
    );
    let diff = it.run(&["settings", "diff"]).done().out;
    assert!(
        diff.contains("\n-# mine\n")
            && diff.contains("keeps these unless you pass `--replace-edited`: loki-config.yaml"),
        "{diff}"
    );
    assert!(made_anew(&before).is_empty());

    it.run(&["apply", "--replace-edited", "--wait-timeout", "30"]).done();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), rendered);
    assert_eq!(made_anew(&before), [Service::Loki.name()]);
}
