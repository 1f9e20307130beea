//! `doctor` on a real machine: no problems, the stack's own ports, and what others use.

use std::net::TcpListener;

use monitor_core::service::Service;
use serde_json::Value;

use crate::installation::{Installation, Said, docker};

/// The findings of a check, optionally of one subject, in the output of `doctor --json`.
fn findings<'a>(document: &'a Value, check: &str, subject: Option<&str>) -> Vec<&'a Value> {
    let all = document["findings"].as_array().unwrap();
    all.iter()
        .filter(|finding| finding["check"] == check && subject.is_none_or(|subject| finding["subject"] == subject))
        .collect()
}

fn problems(document: &Value) -> Vec<&str> {
    let all = document["findings"].as_array().unwrap();
    let bad = all.iter().filter(|finding| finding["grade"] == "problem");
    bad.map(|finding| finding["summary"].as_str().unwrap()).collect()
}

fn doctor(it: &Installation) -> (Option<i32>, Value) {
    let said = it.run(&["doctor", "--json"]);
    (said.code, said.json())
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_machine_without_problems() {
    let it = Installation::new();
    let (code, before) = doctor(&it);
    assert_eq!((code, problems(&before)), (Some(0), vec![]), "{before:#}");
    assert!(findings(&before, "port", None).iter().all(|port| port["summary"].as_str().unwrap().ends_with("is free")));
    assert_eq!(findings(&before, "port", None).len(), 8 - 1, "one is never published");
    let engine =
        docker(&["version", "--format", "{{(index .Server.Components 0).Name}} {{.Server.Version}}"]).done().out;
    let engine = engine.trim().replace("Podman Engine", "Podman");
    let engine = if engine.starts_with("Podman") { engine } else { format!("Docker {engine}") };
    let said = findings(&before, "engine", None)[0]["summary"].as_str().unwrap();
    assert_eq!(said, format!("Connected to {engine}"));
    let disk = findings(&before, "disk_space", None)[0]["evidence"].as_str().unwrap();
    let root = docker(&["info", "--format", "{{.DockerRootDir}}"]).done().out;
    assert!(disk.contains(&format!("free at `{}`; all images are present", root.trim())), "{disk}");
    assert!(!it.directory().exists(), "looking changes nothing");

    it.up().done();
    let (code, after) = doctor(&it);
    assert_eq!((code, problems(&after)), (Some(0), vec![]), "{after:#}");
    for port in findings(&after, "port", None) {
        assert!(port["summary"].as_str().unwrap().ends_with("is used by this stack"), "{port}");
    }
    assert_eq!(findings(&after, "files", None)[0]["summary"], "The files match the settings");
    let network = findings(&after, "network", None)[0]["evidence"].as_str().unwrap();
    assert_eq!(network, "driver `bridge`, with Clawker's label; 6 running containers are attached");

    let words = it.run(&["doctor"]).done().out;
    assert!(words.contains(&format!("ok       Connected to {engine}")), "{words}");
    assert!(words.contains("warning  Jaeger has reached end of life"), "{words}");
    assert!(words.trim_end().ends_with(" ok, 2 warnings, 0 problems"), "{words}");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn ports_in_use_by_others() {
    let it = Installation::new();
    let held = TcpListener::bind(("127.0.0.1", it.ports["grafana_port"])).unwrap();
    docker(&["rm", "--force", "in-the-way"]);
    let publish = format!("127.0.0.1:{}:1", it.ports["loki_port"]);
    let variable = "GF_SERVER_HTTP_PORT=1";
    let image = "clawker-stand-in/grafana:12.4.2";
    docker(&["run", "--detach", "--name", "in-the-way", "--publish", &publish, "--env", variable, image]).done();
    let (code, document) = doctor(&it);
    let said: Said = it.run(&["doctor"]);
    docker(&["rm", "--force", "in-the-way"]).done();

    assert_eq!((code, said.code, problems(&document).len()), (Some(1), Some(1), 2), "{document:#}");
    let grafana = findings(&document, "port", Some("monitoring.grafana_port"))[0];
    assert_eq!(grafana["grade"], "problem");
    let evidence = grafana["evidence"].as_str().unwrap();
    assert!(evidence.ends_with(&format!("(pid {}) is listening on it", std::process::id())), "{evidence}");
    let next = grafana["next"].as_str().unwrap();
    let (_, rest) = next.split_once("`monitoring.grafana_port: ").unwrap();
    let offered: u16 = rest.split('`').next().unwrap().parse().unwrap();
    assert!(TcpListener::bind(("127.0.0.1", offered)).is_ok(), "the port that is offered is free: {next}");
    let loki = findings(&document, "port", Some("monitoring.loki_port"))[0];
    assert_eq!(loki["evidence"], "container `in-the-way` publishes it");
    assert!(
        said.out.contains("         hint: stop the program that uses it, or set `monitoring.loki_port: "),
        "{}",
        said.out
    );
    drop(held);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_address_of_another_machine() {
    let it = Installation::new();
    let settings = std::fs::read_to_string(it.settings_file()).unwrap();
    // TEST-NET-1 (RFC 5737): no machine has this address.
    std::fs::write(it.settings_file(), settings + "  bind_address: 192.0.2.7\n").unwrap();
    let (code, document) = doctor(&it);
    assert_eq!((code, problems(&document)), (Some(1), vec!["Ports can't be published on `192.0.2.7`"]));
    let up = it.up();
    assert_eq!(up.code, Some(1));

    assert!(
        up.err.contains("cannot be published on `192.0.2.7`: the Engine's host does not have this address"),
        "{}",
        up.err
    );
    assert!(up.err.contains("hint: set `monitoring.bind_address` to an address of this machine"), "{}", up.err);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_foreign_container_and_network_and_hand_edited_files() {
    let it = Installation::new();
    docker(&["create", "--name", Service::Grafana.name(), "clawker-stand-in/grafana:12.4.2"]).done();
    docker(&["network", "create", "clawker-net"]).done();
    it.run(&["init"]).done();
    std::fs::write(it.directory().join("prometheus.yaml"), "# mine\n").unwrap();
    std::fs::remove_file(it.directory().join("loki-config.yaml")).unwrap();
    let (code, document) = doctor(&it);
    assert_eq!((code, problems(&document).len()), (Some(1), 3), "{document:#}");
    assert_eq!(findings(&document, "container_name", Some("grafana"))[0]["grade"], "problem");
    assert_eq!(findings(&document, "network", None)[0]["grade"], "problem");
    assert_eq!(findings(&document, "files", Some("loki-config.yaml"))[0]["grade"], "problem");
    assert_eq!(findings(&document, "files", Some("prometheus.yaml"))[0]["grade"], "warning");
    assert_eq!(std::fs::read_to_string(it.directory().join("prometheus.yaml")).unwrap(), "# mine\n");
}

/// A later Clawker generates another stack in the same folder.
#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn a_folder_of_the_opensearch_generation() {
    let it = Installation::new();
    std::fs::create_dir_all(it.directory()).unwrap();
    let compose = "services:\n  opensearch-node:\n    image: opensearchproject/opensearch:3.6.0\n";
    std::fs::write(it.directory().join("compose.yaml"), compose).unwrap();
    for command in [&["init"][..], &["init", "--force"], &["up"], &["down"], &["down", "--volumes"]] {
        let said = it.run(command);
        assert_eq!(said.code, Some(1), "{command:?}: {}", said.out);
        assert!(said.err.contains("was written by a newer Clawker"), "{command:?}: {}", said.err);
        assert!(said.err.contains("hint: keep using `clawker monitor`"), "{command:?}: {}", said.err);
    }
    let (code, document) = doctor(&it);
    assert_eq!((code, problems(&document).len()), (Some(1), 1), "{document:#}");
    assert_eq!(std::fs::read_dir(it.directory()).unwrap().count(), 1, "nothing was written beside it");
    assert_eq!(std::fs::read_to_string(it.directory().join("compose.yaml")).unwrap(), compose);
}
