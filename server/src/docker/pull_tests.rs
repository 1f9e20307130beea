//! Progress of pulls, from reports in the Engine's format.

use super::*;

/// Fetched and total bytes after each report that changed them.
fn sums(reports: &str) -> Vec<(u64, u64)> {
    let image: ImageRef = "grafana/loki:3.7.0".parse().expect("a reference");
    let mut layers = Layers::default();
    let mut sums = Vec::new();
    for line in reports.lines() {
        if layers.update(serde_json::from_str(line).expect("a report")) {
            let pull = layers.total(&image, false);
            sums.push((pull.fetched_bytes, pull.total_bytes));
        }
    }
    sums
}

#[test]
fn layers_are_added_up_and_unpacking_does_not_count() {
    let reports = r#"{"status":"Pulling from grafana/loki","id":"3.7.0"}
{"status":"Already exists","progressDetail":{},"id":"aaa"}
{"status":"Pulling fs layer","progressDetail":{},"id":"bbb"}
{"status":"Pulling fs layer","progressDetail":{},"id":"ccc"}
{"status":"Waiting","progressDetail":{},"id":"ccc"}
{"status":"Downloading","progressDetail":{"current":100,"total":1000},"progress":"[=>  ]","id":"bbb"}
{"status":"Downloading","progressDetail":{"current":5,"total":50},"progress":"[=>  ]","id":"ccc"}
{"status":"Downloading","progressDetail":{"current":1000,"total":1000},"progress":"[===>]","id":"bbb"}
{"status":"Verifying Checksum","progressDetail":{},"id":"bbb"}
{"status":"Download complete","progressDetail":{},"id":"bbb"}
{"status":"Extracting","progressDetail":{"current":400,"total":4000},"progress":"[>  ]","id":"bbb"}
{"status":"Download complete","progressDetail":{},"id":"ccc"}
{"status":"Pull complete","progressDetail":{},"id":"bbb"}
{"status":"Digest: sha256:c316"}
{"status":"Status: Downloaded newer image for grafana/loki:3.7.0"}"#;
    assert_eq!(sums(reports), [(100, 1000), (105, 1050), (1005, 1050), (1050, 1050)]);
}

#[test]
fn a_layer_of_unknown_size_grows_and_a_retry_starts_over() {
    let reports = r#"{"status":"Downloading","progressDetail":{"current":30},"id":"a"}
{"status":"Downloading","progressDetail":{"current":60,"total":-1},"id":"a"}
{"status":"Retrying in 5 seconds","progressDetail":{},"id":"a"}
{"status":"Downloading","progressDetail":{"current":10,"total":80},"id":"a"}"#;
    assert_eq!(sums(reports), [(30, 30), (60, 60), (10, 80)]);
}

#[test]
fn references_are_split_into_repository_and_tag() {
    for (image, expected) in [
        ("grafana/loki", ("grafana/loki", "latest")),
        ("grafana/loki:3.7.0", ("grafana/loki", "3.7.0")),
        ("grafana/loki:3.7.0@sha256:c316", ("grafana/loki", "sha256:c316")),
        ("grafana/loki@sha256:c316", ("grafana/loki", "sha256:c316")),
        ("registry:5000/loki", ("registry:5000/loki", "latest")),
        ("registry:5000/loki:1", ("registry:5000/loki", "1")),
    ] {
        assert_eq!(repository_and_tag(image), expected);
    }
}

#[tokio::test]
async fn dropping_a_pull_closes_the_connection_so_that_the_engine_cancels_it() {
    use std::{
        io::{Read, Write},
        os::unix::net::UnixListener,
    };

    use crate::{
        docker::{DockerEngine, scripted::at},
        engine::ContainerEngine,
    };

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    let (fetching, is_fetching) = tokio::sync::oneshot::channel();
    let engine_thread = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let (mut negotiation, _) = listener.accept().expect("a connection");
        let read = negotiation.read(&mut buffer).expect("a request");
        assert!(buffer[..read].starts_with(b"GET /_ping"));
        write!(negotiation, "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK").expect("read");
        let (mut pull, _) = listener.accept().expect("a connection");
        let read = pull.read(&mut buffer).expect("a request");
        assert!(buffer[..read].starts_with(b"POST /v1.41/images/create?fromImage=a&tag=1"));
        // A response that never ends.
        write!(pull, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").expect("read");
        let report = r#"{"status":"Downloading","progressDetail":{"current":30,"total":90},"id":"x"}"#;
        writeln!(pull, "{report}").expect("read");
        fetching.send(()).expect("the test waits");
        // Nothing more is sent to the Engine, so the read ends when the client closes the connection.
        assert_eq!(pull.read(&mut buffer).unwrap_or(0), 0);
    });
    let engine = DockerEngine::at(at(&path));
    let image = "a:1".parse().expect("a reference");
    let progress = |_| {};
    tokio::select! {
        result = engine.pull_image(Service::Loki, &image, &progress) => panic!("the pull must not end: {result:?}"),
        started = is_fetching => started.expect("the response began"),
    }
    tokio::task::spawn_blocking(|| engine_thread.join()).await.expect("no panic").expect("no panic");
}
