//! The same stack in another place, networks that can't be used, and a file that only Docker Compose uses: each has its own
//! sentence.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use monitor_core::service::Service;

use crate::{
    installation::{Installation, Said, container_ids, docker},
    process::panel,
};

/// The lines of the doctor that are problems or warnings, without the two about the end of life, and without those about the
/// health checks: the stand-ins have no `wget`, which Docker notices after 30 s.
fn doctor(it: &Installation) -> Vec<String> {
    let said = it.run(&["doctor"]).out;
    let wanted = |line: &&str| line.starts_with("problem") || line.starts_with("warning");
    said.lines()
        .filter(wanted)
        .filter(|line| !line.contains("end of life") && !line.contains("health check"))
        .map(str::to_owned)
        .collect()
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_internal_network_is_refused_at_once() {
    let it = Installation::new();
    docker(&["network", "create", "--internal", "--label", "dev.clawker.managed=true", "clawker-net"]).done();
    it.run(&["init"]).done();
    let began = Instant::now();
    let refused = it.run(&["up"]);
    assert!(began.elapsed() < Duration::from_secs(20), "it waited");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("the network `clawker-net` is internal, so Docker publishes no port on it"));
    assert!(refused.err.contains("hint: recreate it without `--internal`"), "{}", refused.err);
    assert_eq!(container_ids().len(), 0);
    let [problem] = &doctor(&it)[..] else { panic!("{:#?}", doctor(&it)) };
    assert!(problem.contains("is internal, so Docker publishes no port on it"), "{problem}");
}

/// Only a request that does not ask for a check makes the second one.
#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn two_networks_of_one_name_are_named_with_their_ids() {
    let it = Installation::new();
    it.run(&["init"]).done();
    let engine = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
    let socket = engine.trim_start_matches("unix://");
    let create = || {
        let body = r#"{"Name":"clawker-net","CheckDuplicate":false,"Labels":{"dev.clawker.managed":"true"}}"#;
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--unix-socket", socket, "--header", "content-type: application/json"]);
        Said::of(curl.args(["--data", body, "http://docker/v1.41/networks/create"])).done().out
    };
    let ids = [create(), create()].map(|answer| answer.split('"').nth(3).unwrap_or_default().to_owned());
    let (refused, found) = (it.run(&["up"]), doctor(&it));
    ids.iter().for_each(|id| drop(docker(&["network", "rm", id])));
    if ids[1].len() != 64 {
        // Engines from 25 on refuse the second one whatever is asked.
        return;
    }
    assert!(refused.err.contains("2 networks are named `clawker-net`"), "{}", refused.err);
    assert!(ids.iter().all(|id| refused.err.contains(&id[..12])), "{}", refused.err);
    assert!(found.len() == 1 && found[0].contains("2 networks are named `clawker-net`"), "{found:#?}");
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn a_compose_override_is_warned_of_before_services_are_recreated_without_it() {
    let it = Installation::new();
    it.up().done();
    let text = "services:\n  grafana:\n    environment:\n      GF_SMTP_ENABLED: \"true\"\n    mem_limit: 512m\n";
    fs::write(it.directory().join("compose.override.yaml"), text).unwrap();
    it.compose(&["up", "--detach"]).done();
    let before = container_ids();
    let [warning] = &doctor(&it)[..] else { panic!("{:#?}", doctor(&it)) };
    assert!(warning.starts_with("warning  Only `docker compose` uses `compose.override.yaml`"), "{warning}");
    let said = it.run(&["up"]).done();
    assert_ne!(container_ids()["grafana"], before["grafana"]);
    let warned = said.err.find("warning: `docker compose` merges `compose.override.yaml` (it names grafana)");
    let because = said.err.find("Grafana: recreated because Docker Compose created it with `compose.override.yaml`");
    let created = said.err.find("Grafana: creating");
    assert!(warned.is_some() && warned < because && because < created, "{}", said.err);
    let said = it.run(&["apply"]).done();
    assert!(said.err.contains("warning: `docker compose` merges `compose.override.yaml`"), "{}", said.err);
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
fn variables_that_only_compose_reads_are_warned_of() {
    let it = Installation::new();
    it.up().done();
    let services = |it: &Installation| it.compose(&["ps", "--services"]).done().out;
    assert_eq!(services(&it).lines().count(), 6);
    let more = "services:\n  grafana:\n    environment:\n      GF_SMTP_ENABLED: \"true\"\n";
    fs::write(it.directory().join("more.yaml"), more).unwrap();
    fs::write(it.directory().join(".env"), "COMPOSE_FILE=compose.yaml:more.yaml\n").unwrap();
    let [warning] = &doctor(&it)[..] else { panic!("{:#?}", doctor(&it)) };
    assert!(warning.starts_with("warning  `.env` changes what `docker compose` does in this folder"), "{warning}");
    let before = container_ids();
    it.compose(&["up", "--detach"]).done();
    assert_ne!(container_ids()["grafana"], before["grafana"], "Compose used the other file");
    let said = it.run(&["up"]).done();
    assert!(said.err.contains("warning: `COMPOSE_FILE=compose.yaml:more.yaml` in `.env`"), "{}", said.err);
    fs::write(it.directory().join(".env"), "COMPOSE_PROJECT_NAME=other\n").unwrap();
    assert_eq!(services(&it).trim(), "", "Compose looks for another project");
    let [warning] = &doctor(&it)[..] else { panic!("{:#?}", doctor(&it)) };
    assert!(warning.contains("finds none of the stack's containers"), "{warning}");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn up_says_why_a_service_is_recreated() {
    let mut it = Installation::new();
    it.up().done();
    it.use_image(Service::Jaeger, "clawker-stand-in/jaeger:another");
    docker(&["tag", "clawker-stand-in/jaeger:1.76.0", "clawker-stand-in/jaeger:another"]).done();
    let settings = fs::read_to_string(it.settings_file()).unwrap();
    fs::write(it.settings_file(), settings + "  retention: {logs: 2w}\n  otel_collector_internal: telemetry\n")
        .unwrap();
    let said = it.run(&["apply"]).done();
    docker(&["rmi", "clawker-stand-in/jaeger:another"]);
    for sentence in [
        "Jaeger: recreated because its image changed",
        "Loki: recreated because a file that it mounts changed",
        "Collector: recreated because its definition changed",
    ] {
        assert!(said.err.contains(sentence), "{sentence}: {}", said.err);
    }
    assert_eq!(said.err.matches("recreated because").count(), 3, "{}", said.err);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn the_same_stack_from_another_data_folder_is_one_problem() {
    let it = Installation::new();
    it.up().done();
    let other = tempfile::tempdir().unwrap();
    fs::copy(it.settings_file(), other.path().join("settings.yaml")).unwrap();
    let run = |arguments: &[&str]| Said::of(&mut panel(other.path(), arguments));
    run(&["init"]).done();
    let before = container_ids();
    let refused = run(&["up"]);
    assert_eq!((refused.code, container_ids()), (Some(1), before.clone()));
    let directory = it.directory().display().to_string();
    assert!(refused.err.contains(&format!("containers from another data folder, `{directory}`")), "{}", refused.err);
    let said = run(&["doctor"]).out;
    let problems: Vec<&str> = said.lines().filter(|line| line.starts_with("problem")).collect();
    assert!(problems.len() == 1 && problems[0].contains("This stack runs from another data folder"), "{said}");
    assert!(said.contains(&format!("CLAWKER_DATA_DIR='{}'", it.folder.path().join("data").display())), "{said}");
    run(&["down"]).done();
    assert_eq!(container_ids(), before, "`down` leaves it alone");
}
