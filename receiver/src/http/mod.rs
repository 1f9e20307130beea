//! OTLP over HTTP and gRPC: what is accepted, and how it is answered. Source: opentelemetry-proto
//! `docs/specification.md`.
//!
//! A web page can't send anything here: requests of browsers are refused, only OTLP's own content types are accepted, and
//! no answer allows another origin.

mod answer;
mod body;
mod connections;
mod grpc;

use std::{sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body, Bytes},
    header,
    http::request::Parts,
};
use tokio::sync::Semaphore;

pub use connections::{serve_grpc, serve_http};

use self::{
    answer::{Accepted, Refusal},
    body::{Compression, read},
};
use crate::{
    mapping,
    otlp::{self, Encoding, Signal},
    store::{AppendError, Store},
};

/// What a receiver takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body, before and after decompression.
    pub body: usize,
    /// Bytes beyond which a body counts as large; only a few of those are held in memory at once.
    pub large_body: usize,
    /// How many requests are worked on at once.
    pub requests: usize,
    /// How many of them may be large.
    pub large_requests: usize,
    /// How many connections are open at once.
    pub connections: usize,
    /// How long a connection may send nothing between and within the heads of requests.
    pub idle: Duration,
    /// How long a request's body may pause.
    pub pause: Duration,
    /// How long a request's body may take as a whole. It has a turn meanwhile, which others wait for.
    pub whole: Duration,
    /// How long a request waits until it is its turn.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // The same as the stack's collector.
            body: 32 << 20,
            large_body: 512 << 10,
            requests: 64,
            large_requests: 2,
            connections: 2048,
            idle: Duration::from_secs(150),
            pause: Duration::from_secs(10),
            whole: Duration::from_secs(30),
            turn: Duration::from_secs(5),
        }
    }
}

/// The paths of OTLP over HTTP. A path of the settings is accepted beside OTLP's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    paths: Vec<(String, Signal)>,
}

impl Default for Paths {
    fn default() -> Paths {
        let own = [("/v1/logs", Signal::Logs), ("/v1/metrics", Signal::Metrics), ("/v1/traces", Signal::Traces)];
        Paths { paths: own.map(|(path, signal)| (path.to_owned(), signal)).to_vec() }
    }
}

impl Paths {
    /// Accepts a signal on another path too. It wins over OTLP's own.
    pub fn with(mut self, path: &str, signal: Signal) -> Paths {
        self.paths.insert(0, (path.to_owned(), signal));
        self
    }

    fn signal(&self, path: &str) -> Option<Signal> {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.paths.iter().find(|(known, _)| known.trim_end_matches('/') == path).map(|(_, signal)| *signal)
    }
}

/// Receives requests and stores what they bring.
#[derive(Debug)]
pub struct Receiver {
    store: Arc<Store>,
    paths: Paths,
    limits: Limits,
    turns: Semaphore,
    large_turns: Semaphore,
}

impl Receiver {
    /// A receiver that writes to this store.
    pub fn new(store: Arc<Store>, paths: Paths, limits: Limits) -> Receiver {
        Receiver {
            store,
            paths,
            turns: Semaphore::new(limits.requests),
            large_turns: Semaphore::new(limits.large_requests),
            limits,
        }
    }

    /// Answers a request over HTTP.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let (head, body) = request.into_parts();
        let encoding = content_encoding(&head.headers);
        let outcome = match self.check(&head, encoding) {
            Ok(accepted) => self.receive(accepted, body).await,
            Err(refusal) => {
                body::discard(body, &self.limits).await;
                Err(refusal)
            }
        };
        answer::response(outcome, encoding.unwrap_or(Encoding::Json))
    }

    /// What a head says about the body.
    fn check(&self, head: &Parts, encoding: Option<Encoding>) -> Result<(Signal, Encoding, Compression), Refusal> {
        let signal = self.paths.signal(head.uri.path()).ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, "telemetry is received on `/v1/logs`, `/v1/metrics` and `/v1/traces`")
        })?;
        if head.method != Method::POST {
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "telemetry is sent with POST"));
        }
        if head.headers.contains_key(header::ORIGIN) || head.headers.contains_key("sec-fetch-site") {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "web pages can't send telemetry here"));
        }
        let encoding = encoding.ok_or_else(|| {
            let reason = "the content type is neither `application/x-protobuf` nor `application/json`";
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason)
        })?;
        Ok((signal, encoding, Compression::of(&head.headers, header::CONTENT_ENCODING)?))
    }

    async fn receive<B>(
        &self,
        (signal, encoding, compression): (Signal, Encoding, Compression),
        body: B,
    ) -> Result<Accepted, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let _turn = self.turn(&self.turns).await?;
        let read = read(body, compression, self).await?;
        self.store(signal, encoding, &read.bytes).await
    }

    /// Waits until another request may be worked on.
    async fn turn<'s>(&self, turns: &'s Semaphore) -> Result<tokio::sync::SemaphorePermit<'s>, Refusal> {
        match tokio::time::timeout(self.limits.turn, turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Refusal::busy()),
        }
    }

    /// Stores what a body brings.
    async fn store(&self, signal: Signal, encoding: Encoding, body: &[u8]) -> Result<Accepted, Refusal> {
        let rules = self.store.rules();
        let request = otlp::decode(signal, encoding, body)
            .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let mut batch = mapping::map(request, body, &rules);
        let rejected = std::mem::take(&mut batch.rejected);
        self.store.append(batch).await.map_err(|error| match error {
            AppendError::Busy => Refusal::busy(),
            // What the disk says is for the log. Both can be sent again.
            AppendError::Disk(_) => Refusal::unavailable("the receiver can't write to its disk", 5),
            AppendError::Closed => Refusal::unavailable("the receiver is stopping", 1),
        })?;
        let note = (signal == Signal::Traces && !rules.keep_spans).then_some("traces are not kept");
        Ok(Accepted { signal, rejected, note })
    }
}

/// The encoding that the content type names.
fn content_encoding(headers: &HeaderMap) -> Option<Encoding> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next()?.trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}
