//! What keeps the agents' pages current in the browser beside the live snapshot: the stream of numbers, and the stream of
//! one agent's events onto the page four times a second.

use std::time::Duration;

use leptos::prelude::*;
use monitor_core::telemetry::{AgentEvent, Numbers, Range};

use super::events::Timeline;
use crate::{
    address,
    live::source::{Report, Source},
    reactive::Derived,
};

const FLUSH: Duration = Duration::from_millis(250);

/// Follows the numbers of that range, until the owner goes.
pub fn numbers(range: Derived<Range>, numbers: RwSignal<Option<Numbers>>) {
    let source = StoredValue::new_local(None::<Source>);
    Effect::new(move |_| {
        let url = format!("/events/numbers?range={}", range.get().name());
        let listener = move |report: Report| {
            if let Report::Message(text) = report
                && let Ok(new) = serde_json::from_slice::<Numbers>(text.as_bytes())
                && numbers.try_with_untracked(|known| known.as_ref() != Some(&new)) == Some(true)
            {
                numbers.try_set(Some(new));
            }
        };
        source.set_value(Some(Source::open(url, listener)));
    });
}

/// Follows the events of the agent in that container, until the owner goes.
pub fn events(
    container: &str,
    timeline: RwSignal<Timeline>,
    paused: RwSignal<bool>,
    before_flush: impl Fn() + 'static,
    after_flush: impl Fn() + 'static,
) {
    let source = StoredValue::new_local(None::<Source>);
    let url = format!("/events/agent/{}", address::segment(container));
    let tell = move |trouble: Option<String>| {
        if timeline.try_with_untracked(|timeline| timeline.trouble == trouble) == Some(false) {
            timeline.try_update(|timeline| timeline.trouble = trouble);
        }
    };
    Effect::new(move |_| {
        let listener = move |report: Report| match report {
            // Nobody is told of what merely waits: the page changes when it is flushed.
            Report::Opened => {
                timeline.try_update_untracked(Timeline::reopened);
            }
            Report::Message(text) => {
                if let Ok(events) = serde_json::from_slice::<Vec<AgentEvent>>(text.as_bytes()) {
                    timeline.try_update_untracked(|timeline| timeline.push(events));
                    tell(None);
                }
            }
            Report::Trouble(text) => {
                if let Ok(words) = serde_json::from_slice::<String>(text.as_bytes()) {
                    tell(Some(words));
                }
            }
            Report::Lost | Report::Ended => {}
        };
        source.set_value(Some(Source::open(url.clone(), listener)));
    });
    let flush = move || {
        let dirty = timeline.try_with_untracked(Timeline::is_dirty).unwrap_or_default();
        match paused.try_get_untracked() {
            Some(false) if dirty => {
                before_flush();
                timeline.try_update(Timeline::flush);
                after_flush();
            }
            Some(true) if dirty => timeline.notify(),
            _ => {}
        }
    };
    if let Ok(handle) = set_interval_with_handle(flush, FLUSH) {
        on_cleanup(move || handle.clear());
    }
}
