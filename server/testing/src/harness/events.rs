//! Reading the panel's streams of server-sent events.

use axum::body::BodyDataStream;
use futures::StreamExt;
use monitor_core::live::LiveEvent;

use super::{Harness, get};

/// Reads server-sent events out of a response, one JSON document each.
pub struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    pub async fn open(panel: &Harness, path: &str) -> Events {
        Events { body: panel.open(get(path)).await.into_body().into_data_stream(), text: String::new() }
    }

    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event.trim_start_matches("data: ").to_owned());
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    pub async fn next_live(&mut self) -> Option<LiveEvent> {
        Some(serde_json::from_str(&self.next().await?).unwrap())
    }
}
