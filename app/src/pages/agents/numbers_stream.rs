//! Keeps the numbers of the agents, and the page of one agent, current in the browser.

use std::rc::Rc;

use leptos::prelude::*;
use monitor_core::{
    agent_page::{AgentPage, AgentPageUpdate},
    telemetry::{Numbers, Range},
};

use crate::{
    address,
    live::source::{Report, Source},
};

/// Follows the numbers of that range until the owner is disposed of.
pub fn follow_numbers(range: Memo<Range>, numbers: RwSignal<Option<Numbers>>) {
    let receive = move |text: &str| {
        if let Ok(new) = serde_json::from_slice::<Numbers>(text.as_bytes())
            && numbers.try_with_untracked(|known| known.as_ref() != Some(&new)) == Some(true)
        {
            numbers.try_set(Some(new));
        }
    };
    follow(range, "/events/numbers".to_owned(), Rc::new(receive));
}

/// Follows what changes on the page of an agent until the owner is disposed of.
pub fn follow_page(container: &str, range: Memo<Range>, page: RwSignal<AgentPage>) {
    let receive = move |text: &str| {
        if let Ok(update) = serde_json::from_slice::<AgentPageUpdate>(text.as_bytes()) {
            page.try_update(|page| page.apply(update));
        }
    };
    let container = address::encode_segment(container).to_string();
    follow(range, format!("/events/agent/{container}/page"), Rc::new(receive));
}

/// Opens the stream at this path for the range, and another one when the range changes. Not generic, because that would
/// compile it for each kind of message.
fn follow(range: Memo<Range>, path: String, receive: Rc<dyn Fn(&str)>) {
    let source = StoredValue::new_local(None::<Source>);
    Effect::new(move |_| {
        let receive = Rc::clone(&receive);
        let listener = move |report: Report| {
            if let Report::Message(text) = report {
                receive(&text);
            }
        };
        source.set_value(Some(Source::open(format!("{path}?range={}", range.get().name()), listener)));
    });
}
