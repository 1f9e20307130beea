//! Keeps the view current in the browser: the stream, the clock, and the delay before a lost connection is shown.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::*;
use monitor_core::{live::LiveEvent, timestamp::Timestamp};

use super::{
    Link, Live,
    source::{Report, Source},
};

/// A connection that is lost for less than this is not shown.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_secs(1);

/// Subscribes once the page is hydrated, until the app is disposed of.
pub fn subscribe(live: Live) {
    let source = StoredValue::new_local(None::<Source>);
    // The times of the server and of the page, read at once. Between events the first is computed from the second.
    let clock = Rc::new(Cell::new((live.view.with_untracked(|view| view.now), page_milliseconds())));
    let complaint = Cell::new(None::<TimeoutHandle>);

    let ticking = clock.clone();
    let listener = move |report: Report| match report {
        Report::Opened => {
            if let Some(handle) = complaint.take() {
                handle.clear();
            }
            live.change(&mut |view| view.link = Link::Live);
        }
        Report::Message(text) => {
            let Ok(event) = serde_json::from_slice::<LiveEvent>(text.as_bytes()) else { return };
            let mut event = Some(event);
            live.change(&mut |view| {
                if let Some(at) = event.take().and_then(|event| view.apply(event)) {
                    clock.set((at, page_milliseconds()));
                }
            });
        }
        Report::Ended | Report::Trouble(_) => {}
        Report::Lost => {
            let pending = complaint.take();
            complaint.set(pending.or_else(|| {
                set_timeout_with_handle(move || live.change(&mut |view| view.link = Link::Lost), PATIENCE).ok()
            }));
        }
    };

    // Effects run after hydration; this one reads no signal, so it runs once.
    let listener = Cell::new(Some(listener));
    Effect::new(move |_| {
        live.change(&mut |view| view.hydrated = true);
        if let Some(listener) = listener.take() {
            source.set_value(Some(Source::open("/events".into(), listener)));
        }
        let clock = ticking.clone();
        let tick = move || {
            let (server, page) = clock.get();
            let passed = (page_milliseconds() - page) as i64;
            let now = Timestamp::from_unix_milliseconds(server.unix_milliseconds() + passed);
            live.change(&mut |view| view.now = now);
        };
        if let Ok(handle) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || handle.clear());
        }
    });
}

fn page_milliseconds() -> f64 {
    window().performance().map(|performance| performance.now()).unwrap_or_default()
}
