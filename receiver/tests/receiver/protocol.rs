//! Status, headers and bodies of the answers, as OTLP's specification has them.

use std::time::Duration;

use monitor_receiver::{
    http::Limits,
    otlp::responses::{ExportResponse, Status},
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    client::{Answer, JSON, PROTOBUF, Send, gzip},
    server::{NOW, OPTIONS, Server},
    telemetry::{encoded, event},
};

async fn server_with(limits: Limits) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Server::start_with(&folder.path().join("telemetry.db"), OPTIONS, limits).await, folder)
}

fn status(answer: &Answer) -> Status {
    match answer.header("content-type") {
        Some(PROTOBUF) => Status::decode(answer.body.as_slice()).expect("a status"),
        _ => {
            let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("a status");
            let code = json["code"].as_i64().expect("a code");
            Status { code: code as i32, message: json["message"].as_str().expect("a message").to_owned() }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_a_status_in_the_requests_encoding() {
    let (server, _folder) = server_with(Limits { body: 10_000, ..Limits::default() }).await;
    let events = || encoded("s", vec![event(1)]);
    let cases = [
        ("no protobuf", Send::post("/v1/logs", PROTOBUF, *b"\x0a\xff"), 400, 3),
        ("no JSON", Send::post("/v1/logs", JSON, *b"{"), 400, 3),
        (
            "no UTF-8",
            Send::post(
                "/v1/traces",
                JSON,
                *b"{\"resourceSpans\":[{\"scopeSpans\":[{\"scope\":{\"name\":\"\xff\"}}]}]}",
            ),
            400,
            3,
        ),
        ("other encoding than named", Send::post("/v1/metrics", JSON, events()), 400, 3),
        ("no gzip", Send::post("/v1/logs", PROTOBUF, events()).header("content-encoding", "gzip"), 400, 3),
        ("another compression", Send::post("/v1/logs", PROTOBUF, events()).header("content-encoding", "zstd"), 415, 3),
        ("another content type", Send::post("/v1/logs", "text/plain", events()), 415, 3),
        ("a form", Send::post("/v1/logs", "application/x-www-form-urlencoded", events()), 415, 3),
        ("too large", Send::post("/v1/logs", PROTOBUF, vec![0; 10_001]), 413, 8),
        ("too large in chunks", Send::post("/v1/logs", PROTOBUF, vec![0; 10_001]).chunked(), 413, 8),
        ("too large once decompressed", Send::post("/v1/logs", JSON, vec![b' '; 100_000]).gzip(), 413, 8),
        ("another path", Send::post("/v1/other", JSON, "{}"), 404, 5),
        ("another method", Send { method: "GET", ..Send::post("/v1/logs", JSON, "") }, 405, 12),
        ("a preflight", Send { method: "OPTIONS", ..Send::post("/v1/logs", JSON, "") }, 405, 12),
        ("a web page", Send::post("/v1/logs", JSON, "{}").header("origin", "http://localhost"), 403, 7),
        ("a web page of this host", Send::post("/v1/logs", JSON, "{}").header("sec-fetch-site", "same-origin"), 403, 7),
    ];
    for (name, send, expected, code) in cases {
        let answer = send.to(server.http).await.unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, expected, "{name}: {}", answer.text());
        let kind = if send.headers[0].1 == PROTOBUF { PROTOBUF } else { JSON };
        assert_eq!(answer.header("content-type"), Some(kind), "{name}");
        let status = status(&answer);
        assert_eq!(status.code, code, "{name}");
        assert!(!status.message.is_empty(), "{name}");
        assert!(!answer.head.contains("access-control"), "{name}: no other origin is allowed");
    }
    assert_eq!(server.store.reader().expect("a reader").count_events().expect("a number"), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_in_part_says_how_much_is_missing() {
    let (server, _folder) = server_with(Limits::default()).await;
    let mut late = event(2);
    late.time_unix_nano = NOW as u64 + 2 * 86_400_000_000_000;
    let body = encoded("s", vec![event(1), late]);
    let answer = Send::post("/v1/logs", PROTOBUF, body).to(server.http).await.expect("an answer");
    let partial = ExportResponse::decode(answer.body.as_slice()).expect("a response").partial_success.expect("in part");
    assert_eq!((answer.status, partial.rejected), (200, 1));
    assert!(partial.error_message.contains("ahead of this machine's clock"), "{}", partial.error_message);

    let body = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"aggregationTemporality":1,
        "dataPoints":[{"asDouble":"NaN","timeUnixNano":"1795330257383000000"}]}}]}]}]}"#;
    let answer = Send::post("/v1/metrics", JSON, body).to(server.http).await.expect("an answer");
    let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("it is JSON");
    assert_eq!(json["partialSuccess"]["rejectedDataPoints"], "1");
    assert_eq!(server.store.reader().expect("a reader").count_events().expect("a number"), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_request_is_a_success() {
    let (server, _folder) = server_with(Limits::default()).await;
    for path in ["/v1/logs", "/v1/metrics", "/v1/traces", "/v1/logs/"] {
        for (kind, body) in [(PROTOBUF, ""), (JSON, "{}"), ("application/json; charset=utf-8", "{}")] {
            let answer = Send::post(path, kind, body).to(server.http).await.expect("an answer");
            assert_eq!((answer.status, answer.text().as_str()), (200, if kind == PROTOBUF { "" } else { "{}" }));
        }
    }
    let empty = Send { body: gzip(b""), ..Send::post("/v1/logs", PROTOBUF, "") }.header("content-encoding", "gzip");
    assert_eq!(empty.to(server.http).await.expect("an answer").status, 200);
    server.stop().await;
}

/// Slow senders must not keep others out for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_pauses_and_a_connection_that_says_nothing_are_ended() {
    let short = Duration::from_millis(200);
    let (server, _folder) = server_with(Limits { idle: short, pause: short, requests: 1, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(server.http).await.expect("a connection");
    let mut slow = TcpStream::connect(server.http).await.expect("a connection");
    slow.write_all(
        b"POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    )
    .await
    .expect("it is taken");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.ok();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let mut nothing = Vec::new();
    silent.read_to_end(&mut nothing).await.ok();
    // Its place is free again.
    let answer = Send::post("/v1/logs", JSON, "{}").to(server.http).await.expect("an answer");
    assert_eq!(answer.status, 200);
    server.stop().await;
}

/// A sender that never pauses long can't keep its turn either.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_ended() {
    let limits = Limits { whole: Duration::from_millis(500), pause: Duration::from_secs(10), ..Limits::default() };
    let (server, _folder) = server_with(limits).await;
    let mut slow = TcpStream::connect(server.http).await.expect("a connection");
    slow.write_all(
        b"POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n",
    )
    .await
    .expect("it is taken");
    let (mut answers, mut drips) = slow.into_split();
    let dripping = tokio::spawn(async move {
        while drips.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = [0; 12];
    answers.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 408");
    drop(answers);
    dripping.abort();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_at_once_are_told_to_come_back() {
    let (server, _folder) =
        server_with(Limits { requests: 1, turn: Duration::from_millis(100), ..Limits::default() }).await;
    let mut first = TcpStream::connect(server.http).await.expect("a connection");
    first
        .write_all(b"POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
        .await
        .expect("it is taken");
    let answer = loop {
        let answer = Send::post("/v1/logs", PROTOBUF, "").to(server.http).await.expect("an answer");
        // The first one may not have been read yet.
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((answer.status, answer.header("retry-after"), status(&answer).code), (429, Some("1"), 14));
    server.stop().await;
}
