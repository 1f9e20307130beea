//! Keeps the numbers of the agents, and the page of one agent, current in the browser.

use leptos::prelude::*;
use monitor_core::{
    agent_page::{AgentPage, AgentPageUpdate},
    telemetry::{Numbers, Range},
};
use serde::de::DeserializeOwned;

use crate::{
    address,
    live::source::{Report, Source},
};

/// Follows the numbers of that range until the owner is disposed of.
pub fn follow_numbers(range: Memo<Range>, numbers: RwSignal<Option<Numbers>>) {
    let url = |range: Range| format!("/events/numbers?range={}", range.name());
    follow(range, url, move |new: Numbers| {
        if numbers.try_with_untracked(|known| known.as_ref() != Some(&new)) == Some(true) {
            numbers.try_set(Some(new));
        }
    });
}

/// Follows what changes on the page of an agent until the owner is disposed of.
pub fn follow_page(container: &str, range: Memo<Range>, page: RwSignal<AgentPage>) {
    let container = address::encode_segment(container).to_string();
    let url = move |range: Range| format!("/events/agent/{container}/page?range={}", range.name());
    follow(range, url, move |update: AgentPageUpdate| {
        page.try_update(|page| page.apply(update));
    });
}

/// Opens the stream of the range, and another one when the range changes.
fn follow<T: DeserializeOwned>(
    range: Memo<Range>,
    url: impl Fn(Range) -> String + 'static,
    receive: impl Fn(T) + Clone + 'static,
) {
    let source = StoredValue::new_local(None::<Source>);
    Effect::new(move |_| {
        let receive = receive.clone();
        let listener = move |report: Report| {
            if let Report::Message(text) = report
                && let Ok(new) = serde_json::from_slice::<T>(text.as_bytes())
            {
                receive(new);
            }
        };
        source.set_value(Some(Source::open(url(range.get()), listener)));
    });
}
