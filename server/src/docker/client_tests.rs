//! Version negotiation with a scripted Engine behind a real socket.

use std::path::Path;

use super::*;
use crate::{
    docker::{
        DockerEngine,
        scripted::{ENGINE_20, ENGINE_29, PODMAN, at, scripted},
    },
    engine::ContainerEngine,
};

#[tokio::test]
async fn an_engine_that_returns_with_another_version_is_negotiated_with_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let engine = DockerEngine::at(at(&path));
    let endpoint = format!("unix://{}", path.display());
    let unreachable =
        |detail: &str| Some(StackError::EngineUnreachable { endpoint: endpoint.clone(), detail: detail.into() });
    assert_eq!(engine.info().await.err(), unreachable("the socket does not exist"));

    let requested = scripted(&path, &[(200, ENGINE_29), (404, r#"{"message":"no such image"}"#)]);
    let image = "a:1".parse().expect("a reference");
    assert_eq!(engine.image_id(&image).await, Ok(None));
    assert_eq!(requested.join().expect("no panic"), ["/_ping", "/v1.52/images/a:1/json"]);

    // The socket exists, but nothing listens.
    match engine.image_id(&image).await {
        Err(StackError::EngineUnreachable { detail, .. }) => assert!(detail.contains("refused"), "{detail}"),
        other => panic!("{other:?}"),
    }

    let requested = scripted(&path, &[(200, ENGINE_20), (200, r#"{"Id":"sha256:1"}"#), (200, ENGINE_20)]);
    assert_eq!(engine.image_id(&image).await, Ok(Some("sha256:1".into())));
    let info = engine.info().await.expect("it answers");
    assert_eq!((info.version.as_str(), info.api_version.as_str()), ("20.10.24", "1.41"));
    assert_eq!(requested.join().expect("no panic"), ["/_ping", "/v1.41/images/a:1/json", "/version"]);
}

#[tokio::test]
async fn requests_at_the_same_time_negotiate_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let engine = DockerEngine::at(at(&path));
    let requested = scripted(&path, &[(200, ENGINE_29), (200, "[]"), (200, "[]")]);
    let (one, other) = futures::join!(engine.containers(), engine.containers());
    assert_eq!((one, other), (Ok(Vec::new()), Ok(Vec::new())));
    let list = "/v1.52/containers/json?all=true&size=false";
    assert_eq!(requested.join().expect("no panic"), ["/_ping", list, list]);
}

#[tokio::test]
async fn after_a_refused_version_the_next_request_negotiates_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let engine = DockerEngine::at(at(&path));
    const REFUSAL: &str = r#"{"message":"client version 1.52 is too new. Maximum supported API version is 1.41"}"#;
    let requested = scripted(&path, &[(200, ENGINE_29), (400, REFUSAL), (200, ENGINE_20), (200, r#"{"Id":"x"}"#)]);
    let image = "a:1".parse().expect("a reference");
    assert!(matches!(engine.image_id(&image).await, Err(StackError::EngineRefused { .. })));
    assert_eq!(engine.image_id(&image).await, Ok(Some("x".into())));
    let paths = ["/_ping", "/v1.52/images/a:1/json", "/_ping", "/v1.41/images/a:1/json"];
    assert_eq!(requested.join().expect("no panic"), paths);
}

#[tokio::test]
async fn an_engine_that_does_not_answer_the_ping_with_its_version_is_asked_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let engine = DockerEngine::at(at(&path));
    let image = "a:1".parse().expect("a reference");
    for ping in [(200, "OK"), (403, r#"{"ApiVersion":"1.52"}"#)] {
        let answers = Box::leak(Box::new([ping, (200, ENGINE_20), (200, r#"{"Id":"x"}"#)]));
        let requested = scripted(&path, answers);
        engine.client.reconnect().await.map(drop).expect("the version is known");
        assert_eq!(engine.image_id(&image).await, Ok(Some("x".into())));
        assert_eq!(requested.join().expect("no panic"), ["/_ping", "/version", "/v1.41/images/a:1/json"]);
    }
}

#[tokio::test]
async fn podman_is_told_from_docker() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    for (answers, version) in [(PODMAN, "Podman 5.8.6"), (ENGINE_29, "29.1.0")] {
        let requested = scripted(&path, Box::leak(Box::new([(200, answers)])));
        assert_eq!(DockerEngine::at(at(&path)).info().await.expect("it answers").version, version);
        requested.join().expect("no panic");
    }
}

#[tokio::test]
async fn an_engine_that_requires_a_newer_version_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    const NEW: &str = r#"{"ApiVersion":"1.70","MinAPIVersion":"1.60"}"#;
    const REFUSAL: &str = r#"{"message":"client version 1.53 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version"}"#;
    let requested = scripted(&path, &[(200, NEW), (400, REFUSAL)]);
    let error = DockerEngine::at(at(&path)).containers().await.expect_err("it is refused");
    assert!(
        matches!(&error, StackError::EndpointUnsupported { detail, .. } if detail.contains("requires API version 1.60 or later, but this program supports only 1.53")),
        "{error:?}"
    );
    assert_eq!(requested.join().expect("no panic"), ["/_ping", "/v1.53/containers/json?all=true&size=false"]);
}

#[test]
fn the_newest_version_that_both_sides_support_is_negotiated() {
    for (newest, oldest, agreed) in [
        (Some("1.41"), Some("1.12"), Ok("1.41")),
        (Some("1.44"), None, Ok("1.44")),
        (Some("1.52"), Some("1.44"), Ok("1.52")),
        (Some("1.99"), Some("1.44"), Ok("1.53")),
        (
            Some("1.99"),
            Some("1.60"),
            Err("requires API version 1.60 or later, but this program supports only 1.53 and earlier"),
        ),
        (Some("1.40"), Some("1.12"), Err("supports API 1.40, but 1.41 or later is required")),
        (Some("new"), None, Err("the server at this address is not a Docker Engine (API version `new`)")),
        (None, None, Err("is not a Docker Engine")),
    ] {
        let got = negotiate_version(newest, oldest, &at(Path::new("/x"))).map(|version| version.to_string());
        match (got, agreed) {
            (Ok(got), Ok(agreed)) => assert_eq!(got, agreed),
            (Err(got), Err(words)) => assert!(got.to_string().contains(words), "{got}"),
            (got, agreed) => panic!("{newest:?} {oldest:?}: {got:?}, not {agreed:?}"),
        }
    }
}

#[test]
fn a_version_in_front_of_the_path_is_removed() {
    for (path, rest) in
        [("/v1.53/info", "/info"), ("/info?a=/v1.2/", "/info?a=/v1.2/"), ("/volumes/x", "/volumes/x"), ("/v1", "/v1")]
    {
        assert_eq!(without_version(path), rest);
    }
}

#[tokio::test]
async fn an_engine_that_accepts_a_question_and_never_answers_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    // Accepts connections by itself, since nobody else does.
    let _listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let engine = DockerEngine::at(at(&path));
    let is_given_up = |error: Option<StackError>| match error {
        Some(error @ StackError::EngineSilent { .. }) => {
            assert!(error.to_string().contains(" has not answered for "), "{error}");
            assert!(error.hint().starts_with("restart the Docker Engine"), "{}", error.hint());
        }
        other => panic!("{other:?}"),
    };
    let asked_at = Instant::now();
    let (checked, agent, containers, lines) = futures::join!(
        engine.check(),
        engine.agent("clawker.demo.dev"),
        engine.service_containers(),
        engine.recent_logs(monitor_core::service::Service::Loki, 10),
    );
    for error in [checked.err(), agent.err(), containers.err(), lines.err()] {
        is_given_up(error);
    }
    assert!(asked_at.elapsed() < 2 * NEGOTIATION_TIMEOUT, "nobody waits for two negotiations");
}
