//! Sending one request: when it is retried, and the outcome that is reported.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    routing::post,
};
use clawker_monitor::{
    otlp::responses::{ExportResponse, PartialSuccess},
    simulate::{Outcome, RetryPolicy, Sender},
};
use prost::Message;
use tokio_util::sync::CancellationToken;

use super::real_prometheus::free_port;

const QUICK: RetryPolicy =
    RetryPolicy { max_attempts: 5, first_delay: Duration::from_millis(1), total_timeout: Duration::from_secs(10) };

/// The response to a try: status, `Retry-After` in seconds, body.
type Reply = (StatusCode, Option<u64>, Vec<u8>);

/// Sends to a server that answers each try with `reply`. Returns the outcome and the number of retries.
async fn send(retry_policy: RetryPolicy, reply: impl Fn(u32) -> Reply + Send + Sync + 'static) -> (Outcome, u32) {
    let (tries, reply) = (AtomicU32::new(0), Arc::new(reply));
    let tries = Arc::new(tries);
    let take = move || {
        let (tries, reply) = (Arc::clone(&tries), Arc::clone(&reply));
        async move {
            let (status, wait, body) = reply(tries.fetch_add(1, Ordering::Relaxed));
            let headers: HeaderMap = wait.map(|wait| (RETRY_AFTER, HeaderValue::from(wait))).into_iter().collect();
            (status, headers, body)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(take))).await });
    sender(retry_policy, &CancellationToken::new()).send(&url, vec![1]).await
}

fn sender(retry_policy: RetryPolicy, stop: &CancellationToken) -> Sender {
    Sender::new(retry_policy, stop.clone()).expect("a client")
}

/// For each status, the number of tries if the server always returns it.
#[tokio::test]
async fn only_temporary_errors_are_retried() {
    for (status, tries) in [(429, 5), (502, 5), (503, 5), (504, 5), (400, 1), (404, 1), (413, 1), (500, 1), (307, 1)] {
        let status = StatusCode::from_u16(status).expect("a status");
        let fate = Outcome::Refused(format!("HTTP {}", status.as_u16()));
        assert_eq!(send(QUICK, move |_| (status, None, Vec::new())).await, (fate, tries - 1), "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_honored_within_the_total_time() {
    let busy_once = |wait| {
        move |number| match number {
            0 => (StatusCode::SERVICE_UNAVAILABLE, Some(wait), Vec::new()),
            _ => (StatusCode::OK, None, Vec::new()),
        }
    };
    // Without `Retry-After` it would wait an hour, which exceeds the total time.
    let slow = RetryPolicy { first_delay: Duration::from_secs(3600), ..QUICK };
    assert_eq!(send(slow, busy_once(0)).await, (Outcome::Accepted { rejected: 0 }, 1));
    assert_eq!(send(QUICK, busy_once(60)).await, (Outcome::Refused("HTTP 503".into()), 0));
}

#[tokio::test]
async fn records_rejected_by_the_collector_are_counted() {
    let partial = PartialSuccess { rejected: 3, error_message: "too many streams".into() };
    let body = ExportResponse { partial_success: Some(partial) }.encode_to_vec();
    let reply = move |_| (StatusCode::OK, None, body.clone());
    assert_eq!(send(QUICK, reply).await, (Outcome::Accepted { rejected: 3 }, 0));
}

#[tokio::test]
async fn a_refused_connection_is_retried_and_a_lost_answer_is_not() {
    let sender = sender(QUICK, &CancellationToken::new());
    let url = format!("http://127.0.0.1:{}/", free_port("127.0.0.1"));
    let (fate, retries) = sender.send(&url, vec![1]).await;
    assert!(
        matches!(&fate, Outcome::Refused(reason) if reason.contains("refused")) && retries == 4,
        "{fate:?} {retries}"
    );

    // This server reads the request and closes the connection.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.expect("a request");
            // Read before closing, so that the sender sees a connection that ends and not one that is reset.
            stream.try_read(&mut [0; 4096]).expect("the request's bytes");
        }
    });
    let (fate, retries) = sender.send(&url, vec![1]).await;
    assert!(matches!(fate, Outcome::Unanswered(_)) && retries == 0, "{fate:?}: it may have been taken");
}

#[tokio::test]
async fn a_stopped_sender_does_not_wait_for_a_retry() {
    let stop = CancellationToken::new();
    stop.cancel();
    let patient =
        RetryPolicy { first_delay: Duration::from_secs(3600), total_timeout: Duration::from_secs(7200), ..QUICK };
    let url = format!("http://127.0.0.1:{}/", free_port("127.0.0.1"));
    let sent = tokio::time::timeout(Duration::from_secs(60), sender(patient, &stop).send(&url, vec![1])).await;
    let (fate, retries) = sent.expect("it returns at once");
    assert!(matches!(fate, Outcome::Refused(_)) && retries == 0, "{fate:?}");
}
