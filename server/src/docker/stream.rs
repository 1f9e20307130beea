//! Streams that run while they are read: logs, CPU and memory, events.

mod lines;

use bollard::query_parameters::{EventsOptionsBuilder, LogsOptions, LogsOptionsBuilder, StatsOptionsBuilder};
use futures::{
    FutureExt, StreamExt, TryFutureExt, TryStreamExt,
    future::{self, ready},
    stream::{self, BoxStream},
};
use monitor_core::{error::StackError, logs::LogLine, service::Service, status::Usage, timestamp::Timestamp};

use self::lines::Lines;
use super::{
    client::{Client, Connection},
    convert,
    error::Failure,
};
use crate::engine::EngineEvent;

/// The last `lines` lines of a log, oldest first.
pub(super) async fn recent_logs(client: &Client, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError> {
    logs(client, service, lines, false).try_collect().await
}

/// The same as a stream; with `follow`, every new line comes after them. The Engine is read only as fast as the lines are.
pub(super) fn logs(
    client: &Client,
    service: Service,
    tail: u32,
    follow: bool,
) -> BoxStream<'static, Result<LogLine, StackError>> {
    let client = client.clone();
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).timestamps(true);
    let options = options.tail(&tail.to_string()).follow(follow).build();
    async move { Ok(log_lines(client.connection().await?, service, options)) }.try_flatten_stream().boxed()
}

/// A container's log as complete lines. An incomplete line at the end of the log counts as a line.
fn log_lines(
    engine: Connection,
    service: Service,
    options: LogsOptions,
) -> BoxStream<'static, Result<LogLine, StackError>> {
    let pieces = engine.docker.logs(service.name(), Some(options)).map_err(move |error| match engine.failure(error) {
        failure if failure.is_missing() => StackError::NoContainer { service },
        failure => failure.or_refused(&format!("read the log of `{service}`")),
    });
    // `None` marks the end, so that an incomplete line can be flushed.
    let pieces = pieces.map_ok(Some).chain(stream::once(ready(Ok(None))));
    pieces
        .scan(Lines::default(), |lines, piece| {
            let complete = match piece {
                Ok(Some(piece)) => lines.push(piece).into_iter().map(Ok).collect(),
                Ok(None) => lines.flush().into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            ready(Some(stream::iter(complete)))
        })
        .flatten()
        .map_ok(|line| LogLine::from_engine(&line))
        .boxed()
}

/// CPU and memory about once a second, until the container stops.
pub(super) fn usage(client: &Client, id: &str) -> BoxStream<'static, Usage> {
    let (client, id) = (client.clone(), id.to_owned());
    async move {
        match client.connection().await {
            Ok(engine) => {
                let options = StatsOptionsBuilder::default().stream(true).build();
                engine.docker.stats(&id, Some(options)).boxed()
            }
            Err(_) => stream::empty().boxed(),
        }
    }
    .flatten_stream()
    .take_while(|sample| ready(sample.as_ref().is_ok_and(|sample| !convert::has_ended(sample))))
    .filter_map(|sample| ready(sample.ok().and_then(|sample| convert::usage(&sample))))
    .boxed()
}

/// Events from now on.
///
/// "Now" is the Engine's own time, which is requested first. The Engine keeps its latest events and sends those since
/// then, so none is lost before the stream is connected.
pub(super) fn events(client: &Client) -> BoxStream<'static, Result<Option<EngineEvent>, StackError>> {
    let client = client.clone();
    async move {
        let engine = client.connection().await?;
        let since = engine_time(&engine).await?;
        let filters = [("type", vec!["container", "image", "network", "volume"])].into();
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        let events = engine.docker.events(Some(options));
        let events = events.map_err(move |error| match engine.failure(error) {
            // A connection that breaks in the middle of an event looks like an event that can't be parsed.
            Failure::Refused { status: 200, message } => {
                StackError::EngineUnreachable { endpoint: engine.endpoint.to_string(), detail: message }
            }
            failure => failure.or_refused("send events"),
        });
        let events = events.try_filter_map(|message| future::ok(convert::engine_event(message).map(Some)));
        Ok(stream::once(future::ok(None)).chain(events))
    }
    .try_flatten_stream()
    .boxed()
}

/// The Engine's time in the format of `since`: seconds since 1970 with nanoseconds.
async fn engine_time(engine: &Connection) -> Result<String, StackError> {
    let info = engine.docker.info().await;
    let info = info.map_err(|error| engine.failure(error).or_refused("report its time"))?;
    let now = info.system_time.as_deref().and_then(Timestamp::from_rfc3339).map(Timestamp::unix_milliseconds);
    let now = now.ok_or_else(|| StackError::EngineRefused {
        what: "report its time".into(),
        detail: "its response has no time".into(),
    })?;
    Ok(format!("{}.{:03}000000", now / 1000, now % 1000))
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
