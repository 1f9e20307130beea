//! Streams of a scripted Engine: what they give, and how they end.

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
async fn events_begin_at_the_engines_own_now_and_end_when_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let asked = scripted(&path, &[(200, ENGINE_20), (200, NOON), (200, START), (200, NOON), (200, CUT)]);
    let engine = DockerEngine::at(at(&path));

    let events: Vec<_> = engine.events().collect().await;
    let start = EngineEvent::Container { id: "1".into(), name: "loki".into(), action: ContainerAction::Started };
    assert_eq!(events, [Ok(None), Ok(Some(start))]);

    let cut: Vec<_> = engine.events().collect().await;
    assert!(matches!(cut[..], [Ok(None), Err(StackError::EngineUnreachable { .. })]), "{cut:?}");

    let asked = asked.join().expect("no panic");
    assert_eq!(asked[..2], ["/version", "/v1.41/info"]);
    assert!(asked[2].starts_with("/v1.41/events?since=1795348800.123000000&filters="), "{}", asked[2]);
    let gone: Vec<_> = engine.events().collect().await;
    assert!(matches!(gone[..], [Err(StackError::EngineUnreachable { .. })]), "{gone:?}");
}

#[tokio::test]
async fn a_log_that_ends_in_the_middle_of_a_line_gives_that_line_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    // A terminal's log has no frames.
    const LOG: &str = "2026-11-22T12:00:00Z one\n2026-11-22T12:00:01Z tw";
    let asked = scripted(&path, &[(200, ENGINE_20), (200, LOG), (404, "{}")]);
    let engine = DockerEngine::at(at(&path));
    let lines = engine.recent_logs(Service::Loki, 7).await.expect("lines");
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "tw"]);
    let gone: Vec<_> = engine.follow_logs(Service::Loki, 0).collect().await;
    assert_eq!(gone, [Err(StackError::NoContainer { service: Service::Loki })]);
    let asked = asked.join().expect("no panic");
    assert!(asked[1].starts_with("/v1.41/containers/loki/logs?") && asked[1].contains("tail=7"), "{}", asked[1]);
}
