//! Errors on a real machine: each has a message and a hint, and nothing is lost.

use std::{
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
};

use monitor_core::service::Service;

use crate::{
    disk::Disk,
    installation::{Installation, Said, container_ids, docker},
};

/// The message and the hint, without what differs between machines.
pub fn words(it: &Installation, said: &Said) -> String {
    assert!(matches!(said.code, Some(1 | 2)), "{:?}: {}\n{}", said.code, said.out, said.err);
    let folder = it.folder.path().to_str().unwrap();
    let told = said.err.lines().skip_while(|line| !line.starts_with("error: "));
    let engine = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
    // Podman writes the registry in front of a name.
    let words = |line: &str| line.replace(folder, "FOLDER").replace(&engine, "ENGINE").replace("`docker.io/", "`");
    told.map(|line| format!("{}\n", words(line))).collect()
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn an_unreachable_engine() {
    let it = Installation::new();
    let asked = |variable: &str, value: &str, command: &str| {
        words(&it, &Said::of(it.command(&[command]).env_remove("DOCKER_HOST").env(variable, value)))
    };
    it.run(&["init"]).done();
    for command in ["up", "down", "status"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(asked("DOCKER_HOST", "unix:///nowhere/docker.sock", command), @r"
        error: can't reach Docker at `unix:///nowhere/docker.sock`: the socket does not exist
        hint: start the Docker Engine (`sudo systemctl start docker`, or open Docker Desktop), or set `DOCKER_HOST`
        ");
        }
    }
    insta::assert_snapshot!(asked("DOCKER_HOST", "tcp://127.0.0.1:1", "up"), @r"
        error: can't reach Docker at `tcp://127.0.0.1:1`: Connection refused (os error 111)
        hint: start the Docker Engine (`sudo systemctl start docker`, or open Docker Desktop), or set `DOCKER_HOST`
        ");
    insta::assert_snapshot!(asked("DOCKER_HOST", "ssh://box", "up"), @r"
        error: can't use the Docker endpoint `ssh://box`: connections over `ssh` are not supported
        hint: use a `unix://` or plain `tcp://` endpoint; for a remote Engine forward its socket: `ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`, then `DOCKER_HOST=unix:///tmp/docker.sock`
        ");
    insta::assert_snapshot!(asked("DOCKER_CONTEXT", "nowhere", "up"), @r"
        error: the Docker context `nowhere` does not exist
        hint: choose a context from `docker context ls` with `docker context use NAME`, or unset `DOCKER_CONTEXT`
        ");
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn a_socket_without_permission() {
    let it = Installation::new();
    it.run(&["init"]).done();
    std::fs::set_permissions(it.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let said = Said::of(it.command(&["status"]).uid(65534).gid(65534));
    insta::assert_snapshot!(words(&it, &said), @r"
        error: permission denied on the Docker socket `ENGINE`
        hint: add yourself to the docker group (`sudo usermod -aG docker $USER`) and log in again, or use rootless Docker
        ");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_port_held_by_a_process() {
    let it = Installation::new();
    let held = TcpListener::bind(("127.0.0.1", it.ports["grafana_port"])).unwrap();
    let said = it.up();
    let told = words(&it, &said);
    let port = it.ports["grafana_port"];
    assert!(told.contains(&format!("port {port} for Grafana is already in use by process `")), "{told}");
    assert!(told.contains(&format!("(pid {})", std::process::id())), "{told}");
    assert!(told.contains("set `monitoring.grafana_port` to a free port"), "{told}");
    let running = it.status()["services"].as_array().unwrap().iter().filter(|it| it["ready"] == true).count();
    assert_eq!(running, 5, "the others run");
    drop(held);
    it.run(&["up"]).done();
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_port_held_by_a_container() {
    let it = Installation::new();
    let port = it.ports["loki_port"];
    docker(&["rm", "--force", "in-the-way"]);
    let publish = format!("127.0.0.1:{port}:1");
    docker(&[
        "run",
        "--detach",
        "--name",
        "in-the-way",
        "--publish",
        &publish,
        "--env",
        "GF_SERVER_HTTP_PORT=1",
        "clawker-stand-in/grafana:12.4.2",
    ])
    .done();
    let told = words(&it, &it.up());
    docker(&["rm", "--force", "in-the-way"]).done();
    assert!(told.contains(&format!("port {port} for Loki is already in use by container `in-the-way`")), "{told}");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_image_that_cannot_be_pulled() {
    let mut it = Installation::new();
    it.use_image(Service::Jaeger, "127.0.0.1:1/nothing:1");
    let told = words(&it, &it.up());
    assert!(told.starts_with("error: the image `127.0.0.1:1/nothing:1` for Jaeger could not be pulled: "), "{told}");
    assert!(
        told.contains("hint: check the network and the registry, or set `monitoring.images.jaeger` to another image"),
        "{told}"
    );
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_foreign_container() {
    let it = Installation::new();
    docker(&["create", "--name", "grafana", "clawker-stand-in/grafana:12.4.2"]).done();
    insta::assert_snapshot!(words(&it, &it.up()), @r"
        error: a container named `grafana` already exists and is not part of this stack (image `clawker-stand-in/grafana:12.4.2`)
        hint: rename it (`docker rename grafana grafana-old`) or remove it (`docker rm grafana`), then start again
        ");
    assert_eq!(container_ids().len(), 1, "nothing else was made");
    it.run(&["down"]).done();
    assert_eq!(container_ids().len(), 1, "and `down` leaves it alone");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_foreign_network() {
    let it = Installation::new();
    docker(&["network", "create", "clawker-net"]).done();
    insta::assert_snapshot!(words(&it, &it.up()), @r"
        error: the network `clawker-net` can't be used: it does not have the label `dev.clawker.managed=true`, so Clawker ignores it (running containers attached: 0)
        hint: disconnect its containers and remove it (`docker network rm clawker-net`); it is recreated at the next start
        ");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_service_that_exits() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, "clawker-stand-in/loki:exit-3");
    let told = words(&it, &it.up());
    // Whether Docker is already restarting it depends on when the panel looks.
    assert!(told.starts_with("error: Loki failed to start (exited with code 3"), "{told}");
    let [sentence, hint] = &told.lines().collect::<Vec<_>>()[..] else { panic!("two lines: {told}") };
    assert!(sentence.ends_with("): no space left on device (simulated fault)"), "{told}");
    assert!(hint.starts_with("hint: check its log (`clawker-monitor logs loki`)"), "{told}");
    let error = it.run(&["up", "--json"]).json()["error"].clone();
    assert_eq!(error["code"], "service_failed");
    assert!(error["message"].as_str().is_some_and(|it| it.ends_with("): no space left on device (simulated fault)")));
    assert!(error["log"].as_array().is_some_and(|lines| !lines.is_empty()), "the raw lines are kept: {error}");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_service_that_never_becomes_ready() {
    let mut it = Installation::new();
    it.use_image(Service::Grafana, "clawker-stand-in/grafana:never-ready");
    it.run(&["init"]).done();
    let told = words(&it, &it.run(&["up", "--wait-timeout", "2"]));
    assert!(told.starts_with("error: Grafana is running but was not ready after 2 s: HTTP 503"), "{told}");
    assert_eq!(it.status()["stack"], "partial");
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn a_data_folder_that_cannot_be_written() {
    let it = Installation::new();
    std::fs::write(it.folder.path().join("data"), "a file").unwrap();
    insta::assert_snapshot!(words(&it, &it.run(&["init"])), @r"
        error: `FOLDER/data/monitor` could not be created: part of the path is a file, not a folder
        hint: check the folder's owner, permissions, and free disk space; nothing was lost
        ");
}

/// A small tmpfs stands for a disk that is full or read-only.
#[test]
#[ignore = "needs root and the Docker Engine; run by cargo xtask test"]
fn a_full_and_a_read_only_disk() {
    let it = Installation::new();
    let data = it.folder.path().join("data");
    let disk = Disk::mount(&data, "size=16k");
    let full = words(&it, &it.run(&["init"]));
    drop(disk);
    assert!(full.contains("could not be written: the disk is full\nhint: check the folder's owner"), "{full}");
    let disk = Disk::mount(&data, "ro,size=1m");
    let read_only = it.run(&["init"]);
    drop(disk);
    insta::assert_snapshot!(words(&it, &read_only), @r"
        error: `FOLDER/data/monitor` could not be created: the file system is read-only
        hint: check the folder's owner, permissions, and free disk space; nothing was lost
        ");
    it.run(&["init"]).done();
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn broken_settings() {
    let it = Installation::new();
    std::fs::write(it.settings_file(), "monitoring:\n  grafana_port: 0\n  loki_port: [1]\n").unwrap();
    insta::assert_snapshot!(words(&it, &it.run(&["init"])), @r"
        error: 2 settings are invalid:
          FOLDER/settings.yaml:2: `monitoring.grafana_port`: `0` is not a valid port; enter a number from 1 to 65535
          FOLDER/settings.yaml:3: `monitoring.loki_port`: expected a single value
        hint: fix the settings file; nothing was changed
        ");
    assert!(!it.directory().exists(), "nothing was made");
    assert!(it.run(&["status"]).done().err.starts_with("warning: 2 settings are invalid:"));
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn wrong_usage_exits_with_code_2() {
    let it = Installation::new();
    for arguments in [&["logs", "nginx"][..], &["frobnicate"], &["up", "--wait-timeout", "soon"]] {
        assert_eq!(it.run(arguments).code, Some(2), "{arguments:?}");
    }
    let nginx = it.run(&["logs", "nginx"]).err;
    assert!(nginx.contains("expected one of otel-collector, prometheus, loki, jaeger, grafana, promtail"), "{nginx}");
}
