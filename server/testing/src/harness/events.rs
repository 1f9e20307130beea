//! Reading the panel's streams of server-sent events.

use axum::body::BodyDataStream;
use futures::StreamExt;
use monitor_core::live::LiveEvent;

use super::{Harness, get};
use crate::deadline::within_deadline;

/// Reads server-sent events out of a response.
pub struct Events {
    path: String,
    body: BodyDataStream,
    text: String,
}

impl Events {
    pub async fn open(panel: &Harness, path: &str) -> Events {
        let body = panel.open(get(path)).await.into_body().into_data_stream();
        Events { path: path.to_owned(), body, text: String::new() }
    }

    /// The next event without its `data: `; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event.trim_start_matches("data: ").to_owned());
            }
            let awaited = format!("the next event of `{}`", self.path);
            let chunk = within_deadline(&awaited, self.body.next()).await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of `/events`. Panics at the end of the stream.
    pub async fn next_live(&mut self) -> LiveEvent {
        let event = self.next().await.unwrap_or_else(|| panic!("`{}` ended", self.path));
        serde_json::from_str(&event).unwrap_or_else(|error| panic!("{error}: {event}"))
    }

    /// Reads to the end of the stream.
    pub async fn end(mut self) {
        let awaited = format!("the end of `{}`", self.path);
        within_deadline(&awaited, async { while self.next().await.is_some() {} }).await;
    }
}
