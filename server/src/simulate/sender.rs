//! Sends a request as the JavaScript SDK does, and says what became of it.
//!
//! Source: opentelemetry-js, `retrying-transport` and `is-export-retryable`: after 429, 502, 503 and 504 it waits 1 s,
//! then half as much again each time, or as long as `Retry-After` says, for 10 s in all. Its jitter is left out.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::otlp::rejected_count;

/// As the newest release names itself.
const USER_AGENT: &str = "OTel-OTLP-Exporter-JavaScript/0.208.0";
/// How long a request that is under way may take once the play is over. Claude Code's own time for its last words is
/// the same (`CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS`).
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How hard a request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries at most, the first one included.
    pub tries: u32,
    /// Before the second try.
    pub first_wait: Duration,
    /// For all tries together.
    pub in_all: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { tries: 5, first_wait: Duration::from_secs(1), in_all: Duration::from_secs(10) }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was taken, but for so many points or records of it.
    Accepted {
        /// Points or records that the collector says it did not take; 0 nearly always.
        rejected: u64,
    },
    /// It was not taken; the reason is that of the last try.
    Refused(String),
    /// It was sent and nothing came back: nobody knows.
    Unanswered(String),
}

/// What became of one try.
enum Try {
    Done(Fate),
    /// `after` is what the collector asked for.
    Again {
        reason: String,
        after: Option<Duration>,
    },
    /// It could not even be handed over.
    NobodyThere(String),
}

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    patience: Patience,
    stop: CancellationToken,
}

impl Sender {
    /// Gives up waiting when `stop` is cancelled.
    pub fn new(patience: Patience, stop: CancellationToken) -> anyhow::Result<Sender> {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Sender { client, patience, stop })
    }

    /// Sends it, again where that makes sense. Also says how many tries came after the first.
    pub async fn send(&self, url: &str, body: Vec<u8>) -> (Fate, u32) {
        let deadline = Instant::now() + self.patience.in_all;
        let mut wait = self.patience.first_wait;
        // Cheap to clone, unlike a vector; a prompt can be long.
        let body = bytes::Bytes::from(body);
        for retries in 0.. {
            let (reason, after) = match self.try_once(url, body.clone(), deadline).await {
                Try::Done(fate) => return (fate, retries),
                Try::Again { reason, after } => (reason, after.unwrap_or(wait)),
                Try::NobodyThere(reason) => (reason, wait),
            };
            wait = wait * 3 / 2;
            let out_of_tries = retries + 1 >= self.patience.tries || Instant::now() + after > deadline;
            if out_of_tries || self.stop.run_until_cancelled(sleep(after)).await.is_none() {
                return (Fate::Refused(reason), retries);
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// One try with an empty request, which every collector takes. `Err` says why this one does not; to be asked to come
    /// back later is no reason.
    pub async fn knock(&self, url: &str) -> Result<(), String> {
        match self.try_once(url, bytes::Bytes::new(), Instant::now() + self.patience.in_all).await {
            Try::Done(Fate::Accepted { .. }) | Try::Again { .. } => Ok(()),
            Try::Done(Fate::Refused(reason) | Fate::Unanswered(reason)) | Try::NobodyThere(reason) => Err(reason),
        }
    }

    async fn try_once(&self, url: &str, body: bytes::Bytes, deadline: Instant) -> Try {
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            // Said of an empty body as well, of which the client would say nothing.
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::USER_AGENT, USER_AGENT)
            .body(body);
        let stopped = async {
            self.stop.cancelled().await;
            sleep(LAST_WORDS).await;
        };
        let exchange = async {
            let response = request.send().await?;
            let (status, after) = (response.status(), retry_after(response.headers()));
            Ok((status, after, response.bytes().await.unwrap_or_default()))
        };
        let answered = tokio::select! {
            answered = timeout_at(deadline, exchange) => answered,
            () = stopped => return Try::Done(Fate::Unanswered("the play was over".into())),
        };
        let (status, after, body) = match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return failed(&error),
            Err(_) => return Try::Done(Fate::Unanswered("no answer in time".into())),
        };
        let reason = format!("HTTP {}", status.as_u16());
        match status {
            _ if status.is_success() => Try::Done(Fate::Accepted { rejected: rejected_count(body) }),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Try::Again { reason, after },
            _ => Try::Done(Fate::Refused(reason)),
        }
    }
}

/// A request that could not even be handed over may be tried again; of one that was, nobody knows whether it counted.
fn failed(error: &reqwest::Error) -> Try {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let reason = innermost.to_string();
    match (error.is_connect(), error.is_builder()) {
        (true, _) => Try::NobodyThere(reason),
        (_, true) => Try::Done(Fate::Refused(reason)),
        _ => Try::Done(Fate::Unanswered(reason)),
    }
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
