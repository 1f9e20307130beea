//! Progress of pulls, from reports in the Engine's format.

use std::io::{Read, Write};

use super::*;
use crate::docker::scripted::at;

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

/// An Engine that answers a pull with this report again and again, or never if it is empty. Returns what the progress
/// said about the silence, and how the pull ended.
async fn pull_that_hangs(answer: &'static str) -> (Vec<u32>, Result<(), StackError>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let (mut negotiation, _) = listener.accept().expect("a connection");
        let _request = negotiation.read(&mut buffer).expect("a request");
        write!(negotiation, "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK").expect("read");
        let (mut pull, _) = listener.accept().expect("a connection");
        let _request = pull.read(&mut buffer).expect("a request");
        if answer.is_empty() {
            let _closed = pull.read(&mut buffer);
            return;
        }
        let _ = write!(pull, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while writeln!(pull, "{answer}").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let said = std::sync::Mutex::new(Vec::new());
    let progress = |pull: Pull| said.lock().expect("no panic").push(pull.silent_seconds);
    let image = "a:1".parse().expect("a reference");
    let patience = Patience { notice: Duration::from_secs(1), most_notices: 3 };
    let client = Client::new(move || Ok(at(&path)));
    let pulling = pull_patiently(&client, Service::Loki, &image, &progress, patience);
    let outcome = tokio::time::timeout(Duration::from_secs(5), pulling).await;
    drop(folder);
    let outcome = outcome.unwrap_or(Err(StackError::NoContainer { service: Service::Loki }));
    (said.into_inner().expect("no panic"), outcome)
}

#[tokio::test]
async fn a_pull_that_hangs_says_so_and_fails_in_the_end() {
    const STUCK: &str = r#"{"status":"Downloading","progressDetail":{"current":30,"total":90},"id":"x"}"#;
    for (answer, progress) in [("", vec![0, 1, 2]), (STUCK, vec![0, 0, 1, 2])] {
        let (said, outcome) = pull_that_hangs(answer).await;
        assert_eq!(said, progress, "{answer}");
        match outcome {
            Err(StackError::PullFailed { detail, .. }) => assert_eq!(detail, "nothing has arrived for 3 s", "{answer}"),
            other => panic!("{answer}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_pull_that_waits_for_other_downloads_does_not_fail() {
    let (said, outcome) = pull_that_hangs(r#"{"status":"Waiting","progressDetail":{},"id":"x"}"#).await;
    assert_eq!(said, [0]);
    assert_eq!(outcome, Err(StackError::NoContainer { service: Service::Loki }), "it goes on until the test ends it");
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
    use std::os::unix::net::UnixListener;

    use crate::{docker::DockerEngine, engine::ContainerEngine};

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
