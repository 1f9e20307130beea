//! Items that arrive on a stream and are shown on a page: held while the reader pauses, shown four times a second.
//!
//! What a page keeps of the items is a `FeedBuffer`: log lines and agents' events differ in what a reconnect means.

#[cfg(feature = "hydrate")]
use std::time::Duration;

#[cfg(feature = "hydrate")]
use leptos::{html, prelude::*};

#[cfg(feature = "hydrate")]
use super::source::{Report, Source};
#[cfg(feature = "hydrate")]
use crate::components::keep_end_in_view;

/// How often items that arrived are shown.
#[cfg(feature = "hydrate")]
const FLUSH: Duration = Duration::from_millis(250);

/// Items on a page, and items that arrived since the last flush.
pub trait FeedBuffer: Send + Sync + 'static {
    /// What one message of the stream carries.
    #[cfg(any(test, feature = "hydrate"))]
    type Item: serde::de::DeserializeOwned;

    /// The stream was opened, and starts with its last items again.
    #[cfg(any(test, feature = "hydrate"))]
    fn reopen(&mut self);

    /// Adds items that arrived. They are not shown yet.
    #[cfg(any(test, feature = "hydrate"))]
    fn push(&mut self, items: Vec<Self::Item>);

    /// Shows the items that arrived.
    fn flush(&mut self);

    /// The number of items that arrived and are not shown yet.
    fn waiting(&self) -> usize;

    /// Stores why no items arrive at the moment, in the server's words; `None` once they arrive again.
    #[cfg(feature = "hydrate")]
    fn set_trouble(&mut self, _trouble: Option<String>) {}

    /// Whether that differs from what is stored.
    #[cfg(feature = "hydrate")]
    fn is_new_trouble(&self, _trouble: Option<&String>) -> bool {
        false
    }
}

/// Removes the oldest items above `cap`.
pub fn drop_oldest<T>(items: &mut Vec<T>, cap: usize) {
    items.drain(..items.len().saturating_sub(cap));
}

/// The label of the button that pauses a feed.
pub fn pause_label(paused: bool, waiting: usize) -> String {
    match (paused, waiting) {
        (false, _) => "Pause".into(),
        (true, 0) => "Follow".into(),
        (true, waiting) => format!("Follow, {waiting} new"),
    }
}

/// Follows the stream at that address until the owner is disposed of. The end of the list stays in view unless its reader
/// has scrolled up.
#[cfg(feature = "hydrate")]
pub fn follow<B: FeedBuffer>(url: String, buffer: RwSignal<B>, paused: RwSignal<bool>, scroller: NodeRef<html::Div>) {
    let source = StoredValue::new_local(None::<Source>);
    let tell = move |trouble: Option<String>| {
        if buffer.try_with_untracked(|buffer| buffer.is_new_trouble(trouble.as_ref())) == Some(true) {
            buffer.try_update(|buffer| buffer.set_trouble(trouble));
        }
    };
    Effect::new(move |_| {
        let listener = move |report: Report| match report {
            // Updates are untracked: the page changes when the buffer is flushed.
            Report::Opened => {
                buffer.try_update_untracked(B::reopen);
            }
            Report::Message(text) => {
                if let Ok(items) = serde_json::from_slice::<Vec<B::Item>>(text.as_bytes()) {
                    buffer.try_update_untracked(|buffer| buffer.push(items));
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
    let (before_flush, after_flush) = keep_end_in_view(scroller);
    let flush = move || {
        let waiting = buffer.try_with_untracked(B::waiting).unwrap_or_default();
        match paused.try_get_untracked() {
            Some(false) if waiting > 0 => {
                before_flush();
                buffer.try_update(B::flush);
                after_flush();
            }
            // The button counts what waits.
            Some(true) if waiting > 0 => buffer.notify(),
            _ => {}
        }
    };
    if let Ok(handle) = set_interval_with_handle(flush, FLUSH) {
        on_cleanup(move || handle.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_items_are_dropped_above_the_cap() {
        for (count, cap, kept) in [(3, 5, vec![0, 1, 2]), (5, 2, vec![3, 4]), (2, 0, vec![])] {
            let mut items: Vec<i32> = (0..count).collect();
            drop_oldest(&mut items, cap);
            assert_eq!(items, kept);
        }
    }

    #[test]
    fn the_pause_button_counts_what_arrived_meanwhile() {
        for (paused, waiting, label) in
            [(false, 0, "Pause"), (false, 3, "Pause"), (true, 0, "Follow"), (true, 3, "Follow, 3 new")]
        {
            assert_eq!(pause_label(paused, waiting), label);
        }
    }
}
