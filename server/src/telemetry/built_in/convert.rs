//! Stored events in the form that pages, verdicts and the stack's stores have: labels by name.

use monitor_core::{
    telemetry::{
        Owner,
        event::EventRecord,
        series::{Labels, Sample},
        stores::queries::ACTIVITY_FIELDS,
    },
    timestamp::Timestamp,
};
use monitor_receiver::{Nanoseconds, mapping::text_of, store::StoredEvent};

/// An event with all that is known about it.
pub fn record(event: &StoredEvent) -> EventRecord {
    EventRecord { at: at(event), labels: labels(event, |_| true) }
}

/// An event with what tells what an agent is doing.
pub fn activity(event: &StoredEvent) -> EventRecord {
    EventRecord { at: at(event), labels: labels(event, |name| ACTIVITY_FIELDS.contains(&name)) }
}

fn at(event: &StoredEvent) -> u64 {
    u64::try_from(event.place.at).unwrap_or_default()
}

/// The attributes by name, as Loki names them. Own ones win over those of the session.
fn labels(event: &StoredEvent, is_wanted: impl Fn(&str) -> bool) -> Labels {
    let mut labels = owner_labels(&event.owner, event.simulated);
    for attribute in event.shared.iter().chain(&event.attributes) {
        let name = label_name(&attribute.key);
        if !is_wanted(&name) {
            continue;
        }
        if let Some(value) = attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
            labels.insert(name, text_of(value).into_owned());
        }
    }
    labels.insert("event_name".into(), event.name.clone());
    labels.insert("session_id".into(), event.session.clone());
    labels
}

/// The labels of a number's owner.
pub fn owner_labels(owner: &Owner, simulated: bool) -> Labels {
    let mut labels = Labels::new();
    let tags = [("project", &owner.project), ("agent", &owner.agent)];
    labels.extend(tags.into_iter().filter_map(|(name, tag)| Some((name.to_owned(), tag.clone()?))));
    if simulated {
        labels.insert("clawker_simulated".into(), "true".into());
    }
    labels
}

/// A number of an owner, with more labels.
pub fn sample<'a>(
    owner: &Owner,
    simulated: bool,
    more: impl IntoIterator<Item = (&'a str, &'a str)>,
    value: f64,
) -> Sample {
    let mut labels = owner_labels(owner, simulated);
    labels.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Sample { labels, value }
}

/// A name of an attribute as Loki and Prometheus write it: letters, digits and underscores.
pub fn label_name(key: &str) -> String {
    key.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

/// Nanoseconds since 1970.
pub fn nanoseconds(time: Timestamp) -> Nanoseconds {
    time.unix_milliseconds().saturating_mul(1_000_000)
}

/// Seconds since 1970.
pub fn seconds(at: Nanoseconds) -> f64 {
    at as f64 / 1e9
}
