//! Server-sent events: the live stream, and what all streams share.

use std::convert::Infallible;

use axum::{
    Extension,
    extract::State,
    http::{HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt};
use monitor_app::control_plane::PageNeeds;
use tokio_util::sync::CancellationToken;

use super::error_response;
use crate::access::BoundControlPlane;

pub(super) async fn events(
    State(shutdown): State<CancellationToken>,
    Extension(plane): Extension<BoundControlPlane>,
) -> Response {
    // A tab may reconnect after a long time without a page load.
    if let Err(error) = plane.refresh(PageNeeds::Configuration).await {
        return error_response(&error);
    }
    match plane.live_events() {
        Ok(events) => event_stream(events.map(|event| json_event(&event)), shutdown),
        Err(error) => error_response(&error),
    }
}

/// A response that sends these events until they end or the server shuts down.
pub(super) fn event_stream(
    events: impl Stream<Item = Event> + Send + 'static,
    shutdown: CancellationToken,
) -> Response {
    let events = events.map(Ok::<_, Infallible>).take_until(shutdown.cancelled_owned());
    // A proxy in front of the panel has to pass on each event at once: nginx would collect them until its buffer is full,
    // and others would compress them.
    let not_held_back =
        [(header::CACHE_CONTROL, "no-cache, no-transform"), (HeaderName::from_static("x-accel-buffering"), "no")];
    (not_held_back, Sse::new(events).keep_alive(KeepAlive::default())).into_response()
}

/// An event with a JSON document as its data.
pub(super) fn json_event<T: serde::Serialize>(data: &T) -> Event {
    with_json(Event::default(), data)
}

/// The same for an event with a name.
pub(super) fn named_json_event<T: serde::Serialize>(name: &str, data: &T) -> Event {
    with_json(Event::default().event(name), data)
}

fn with_json<T: serde::Serialize>(event: Event, data: &T) -> Event {
    event.json_data(data).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written as JSON");
        Event::default().comment("unwritable")
    })
}
