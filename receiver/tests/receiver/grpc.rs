//! OTLP over gRPC, with a client of HTTP/2.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use monitor_receiver::otlp::responses::ExportResponse;
use prost::Message as _;
use tokio::net::TcpStream;

use super::{
    client::gzip,
    client::{JSON, PROTOBUF},
    fixtures::{ledger, requests, stored},
    server::{NOW, Server},
    telemetry::{encoded, event},
};

const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

struct Answer {
    /// Headers and trailers.
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }
}

fn framed(message: &[u8], flag: u8) -> Vec<u8> {
    [&[flag][..], &u32::try_from(message.len()).expect("it is small").to_be_bytes(), message].concat()
}

async fn call(server: &Server, path: &str, kind: &str, encoding: &str, body: Vec<u8>) -> (u16, Answer) {
    let stream = TcpStream::connect(server.grpc).await.expect("a connection");
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://{}{path}", server.grpc)).header("content-type", kind);
    if !encoding.is_empty() {
        request = request.header("grpc-encoding", encoding);
    }
    let request = request.header("te", "trailers").body(Full::new(Bytes::from(body))).expect("a request");
    let response = client.send_request(request).await.expect("an answer");
    let (status, mut headers) = (response.status().as_u16(), response.headers().clone());
    let collected = response.into_body().collect().await.expect("a body");
    headers.extend(collected.trailers().cloned().unwrap_or_default());
    (status, Answer { headers, body: collected.to_bytes().to_vec() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_over_grpc_equals_the_same_over_http() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("telemetry.db")).await;
    for (place, request) in requests("2.1.100", PROTOBUF).into_iter().enumerate() {
        let path = if request.path == "/v1/logs" { LOGS } else { METRICS };
        let (encoding, body) = match place % 2 {
            0 => ("", framed(&request.body, 0)),
            _ => ("gzip", framed(&gzip(&request.body), 1)),
        };
        let (status, answer) = call(&server, path, "application/grpc+proto", encoding, body).await;
        assert_eq!((status, answer.header("grpc-status")), (200, "0"), "{}", answer.header("grpc-message"));
        assert_eq!(answer.header("content-type"), "application/grpc");
        assert_eq!(answer.body, framed(&[], 0), "all is stored");
        // Over HTTP, it is the same request again.
        assert_eq!(request.send().to(server.http).await.expect("an answer").status, 200);
    }
    let expected = ledger("2.1.100");
    assert_eq!(stored(&server.store.reader().expect("a reader"), &expected), expected);
    assert_eq!(requests("2.1.100", JSON).len(), requests("2.1.100", PROTOBUF).len());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_the_codes_of_grpc() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("telemetry.db")).await;
    let grpc = "application/grpc";
    for (name, path, encoding, body, code) in [
        ("no protobuf", LOGS, "", framed(b"\x0a\xff", 0), "3"),
        ("no frame", LOGS, "", vec![0, 0], "3"),
        ("two messages", LOGS, "", [framed(b"", 0), framed(b"", 0)].concat(), "3"),
        ("no gzip", LOGS, "gzip", framed(b"x", 1), "3"),
        ("compressed, but how", LOGS, "", framed(&gzip(b""), 1), "3"),
        ("another compression", LOGS, "snappy", framed(b"", 1), "3"),
        ("another service", "/other.Service/Export", "", framed(b"", 0), "12"),
        ("too large", LOGS, "gzip", framed(&gzip(&vec![0; 33 << 20]), 1), "8"),
    ] {
        let (status, answer) = call(&server, path, grpc, encoding, body).await;
        assert_eq!((status, answer.header("grpc-status")), (200, code), "{name}: {}", answer.header("grpc-message"));
        assert!(!answer.header("grpc-message").is_empty(), "{name}");
    }
    let (status, _) = call(&server, LOGS, "application/json", "", Vec::new()).await;
    assert_eq!(status, 415);
    // In part.
    let mut late = event(2);
    late.time_unix_nano = NOW as u64 + 2 * 86_400_000_000_000;
    let (_, answer) = call(&server, LOGS, grpc, "", framed(&encoded("s", vec![event(1), late]), 0)).await;
    let partial = ExportResponse::decode(&answer.body[5..]).expect("a response").partial_success.expect("in part");
    assert_eq!(partial.rejected, 1);
    server.stop().await;
}
