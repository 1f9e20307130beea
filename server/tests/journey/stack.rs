//! From nothing to a running stack and back.

use std::time::Duration;

use monitor_core::service::Service;

use crate::{
    installation::{self, Installation, container_ids, docker},
    process::Running,
};

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn init_up_status_logs_down() {
    let it = Installation::new();
    let first = it.run(&["status", "--json"]).done().json();
    assert_eq!((first["stack"].as_str(), first["network"]["exists"].as_bool()), (Some("not_initialized"), Some(false)));

    let init = it.run(&["init", "--json"]).done().json();
    assert_eq!(init["files"].as_array().unwrap().len(), 8);
    assert!(init["files"].as_array().unwrap().iter().all(|file| file["action"]["did"] == "written"), "{init:#}");

    let up = it.run(&["up"]).done();
    assert!(up.out.contains("All six services are ready."), "{}", up.out);
    assert!(up.out.contains(&format!("http://127.0.0.1:{}", it.ports["grafana_port"])), "{}", up.out);
    assert!(up.err.contains("Grafana: ready"), "{}", up.err);

    let status = it.status();
    assert_eq!(status["stack"], "running");
    assert_eq!(status["network"], serde_json::json!({ "name": "clawker-net", "exists": true }));
    for service in status["services"].as_array().unwrap() {
        assert_eq!(
            (service["state"].as_str(), service["ready"].as_bool()),
            (Some("running"), Some(true)),
            "{service:#}"
        );
        assert_eq!(service["container"], service["service"]);
        assert!(service["started_at"].as_str().unwrap().ends_with('Z'), "{service:#}");
    }
    let grafana = status["services"].as_array().unwrap().iter().find(|it| it["service"] == "grafana").unwrap();
    let port = it.ports["grafana_port"];
    assert_eq!(grafana["ports"], serde_json::json!([{ "bind": "127.0.0.1", "host": port, "container": port }]));
    assert_eq!(grafana["url"], format!("http://127.0.0.1:{port}"));

    let logs = it.run(&["logs", "loki"]).done().out;
    assert!(logs.contains("level="), "{logs}");

    let before = container_ids();
    it.run(&["up"]).done();
    assert_eq!(container_ids(), before, "a second `up` changes nothing");

    let down = it.run(&["down", "--json"]).done().json();
    assert_eq!(down["state"], "done");
    assert_eq!(it.status()["stack"], "stopped");
    assert!(docker(&["volume", "inspect", "monitor_clawker-loki"]).code == Some(0), "data stays");
    assert!(docker(&["network", "inspect", "clawker-net"]).code == Some(0), "the network stays");
    it.run(&["down"]).done();

    it.run(&["down", "--volumes"]).done();
    assert!(docker(&["volume", "inspect", "monitor_clawker-loki"]).code != Some(0), "data is gone");
    assert!(docker(&["network", "inspect", "clawker-net"]).code == Some(0), "the network stays");
}

/// Clawker runs this check before it turns an agent's telemetry on.
#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn clawkers_own_check_finds_the_collector() {
    let it = Installation::new();
    it.up().done();
    let found = docker(&[
        "ps",
        "--filter",
        "name=otel-collector",
        "--filter",
        "status=running",
        "--filter",
        "label=dev.clawker.managed=true",
        "--format",
        "{{.Names}} {{.Networks}}",
    ]);
    assert_eq!(found.done().out.trim(), "otel-collector clawker-net");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_log_is_followed_until_the_process_is_stopped() {
    let it = Installation::new();
    it.up().done();
    let following = Running::reading_stdout(it.command(&["logs", "loki", "--follow", "-n", "0"]));
    // `status` asks Loki whether it is ready, which makes Loki log. It is repeated because a line that is logged before
    // the follower is attached is not shown.
    let line = (0..100).find_map(|_| {
        it.status();
        following.line_within(Duration::from_millis(100))
    });
    assert!(line.as_ref().is_some_and(|line| line.contains("GET /ready")), "{line:?}");
    assert!(following.stop().0.success());
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn every_port_can_be_changed_and_only_affected_services_are_recreated() {
    let mut it = Installation::new();
    it.up().done();
    let before = container_ids();
    let [free, also_free] = installation::free_ports();
    it.ports.insert("jaeger_port", free);
    it.ports.insert("otel_collector_port", also_free);
    it.write_settings();

    let refused = it.run(&["up"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("not match the settings"), "{}", refused.err);
    assert!(refused.err.contains("hint: run `clawker-monitor init --force`"), "{}", refused.err);
    assert_eq!(container_ids(), before, "and nothing was touched");
    assert_eq!(it.status()["stack"], "running", "what runs is asked where it listens, not where the settings say");

    it.up().done();
    let after = container_ids();
    for concerned in [Service::Jaeger, Service::OtelCollector] {
        assert_ne!(after[concerned.name()], before[concerned.name()], "{concerned}");
    }
    for unconcerned in [Service::Prometheus, Service::Loki, Service::Promtail] {
        assert_eq!(after[unconcerned.name()], before[unconcerned.name()], "{unconcerned}");
    }
    assert_eq!(it.status()["stack"], "running");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_interrupted_up_is_finished_by_the_next_one() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, "clawker-stand-in/loki:never-ready");
    it.run(&["init"]).done();
    let up = Running::reading_stderr(it.command(&["up"]));
    up.line("Loki's start", |line| line.contains("Loki: started"));
    let (status, rest) = up.stop();
    assert_eq!(status.code(), Some(130));
    assert!(rest.iter().any(|line| line.contains("canceled before it finished")), "{rest:#?}");
    assert!(rest.iter().any(|line| line.starts_with("hint: ")), "{rest:#?}");

    it.use_image(Service::Loki, "clawker-stand-in/loki:3.7.0");
    it.up().done();
    assert_eq!(it.status()["stack"], "running");
}

/// Creates a second container of a service, as Docker Compose leaves it when it is killed while it recreates one.
fn leave_over(service: Service) -> String {
    let format = "{{range $name, $value := .Config.Labels}}{{$name}}={{$value}}\n{{end}}";
    let labels = docker(&["inspect", "--format", format, service.name()]).done().out;
    let labels: Vec<String> =
        labels.lines().filter(|line| !line.is_empty()).map(|line| format!("--label={line}")).collect();
    let image = docker(&["inspect", "--format", "{{.Config.Image}}", service.name()]).done().out;
    let name = format!("1a2b3c4d5e6f_{service}");
    let mut arguments = vec!["create", "--name", &name];
    arguments.extend(labels.iter().map(String::as_str));
    arguments.push(image.trim());
    docker(&arguments).done();
    name
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_second_container_of_a_service_is_removed_and_counted() {
    let it = Installation::new();
    it.up().done();
    let before = container_ids();
    let name = leave_over(Service::Loki);
    assert_eq!(it.status()["stack"], "running", "the one with the service's own name counts");
    let up = it.run(&["up"]).done();
    assert!(
        up.err.contains(&format!("removing 1 container that an interrupted recreation has left: `{name}`")),
        "{}",
        up.err
    );
    assert_eq!(container_ids(), before, "the good one stays");

    leave_over(Service::Loki);
    leave_over(Service::Promtail);
    let down = it.run(&["down"]).done();
    assert!(down.out.starts_with("Removed 8 containers."), "{}", down.out);
    let left = docker(&["ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=monitor"]).done().out;
    assert_eq!(left, "");
    assert!(it.run(&["down"]).done().out.starts_with("No containers to remove."));
}
