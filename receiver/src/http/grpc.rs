//! OTLP over gRPC: unary calls, which are one framed message in a POST of HTTP/2, answered with one and a status in the
//! trailers. Source: `grpc/doc/PROTOCOL-HTTP2.md`, and OTLP's specification on which failures can be retried.

use std::convert::Infallible;

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use bytes::{Buf as _, Bytes};
use http_body_util::{BodyExt as _, Either, Empty, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Body,
    header::{self, HeaderName, HeaderValue},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use prost::Message;

use super::{
    Receiver,
    answer::{Accepted, Refusal},
    body::{Compression, read},
};
use crate::otlp::{Encoding, Signal};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The characters that a status message may not have in a header.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
/// Flag and length before a message.
const PREFIX: usize = 5;

/// The body of an answer.
pub type GrpcBody = Either<
    http_body_util::combinators::WithTrailers<Full<Bytes>, std::future::Ready<Option<Result<HeaderMap, Infallible>>>>,
    Empty<Bytes>,
>;

impl Receiver {
    /// Answers a request over gRPC.
    pub async fn answer_grpc<B>(&self, request: Request<B>) -> Response<GrpcBody>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/grpc") {
            let mut response = Response::new(Either::Right(Empty::new()));
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return response;
        }
        match self.call(request).await {
            Ok(accepted) => success(&accepted),
            Err(refusal) => failure(&refusal),
        }
    }

    async fn call<B>(&self, request: Request<B>) -> Result<Accepted, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let signal = match request.uri().path() {
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Signal::Logs,
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Signal::Metrics,
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Signal::Traces,
            _ => return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "there is no such service")),
        };
        let compression = Compression::of(request.headers(), GRPC_ENCODING)?;
        let _turn = self.turn(&self.turns).await?;
        // The message is compressed, its prefix is not.
        let framed = read(request.into_body(), Compression::None, self).await?;
        let message = message(&framed.bytes)?;
        let inner = http_body_util::Full::new(message.bytes);
        let compression = if message.is_compressed { compression } else { Compression::None };
        if message.is_compressed && compression == Compression::None {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "a compressed message does not say how"));
        }
        let read = read(inner, compression, self).await?;
        self.store(signal, Encoding::Protobuf, &read.bytes).await
    }
}

struct Framed {
    bytes: Bytes,
    is_compressed: bool,
}

/// The one message of a call.
fn message(framed: &Bytes) -> Result<Framed, Refusal> {
    let malformed = || Refusal::new(StatusCode::BAD_REQUEST, "the call does not hold exactly one message");
    let mut prefix = framed.get(..PREFIX).ok_or_else(malformed)?;
    let flag = prefix.get_u8();
    let length = usize::try_from(prefix.get_u32()).map_err(|_| malformed())?;
    if flag > 1 || framed.len() - PREFIX != length {
        return Err(malformed());
    }
    Ok(Framed { bytes: framed.slice(PREFIX..), is_compressed: flag == 1 })
}

fn success(accepted: &Accepted) -> Response<GrpcBody> {
    let message = accepted.to_message().encode_to_vec();
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap_or_default().to_be_bytes());
    framed.extend(message);
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(Bytes::from(framed)).with_trailers(std::future::ready(Some(Ok(trailers))));
    response(Either::Left(body), HeaderMap::new())
}

/// A status without a message, in the headers.
fn failure(refusal: &Refusal) -> Response<GrpcBody> {
    let mut headers = HeaderMap::new();
    // Of all codes, `UNAVAILABLE` is the one that always may be retried; HTTP's 429 is the same here.
    let code = refusal.code();
    headers.insert(GRPC_STATUS, HeaderValue::from(code));
    if let Ok(message) = HeaderValue::try_from(utf8_percent_encode(&refusal.reason, ENCODED).to_string()) {
        headers.insert(GRPC_MESSAGE, message);
    }
    if let Some(seconds) = refusal.retry_after
        // Binary headers are without padding.
        && let Ok(details) = HeaderValue::try_from(BASE64_STANDARD_NO_PAD.encode(details(refusal, seconds)))
    {
        headers.insert(GRPC_DETAILS, details);
    }
    response(Either::Right(Empty::new()), headers)
}

fn response(body: GrpcBody, headers: HeaderMap) -> Response<GrpcBody> {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// `google.rpc.Status` with details.
#[derive(Clone, PartialEq, Message)]
struct DetailedStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

fn details(refusal: &Refusal, seconds: u32) -> Vec<u8> {
    let info = RetryInfo { retry_delay: Some(Delay { seconds: seconds.into() }) };
    let any = Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".into(), value: info.encode_to_vec() };
    DetailedStatus { code: refusal.code(), message: refusal.reason.clone(), details: vec![any] }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_fits_into_headers() {
        let answer = failure(&Refusal { retry_after: Some(5), ..Refusal::new(StatusCode::BAD_REQUEST, "100% é") });
        assert_eq!(answer.headers()[GRPC_MESSAGE], "100%25 %C3%A9");
        let details = BASE64_STANDARD_NO_PAD.decode(&answer.headers()[GRPC_DETAILS]).expect("base64");
        assert_eq!(DetailedStatus::decode(&details[..]).expect("a status").message, "100% é");
    }

    #[test]
    fn a_call_holds_one_message() {
        let framed = |bytes: &'static [u8]| message(&Bytes::from_static(bytes));
        assert!(framed(&[0, 0, 0, 0, 0]).is_ok_and(|message| message.bytes.is_empty()));
        assert!(framed(&[1, 0, 0, 0, 1, 7]).is_ok_and(|message| message.is_compressed));
        for malformed in [&[][..], &[0, 0, 0, 0], &[0, 0, 0, 0, 2, 7], &[2, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0]] {
            assert!(message(&Bytes::copy_from_slice(malformed)).is_err(), "{malformed:?}");
        }
    }
}
