//! Live streams about agents.
//!
//! `GET /events/numbers?range=24h` sends `Numbers` at once and after each change. `GET /events/agent/{container}` sends
//! batches of `AgentEvent`s, oldest first: the last hundred at once (possibly none), then new ones. Where the store does
//! not answer, it sends one event `trouble` with the reason, and a batch as soon as the store answers again.
//! `GET /events/agent/{container}/page?range=24h` sends `AgentPageUpdate`s: each part of the page at once and after each
//! change.

use axum::{
    Extension,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, future::ready, stream};
use monitor_core::{error::StackError, telemetry::Range};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{
    error_response,
    live::{event_stream, json_event, named_json_event},
};
use crate::access::BoundControlPlane;

#[derive(Deserialize)]
pub(super) struct Options {
    range: Option<String>,
}

impl Options {
    #[expect(clippy::result_large_err, reason = "it is returned at once")]
    fn range(&self) -> Result<Range, Response> {
        let range = self.range.as_deref().map_or(Some(Range::default()), Range::from_name);
        let refusal = || (StatusCode::BAD_REQUEST, "the ranges are `1h`, `6h`, `24h` and `7d`\n").into_response();
        range.ok_or_else(refusal)
    }
}

pub(super) async fn numbers(
    State(shutdown): State<CancellationToken>,
    Extension(plane): Extension<BoundControlPlane>,
    Query(options): Query<Options>,
) -> Response {
    let range = match options.range() {
        Ok(range) => range,
        Err(refusal) => return refusal,
    };
    match plane.number_changes(range) {
        Ok(numbers) => event_stream(numbers.map(|numbers| json_event(&numbers)), shutdown),
        Err(error) => error_response(&error),
    }
}

pub(super) async fn page(
    State(shutdown): State<CancellationToken>,
    Extension(plane): Extension<BoundControlPlane>,
    Path(container): Path<String>,
    Query(options): Query<Options>,
) -> Response {
    let range = match options.range() {
        Ok(range) => range,
        Err(refusal) => return refusal,
    };
    match plane.agent_changes(container, range).await {
        Ok(updates) => event_stream(updates.map(|update| json_event(&update)), shutdown),
        Err(error) => error_response(&error),
    }
}

pub(super) async fn events(
    State(shutdown): State<CancellationToken>,
    Extension(plane): Extension<BoundControlPlane>,
    Path(container): Path<String>,
) -> Response {
    match plane.agent_events(container).await {
        Ok(batches) => {
            let events = batches.map(|batch| match batch {
                Ok(batch) => json_event(&batch),
                Err(reason) => trouble(&reason),
            });
            event_stream(events, shutdown)
        }
        Err(error @ (StackError::UnknownAgent { .. } | StackError::NotAllowed { .. })) => error_response(&error),
        // The browser reconnects when the stream ends; by then the Engine may answer.
        Err(error) => event_stream(stream::once(ready(trouble(&error.to_string()))), shutdown),
    }
}

fn trouble(reason: &str) -> axum::response::sse::Event {
    named_json_event("trouble", &reason)
}
