//! The live stream: who the server is, what is known, and then every change.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};
use monitor_core::live::LiveEvent;

use super::Panel;

pub(super) async fn events(State(panel): State<Panel>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let reader = panel.hub.subscribe();
    let opening = [
        LiveEvent::Hello { build: panel.control_plane.build() },
        // Taken after subscribing: what changes in between comes twice, and nothing is missed.
        LiveEvent::Snapshot(Box::new(panel.control_plane.snapshot())),
    ];
    let changes = stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) });
    let events = stream::iter(opening)
        .chain(changes)
        .map(|event| Ok(in_json(&event)))
        .take_until(panel.shutdown.clone().cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// One event with a JSON document as its data.
pub(super) fn in_json<T: serde::Serialize>(data: &T) -> Event {
    with_json(Event::default(), data)
}

/// The same of an event that has a name.
pub(super) fn with_json<T: serde::Serialize>(event: Event, data: &T) -> Event {
    event.json_data(data).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written as JSON");
        Event::default().comment("unwritable")
    })
}
