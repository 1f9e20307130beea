//! Keeps the numbers of the agents current in the browser.

use leptos::prelude::*;
use monitor_core::telemetry::{Numbers, Range};

use crate::live::source::{Report, Source};

/// Follows the numbers of that range until the owner is disposed of.
pub fn follow_numbers(range: Memo<Range>, numbers: RwSignal<Option<Numbers>>) {
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
