//! What a scripted Engine answers.

use monitor_core::{settings::Settings, stack::HostFacts};

use super::*;
use crate::{
    docker::{
        DockerEngine,
        scripted::{ENGINE_20, ENGINE_29, PODMAN, at, scripted},
    },
    engine::ContainerEngine,
};

/// Recorded from Podman 5.8.6.
#[tokio::test]
async fn what_podman_removes_while_it_reads_it_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    const GONE: &str = r#"{"cause":"no such container","message":"no container with ID 1b18 found in database: no such container","response":500}"#;
    const NO_NETWORK: &str =
        r#"{"cause":"network not found","message":"unable to find network: network not found","response":500}"#;
    const BROKEN: &str = r#"{"cause":"i/o error","message":"no such container here: i/o error","response":500}"#;
    let requested = scripted(&path, &[(200, PODMAN), (500, GONE), (500, NO_NETWORK), (500, BROKEN)]);
    let engine = DockerEngine::at(at(&path));
    assert_eq!(engine.container_detail("1b18").await.expect("an answer").state, ContainerState::Missing);
    assert_eq!(engine.network().await, Ok(None));
    let error = engine.container_detail("1b18").await.expect_err("the Engine has a problem");
    assert!(error.to_string().contains("i/o error"), "{error}");
    requested.join().expect("no panic");
}

#[tokio::test]
async fn an_image_is_labelled_with_its_manifest_if_the_engine_lists_manifests() {
    const IMAGE: &str = include_str!("testdata/image.json");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let manifest = "sha256:69b4f718b43240b6dbb1007b795f1b3e5633d49190ff821843605f0441fe7ba0";
    let labels: [(&'static [(u16, &'static str)], &str); 4] = [
        (&[(200, ENGINE_29), (200, IMAGE)], manifest),
        (&[(200, ENGINE_29), (200, r#"{"Id":"sha256:1"}"#)], "sha256:1"),
        (&[(200, ENGINE_29), (404, "{}")], "sha256:1"),
        (&[(200, ENGINE_20)], "sha256:1"),
    ];
    for (answers, expected) in labels {
        let requested = scripted(&path, answers);
        let engine = DockerEngine::at(at(&path));
        let connection = engine.client.connection().await.expect("a connection");
        assert_eq!(image_label(&connection, "registry.example/loki:3@sha256:2", "sha256:1").await, expected);
        let requested = requested.join().expect("no panic");
        let path = "/v1.52/images/registry.example/loki:3@sha256:2/json?manifests=true";
        assert_eq!(requested.get(1).map(String::as_str), (answers.len() > 1).then_some(path));
    }
}

/// Recorded from Podman 5.8.6, which answers with 500 where Docker answers with 409.
#[tokio::test]
async fn a_container_that_another_process_created_meanwhile_is_adopted() {
    const TAKEN: &str = r#"{"cause":"that name is already in use","message":"container create: creating container storage: the container name \"loki\" is already in use by 8e6e. You have to remove that container to be able to reuse that name: that name is already in use","response":500}"#;
    const LIST: &str = r#"[{"Id":"8e6e","Names":["/loki"],"State":"created","Labels":{"com.docker.compose.project":"monitor",
        "com.docker.compose.service":"loki","com.docker.compose.project.working_dir":"/data/monitor"}}]"#;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let answers = &[(200, PODMAN), (500, TAKEN), (200, LIST), (200, r#"{"Id":"8e6e"}"#)];
    let requested = scripted(&path, answers);
    let facts = HostFacts { directory: "/data/monitor".into(), docker_socket: "/var/run/docker.sock".into() };
    let stack = StackSpec::new(&Settings::default(), &facts);
    let loki = stack.service(Service::Loki).expect("it is there");
    let created = DockerEngine::at(at(&path)).create_container(&stack, loki, "sha256:1").await;
    assert_eq!(created, Ok("8e6e".into()));
    requested.join().expect("no panic");
}
