//! Follows a service's log in the browser: the stream into the buffer, the buffer onto the page four times a second.

use std::time::Duration;

use leptos::prelude::*;
use monitor_core::{logs::LogLine, service::Service};

use super::buffer::Buffer;
use crate::live::source::{Report, Source};

const FLUSH: Duration = Duration::from_millis(250);
/// Lines the server sends first.
const TAIL: u32 = 500;

/// Starts to follow, until the owner goes.
pub fn follow(
    service: Service,
    buffer: RwSignal<Buffer>,
    paused: RwSignal<bool>,
    before_flush: impl Fn() + 'static,
    after_flush: impl Fn() + 'static,
) {
    let source = StoredValue::new_local(None::<Source>);
    Effect::new(move |_| {
        let url = format!("/logs/{service}/stream?tail={TAIL}");
        let listener = move |report: Report| match report {
            // Nobody is told of what merely waits: the page changes when it is flushed.
            Report::Opened => {
                buffer.try_update_untracked(Buffer::reopened);
            }
            Report::Message(text) => {
                if let Ok(lines) = serde_json::from_slice::<Vec<LogLine>>(text.as_bytes()) {
                    buffer.try_update_untracked(|buffer| buffer.push(lines));
                }
            }
            Report::Lost | Report::Ended | Report::Trouble(_) => {}
        };
        source.set_value(Some(Source::open(url, listener)));
    });
    let flush = move || {
        let dirty = buffer.try_with_untracked(Buffer::is_dirty).unwrap_or_default();
        match paused.try_get_untracked() {
            Some(false) if dirty => {
                before_flush();
                buffer.try_update(Buffer::flush);
                after_flush();
            }
            Some(true) if dirty => buffer.notify(),
            _ => {}
        }
    };
    if let Ok(handle) = set_interval_with_handle(flush, FLUSH) {
        on_cleanup(move || handle.clear());
    }
}
