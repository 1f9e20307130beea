//! Sends requests with the retries of OpenTelemetry's JavaScript SDK, and returns their outcome.
//!
//! Source: opentelemetry-js, `retrying-transport` and `is-export-retryable`. After 429, 502, 503 and 504 it waits 1 s,
//! then 1.5 times as long before each further attempt, or as long as `Retry-After` says, for 10 s in total. The SDK's
//! jitter is left out.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::{body::beginning, otlp::rejected_count};

/// What the newest supported release of the SDK sends.
const USER_AGENT: &str = "OTel-OTLP-Exporter-JavaScript/0.208.0";
/// How much of an answer is read, in bytes. An OTLP answer has a few.
const ANSWER_BYTES: usize = 64 * 1024;
/// How long a pending request may still take after the simulation ends. The same as Claude Code's own default
/// (`CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS`).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// When and how often a failed request is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Including the first attempt.
    pub max_attempts: u32,
    /// The delay before the second attempt. Each further delay is 1.5 times as long.
    pub first_delay: Duration,
    /// For all attempts together, including the delays.
    pub total_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy { max_attempts: 5, first_delay: Duration::from_secs(1), total_timeout: Duration::from_secs(10) }
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The collector accepted it.
    Accepted {
        /// Points or records that the collector reports as rejected. Almost always 0.
        rejected: u64,
    },
    /// It was not accepted. Holds the reason of the last attempt.
    Refused(String),
    /// It was sent but not answered, so it may or may not have been received. Holds the reason.
    Unanswered(String),
}

/// The outcome of one attempt.
enum Attempt {
    Done(Outcome),
    /// The collector is busy. `after` is its `Retry-After`.
    Retry {
        reason: String,
        after: Option<Duration>,
    },
    /// No connection could be made, so nothing was sent.
    NotConnected(String),
}

/// Sends OTLP requests over HTTP.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    retry_policy: RetryPolicy,
    stop: CancellationToken,
}

impl Sender {
    /// Once `stop` is canceled, nothing is retried.
    pub fn new(retry_policy: RetryPolicy, stop: CancellationToken) -> anyhow::Result<Sender> {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Sender { client, retry_policy, stop })
    }

    /// Sends a request and retries it where that makes sense. Also returns the number of retries.
    pub async fn send(&self, url: &str, body: Vec<u8>) -> (Outcome, u32) {
        let deadline = Instant::now() + self.retry_policy.total_timeout;
        let mut delay = self.retry_policy.first_delay;
        // Cheap to clone for each attempt, unlike a vector.
        let body = bytes::Bytes::from(body);
        for retries in 0.. {
            let (reason, after) = match self.try_once(url, body.clone(), deadline).await {
                Attempt::Done(outcome) => return (outcome, retries),
                Attempt::Retry { reason, after } => (reason, after.unwrap_or(delay)),
                Attempt::NotConnected(reason) => (reason, delay),
            };
            delay = delay * 3 / 2;
            let is_last = retries + 1 >= self.retry_policy.max_attempts || Instant::now() + after > deadline;
            if is_last || self.stop.run_until_cancelled(sleep(after)).await.is_none() {
                return (Outcome::Refused(reason), retries);
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Checks that a collector answers, with an empty request, which every collector accepts. `Err` holds the reason if it
    /// doesn't. A busy collector counts as one that answers.
    pub async fn probe(&self, url: &str) -> Result<(), String> {
        match self.try_once(url, bytes::Bytes::new(), Instant::now() + self.retry_policy.total_timeout).await {
            Attempt::Done(Outcome::Accepted { .. }) | Attempt::Retry { .. } => Ok(()),
            Attempt::Done(Outcome::Refused(reason) | Outcome::Unanswered(reason)) | Attempt::NotConnected(reason) => {
                Err(reason)
            }
        }
    }

    async fn try_once(&self, url: &str, body: bytes::Bytes, deadline: Instant) -> Attempt {
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            // The client leaves this header out if the body is empty, but some servers require it.
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::USER_AGENT, USER_AGENT)
            .body(body);
        let stopped = async {
            self.stop.cancelled().await;
            sleep(SHUTDOWN_TIMEOUT).await;
        };
        let exchange = async {
            let response = request.send().await?;
            let (status, after) = (response.status(), retry_after(response.headers()));
            Ok((status, after, beginning(response, ANSWER_BYTES).await))
        };
        let answered = tokio::select! {
            answered = timeout_at(deadline, exchange) => answered,
            () = stopped => return Attempt::Done(Outcome::Unanswered("the simulation ended".into())),
        };
        let (status, after, body) = match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return failed(&error),
            Err(_) => return Attempt::Done(Outcome::Unanswered("no answer in time".into())),
        };
        let reason = format!("HTTP {}", status.as_u16());
        match status {
            _ if status.is_success() => Attempt::Done(Outcome::Accepted { rejected: rejected_count(body.into()) }),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Attempt::Retry { reason, after },
            _ => Attempt::Done(Outcome::Refused(reason)),
        }
    }
}

/// Only a request that was never sent can be retried safely. One that was sent may have been counted.
fn failed(error: &reqwest::Error) -> Attempt {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let reason = innermost.to_string();
    match (error.is_connect(), error.is_builder()) {
        (true, _) => Attempt::NotConnected(reason),
        (_, true) => Attempt::Done(Outcome::Refused(reason)),
        _ => Attempt::Done(Outcome::Unanswered(reason)),
    }
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
