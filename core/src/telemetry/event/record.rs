//! Turns stored records into events, in a stable order.

use std::collections::BTreeMap;

use super::{AgentEvent, summary};
use crate::{
    telemetry::series::{Labels, label},
    timestamp::Timestamp,
};

/// One event as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Time in nanoseconds since 1970.
    pub at: u64,
    /// The event's attributes by name, including those of its resource.
    pub labels: Labels,
}

/// Maximum length of a summary in characters.
const LONGEST_SUMMARY: usize = 200;
/// Maximum length of a field in bytes.
const LONGEST_FIELD: usize = 2000;

/// Fields that every event has, or that are shown elsewhere or are of no use to people.
pub(super) const ENVELOPE: [&str; 26] = [
    "agent",
    "agent_extracted",
    "anthropic_custom_base_url",
    "anthropic_provider",
    "clawker_simulated",
    "clawker_simulated_extracted",
    "detected_level",
    "event_name",
    "event_sequence",
    "event_timestamp",
    "host_arch",
    "observed_timestamp",
    "organization_id",
    "os_type",
    "os_version",
    "project",
    "project_extracted",
    "scope_name",
    "scope_version",
    "service_name",
    "session_id",
    "terminal_type",
    "user_account_id",
    "user_account_uuid",
    "user_email",
    "user_id",
];

/// Position of an event among all events of one agent: by time, then by sequence number within the session, then by a
/// hash of its attributes, because older releases do not number events. No two events of one agent have the same
/// position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// Time in nanoseconds since 1970.
    pub at: u64,
    sequence: u64,
    print: u64,
}

impl EventPosition {
    /// The position of a record.
    pub fn of(record: &EventRecord) -> EventPosition {
        let sequence = label(&record.labels, "event_sequence").and_then(|text| text.parse().ok());
        EventPosition { at: record.at, sequence: sequence.unwrap_or_default(), print: fingerprint(&record.labels) }
    }

    /// The position in `AgentEvent::id`; `None` if the text is not an ID.
    pub fn from_id(id: &str) -> Option<EventPosition> {
        let mut parts = id.split('-');
        let place = EventPosition {
            at: parts.next()?.parse().ok()?,
            sequence: parts.next()?.parse().ok()?,
            print: u64::from_str_radix(parts.next()?, 16).ok()?,
        };
        parts.next().is_none().then_some(place)
    }

    fn id(self) -> String {
        format!("{}-{}-{:x}", self.at, self.sequence, self.print)
    }
}

/// FNV-1a. Unlike the standard library's hasher, it gives the same result in every run and on every machine.
fn fingerprint(labels: &Labels) -> u64 {
    let bytes = labels.iter().flat_map(|(name, value)| [name.as_bytes(), &[0], value.as_bytes(), &[1]].concat());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Converts records to events, sorted and without duplicates.
pub fn events_in_order(records: &[EventRecord]) -> Vec<AgentEvent> {
    let placed: BTreeMap<EventPosition, &EventRecord> =
        records.iter().map(|record| (EventPosition::of(record), record)).collect();
    placed.into_iter().map(|(place, record)| read(place, record)).collect()
}

fn read(place: EventPosition, record: &EventRecord) -> AgentEvent {
    let labels = &record.labels;
    let text = |name: &str| label(labels, name).unwrap_or_default().to_owned();
    let name = text("event_name");
    let fields = labels.iter().filter(|(name, value)| !ENVELOPE.contains(&name.as_str()) && !value.is_empty());
    AgentEvent {
        at: Timestamp::from_unix_milliseconds((record.at / 1_000_000) as i64),
        id: place.id(),
        session: text("session_id"),
        summary: shortened(&summary::of(&name, labels), LONGEST_SUMMARY),
        failed: summary::failed(&name, labels),
        fields: fields.map(|(name, value)| (name.clone(), cut(value, LONGEST_FIELD))).collect(),
        name,
    }
}

/// Collapses white space and truncates to a number of characters.
fn shortened(text: &str, longest: usize) -> String {
    let mut short = String::new();
    for (count, word) in text.split_whitespace().flat_map(|word| [" ", word]).skip(1).enumerate() {
        short.push_str(word);
        // Stop early: a prompt can have 60 kB.
        if count > 2 * longest || short.len() > 8 * longest {
            break;
        }
    }
    match short.char_indices().nth(longest) {
        None => short,
        Some(_) => short.chars().take(longest - 1).chain(['…']).collect(),
    }
}

/// Truncates to a number of bytes, at a character boundary.
fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest - '…'.len_utf8()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests;
