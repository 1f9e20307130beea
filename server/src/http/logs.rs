//! A service's log: as a live stream, and as a file.

use std::time::Duration;

use axum::{
    Extension,
    body::Body,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response, sse::Event},
};
use futures::{Stream, StreamExt, TryStreamExt, future::ready, stream, stream::BoxStream};
use monitor_core::{error::StackError, logs::LogLine, service::Service};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{
    error_response,
    live::{event_stream, json_event},
};
use crate::access::BoundControlPlane;

/// Lines that arrive within this time are sent in one event.
const BATCH: Duration = Duration::from_millis(100);
/// The most lines in one event.
const BATCH_LINES: usize = 500;

#[derive(Deserialize)]
pub(super) struct Options {
    #[serde(default = "default_tail")]
    tail: u32,
}

fn default_tail() -> u32 {
    200
}

pub(super) async fn stream(
    State(shutdown): State<CancellationToken>,
    Extension(plane): Extension<BoundControlPlane>,
    Path(name): Path<String>,
    Query(options): Query<Options>,
) -> Response {
    let Some(service) = Service::from_name(&name) else { return no_such_service(&name) };
    match plane.follow_logs(service, options.tail) {
        Ok(lines) => {
            // The end of the log is announced, so that the browser's EventSource does not request all of it again at once.
            let end = stream::once(ready(Event::default().event("end").data("{}")));
            event_stream(batches(lines).map(|batch| json_event(&batch)).chain(end), shutdown)
        }
        Err(error) => error_response(&error),
    }
}

pub(super) async fn download(Extension(plane): Extension<BoundControlPlane>, Path(name): Path<String>) -> Response {
    let Some(service) = Service::from_name(&name) else { return no_such_service(&name) };
    // The first line decides whether there is a file. An error after it ends the connection, so that the browser reports
    // an incomplete download.
    let first = match plane.download_logs(service) {
        Ok(mut lines) => lines.next().await.transpose().map(|first| (first, lines)),
        Err(error) => Err(error),
    };
    let (first, rest) = match first {
        Ok(first) => first,
        Err(error) => return error_response(&error),
    };
    let lines = stream::iter(first.map(Ok)).chain(rest);
    let text = lines.map_ok(|line| match line.at {
        Some(at) => format!("{} {}\n", at.to_rfc3339(), line.text),
        None => format!("{}\n", line.text),
    });
    let disposition = format!("attachment; filename=\"{service}.log\"");
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, Body::from_stream(text)).into_response()
}

fn no_such_service(name: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("there is no service `{name}`\n")).into_response()
}

/// Joins lines that arrive close together. Ends with the log, or with its first error.
fn batches(lines: BoxStream<'static, Result<LogLine, StackError>>) -> impl Stream<Item = Vec<LogLine>> {
    stream::unfold(Some(lines), |lines| async move {
        let mut lines = lines?;
        let mut batch = vec![lines.next().await?.ok()?];
        let deadline = Instant::now() + BATCH;
        while batch.len() < BATCH_LINES {
            match timeout_at(deadline, lines.next()).await {
                Ok(Some(Ok(line))) => batch.push(line),
                Ok(_) => return Some((batch, None)),
                Err(_) => break,
            }
        }
        Some((batch, Some(lines)))
    })
}
