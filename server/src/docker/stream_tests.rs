//! Streams from a scripted Engine.

use super::*;
use crate::engine::ContainerAction;
use crate::{
    docker::{
        DockerEngine,
        scripted::{ENGINE_20, at, scripted},
    },
    engine::ContainerEngine,
};

const NOON: &str = r#"{"SystemTime":"2026-11-22T12:00:00.123456789Z"}"#;
const START: &str = r#"{"Type":"container","Action":"start","Actor":{"ID":"1","Attributes":{"name":"loki"}}}
"#;
const CUT: &str = r#"{"Type":"container","Action":"st"#;

#[tokio::test]
async fn events_start_at_the_engines_own_time_and_end_when_it_becomes_unreachable() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let requested = scripted(&path, &[(200, ENGINE_20), (200, NOON), (200, START), (200, NOON), (200, CUT)]);
    let engine = DockerEngine::at(at(&path));

    let events: Vec<_> = engine.events().collect().await;
    let start = EngineEvent::Container { id: "1".into(), name: "loki".into(), action: ContainerAction::Started };
    assert_eq!(events, [Ok(None), Ok(Some(start))]);

    let cut: Vec<_> = engine.events().collect().await;
    assert!(matches!(cut[..], [Ok(None), Err(StackError::EngineUnreachable { .. })]), "{cut:?}");

    let requested = requested.join().expect("no panic");
    assert_eq!(requested[..2], ["/_ping", "/v1.41/info"]);
    assert!(requested[2].starts_with("/v1.41/events?since=1795348800.123000000&filters="), "{}", requested[2]);
    let gone: Vec<_> = engine.events().collect().await;
    assert!(matches!(gone[..], [Err(StackError::EngineUnreachable { .. })]), "{gone:?}");
}

#[tokio::test]
async fn an_incomplete_line_at_the_end_of_a_log_is_returned() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    // The log of a container with a terminal has no frames.
    const LOG: &str = "2026-11-22T12:00:00Z one\n2026-11-22T12:00:01Z tw";
    let requested = scripted(&path, &[(200, ENGINE_20), (200, LOG), (404, "{}")]);
    let engine = DockerEngine::at(at(&path));
    let lines = engine.recent_logs(Service::Loki, 7).await.expect("lines");
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "tw"]);
    let gone: Vec<_> = engine.follow_logs(Service::Loki, 0).collect().await;
    assert_eq!(gone, [Err(StackError::NoContainer { service: Service::Loki })]);
    let requested = requested.join().expect("no panic");
    assert!(
        requested[1].starts_with("/v1.41/containers/loki/logs?") && requested[1].contains("tail=7"),
        "{}",
        requested[1]
    );
}
