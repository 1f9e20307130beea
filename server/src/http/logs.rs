//! A service's log: as a live stream, and as a file.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream::BoxStream};
use monitor_core::{error::StackError, logs::LogLine, service::Service};
use serde::Deserialize;
use tokio::time::timeout;

use super::{Panel, live::in_json};

/// Lines that come within this time travel in one event.
const BATCH: Duration = Duration::from_millis(100);
/// And no more than this many.
const BATCH_LINES: usize = 500;
/// How many lines a download holds.
const DOWNLOAD_LINES: u32 = 100_000;
/// How many lines of the past a reader may ask for.
const TAIL_LIMIT: u32 = 5_000;

#[derive(Deserialize)]
pub(super) struct Options {
    #[serde(default = "default_tail")]
    tail: u32,
}

fn default_tail() -> u32 {
    200
}

pub(super) async fn stream(
    State(panel): State<Panel>,
    Path(name): Path<String>,
    Query(options): Query<Options>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Response> {
    let service = service_named(&name)?;
    let lines = panel.engine.follow_logs(service, options.tail.min(TAIL_LIMIT));
    let events = batches(lines)
        .map(|batch| Ok(in_json(&batch)))
        // The end of the log is told, so that the browser's EventSource does not ask for all of it again at once.
        .chain(futures::stream::once(async { Ok(Event::default().event("end").data("{}")) }))
        .take_until(panel.shutdown.clone().cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

pub(super) async fn download(State(panel): State<Panel>, Path(name): Path<String>) -> Result<Response, Response> {
    let service = service_named(&name)?;
    let lines = panel.engine.recent_logs(service, DOWNLOAD_LINES).await.map_err(|error| {
        let status = match error {
            StackError::NoContainer { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, format!("{error}\nhint: {}\n", error.hint())).into_response()
    })?;
    let text: String = lines
        .iter()
        .map(|line| match line.at {
            Some(at) => format!("{} {}\n", at.to_rfc3339(), line.text),
            None => format!("{}\n", line.text),
        })
        .collect();
    let disposition = format!("attachment; filename=\"{service}.log\"");
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)],
        text,
    )
        .into_response())
}

#[expect(clippy::result_large_err, reason = "an axum response is what the caller answers with")]
fn service_named(name: &str) -> Result<Service, Response> {
    Service::from_name(name)
        .ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no service `{name}`\n")).into_response())
}

/// Joins lines that come close together. Ends with the log, or with its first error.
fn batches(lines: BoxStream<'static, Result<LogLine, StackError>>) -> impl Stream<Item = Vec<LogLine>> {
    futures::stream::unfold(Some(lines), |lines| async move {
        let mut lines = lines?;
        let mut batch = vec![lines.next().await?.ok()?];
        let deadline = tokio::time::Instant::now() + BATCH;
        while batch.len() < BATCH_LINES {
            match timeout(deadline.saturating_duration_since(tokio::time::Instant::now()), lines.next()).await {
                Ok(Some(Ok(line))) => batch.push(line),
                Ok(_) => return Some((batch, None)),
                Err(_) => break,
            }
        }
        Some((batch, Some(lines)))
    })
}
