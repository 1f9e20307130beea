//! All events in the order of time, a little at a time, and an event as JSON.

use std::collections::HashMap;

use monitor_core::timestamp::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    EventPlace, Reader, StoredEvent,
    events::{COLUMNS, EventRow},
};
use crate::{Nanoseconds, mapping::json_of, otlp::messages::KeyValue, store::Selection};

/// How many events are read at once.
const ROWS: u32 = 1000;
/// How many sessions are remembered.
const SESSIONS: usize = 10_000;

impl Reader {
    /// Calls `each` for every event of a selection, oldest first, until it returns `false`. The file may be written to
    /// meanwhile: events that are there from the beginning to the end are found once.
    ///
    /// # Errors
    /// SQLite's.
    pub fn for_each_event(&self, of: &Selection, mut each: impl FnMut(StoredEvent) -> bool) -> rusqlite::Result<()> {
        let (from, to) = of.times();
        let mut after = EventPlace { at: from, print: i64::MIN };
        let mut contexts = HashMap::new();
        loop {
            let rows: Vec<EventRow> = self
                .connection
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE time >= ?1 AND (time, print) > (?1, ?2) AND time < ?3 ORDER BY time, print LIMIT ?4"
                ))?
                .query_map((after.at, after.print, to, ROWS), EventRow::read)?
                .collect::<rusqlite::Result<_>>()?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.place;
            for row in rows {
                let shared = self.shared_by_events_once(row.context, &mut contexts)?;
                if of.matches(&shared.owner, &shared.session) && !each(self.decode(row, &mut contexts)?) {
                    return Ok(());
                }
            }
            if contexts.len() > SESSIONS {
                contexts.clear();
            }
        }
    }
}

impl StoredEvent {
    /// The event as one object. The time is RFC 3339 in nanoseconds; the attributes are objects in which values keep their
    /// type, and bytes are hexadecimal text.
    pub fn to_json(&self) -> Value {
        json!({
            "time": rfc3339(self.place.at),
            "project": self.owner.project,
            "agent": self.owner.agent,
            "simulated": self.simulated,
            "session": Some(&self.session).filter(|session| !session.is_empty()),
            "service": self.service,
            "name": self.name,
            "resource": object(&self.shared),
            "attributes": object(&self.attributes),
        })
    }
}

fn object(attributes: &[KeyValue]) -> Map<String, Value> {
    let value = |attribute: &KeyValue| attribute.value.as_ref().and_then(|value| value.value.as_ref()).map(json_of);
    attributes.iter().map(|attribute| (attribute.key.clone(), value(attribute).unwrap_or_default())).collect()
}

/// `2026-11-22T07:12:56.123456789Z`.
fn rfc3339(at: Nanoseconds) -> String {
    let milliseconds = Timestamp::from_unix_milliseconds(at.div_euclid(1_000_000)).to_rfc3339();
    format!("{}{:06}Z", milliseconds.trim_end_matches('Z'), at.rem_euclid(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nanoseconds() {
        assert_eq!(rfc3339(1_795_330_257_396_000_001), "2026-11-22T06:50:57.396000001Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
    }
}
