//! Events as they were sent.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use monitor_core::telemetry::{Owner, Sender};
use rusqlite::{OptionalExtension, Row};

use super::Reader;
use crate::{Nanoseconds, otlp::messages::KeyValue, store::codec};

pub(super) const COLUMNS: &str = "SELECT time, print, name, attributes, context FROM events";

/// The position of an event among all: by time, then in an order that stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// When it happened.
    pub at: Nanoseconds,
    /// Its hash.
    pub print: i64,
}

/// An event as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its position.
    pub place: EventPlace,
    /// Project and agent.
    pub owner: Owner,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Its session; empty if it has none.
    pub session: String,
    /// `service.name`.
    pub service: String,
    /// Its name; empty for lines of a log.
    pub name: String,
    /// The attributes of the resource and the session.
    pub shared: Vec<KeyValue>,
    /// Its own attributes.
    pub attributes: Vec<KeyValue>,
}

impl Reader {
    /// Up to `limit` events of a sender, oldest first: those after a position, or the last ones.
    ///
    /// # Errors
    /// SQLite's.
    pub fn events(&self, of: &Sender, after: Option<EventPlace>, limit: u32) -> rusqlite::Result<Vec<StoredEvent>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let Some(owner) = self.owner_id(of)? else { return Ok(Vec::new()) };
        let mut events: Vec<EventRow> = match after {
            Some(after) => self
                .connection
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE owner = ? AND time >= ? AND (time, print) > (?2, ?3) ORDER BY time, print LIMIT ?"
                ))?
                .query_map((owner, after.at, after.print, limit), EventRow::read)?
                .collect::<rusqlite::Result<_>>()?,
            None => self
                .connection
                .prepare_cached(&format!("{COLUMNS} WHERE owner = ? ORDER BY time DESC, print DESC LIMIT ?"))?
                .query_map((owner, limit), EventRow::read)?
                .collect::<rusqlite::Result<_>>()?,
        };
        events.sort_by_key(|event| event.place);
        self.decode_all(events)
    }

    /// Up to `limit` of the newest events of all senders that happened since a time and were stored after the event with
    /// this number (0 for all), and the number of the last one stored.
    ///
    /// # Errors
    /// SQLite's.
    pub fn recent(
        &self,
        since: Nanoseconds,
        stored_after: i64,
        limit: u32,
    ) -> rusqlite::Result<(Vec<StoredEvent>, i64)> {
        let _transaction = self.connection.unchecked_transaction()?;
        let last: Option<i64> = self.connection.query_row("SELECT max(id) FROM events", (), |row| row.get(0))?;
        let last = last.unwrap_or_default();
        // A file that was replaced begins again.
        let stored_after = if stored_after > last { 0 } else { stored_after };
        // The order in which they were stored is almost that in which they happened, and the index by time would read all
        // of the time, where only what is new was asked for.
        let order = if stored_after == 0 { "time" } else { "id" };
        let newest = format!("{COLUMNS} WHERE time >= ? AND id > ? ORDER BY {order} DESC LIMIT ?");
        let events = self
            .connection
            .prepare_cached(&newest)?
            .query_map((since, stored_after, limit), EventRow::read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok((self.decode_all(events)?, last))
    }

    fn decode_all(&self, events: Vec<EventRow>) -> rusqlite::Result<Vec<StoredEvent>> {
        let mut contexts = HashMap::new();
        events.into_iter().map(|event| self.decode(event, &mut contexts)).collect()
    }

    pub(super) fn decode(
        &self,
        row: EventRow,
        contexts: &mut HashMap<i64, SharedByEvents>,
    ) -> rusqlite::Result<StoredEvent> {
        let shared = self.shared_by_events_once(row.context, contexts)?;
        Ok(StoredEvent {
            place: row.place,
            owner: shared.owner.clone(),
            simulated: shared.simulated,
            session: shared.session.clone(),
            service: shared.service.clone(),
            name: self.word(row.name)?.unwrap_or_default(),
            shared: shared.attributes.clone(),
            attributes: self.attributes(&row.attributes, row.place.at)?,
        })
    }

    /// What a context says, which is read once.
    pub(super) fn shared_by_events_once<'c>(
        &self,
        context: i64,
        known: &'c mut HashMap<i64, SharedByEvents>,
    ) -> rusqlite::Result<&'c SharedByEvents> {
        Ok(match known.entry(context) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.shared_by_events(context)?),
        })
    }

    fn shared_by_events(&self, context: i64) -> rusqlite::Result<SharedByEvents> {
        let query = "SELECT service, contexts.attributes, sessions.name, project, agent, simulated FROM contexts \
                     JOIN sessions ON sessions.id = session JOIN owners ON owners.id = owner WHERE contexts.id = ?";
        let found = self
            .connection
            .prepare_cached(query)?
            .query_row((context,), |row| {
                let (project, agent): (String, String) = (row.get(3)?, row.get(4)?);
                let owner = Owner::new(Some(&project), Some(&agent));
                let found = SharedByEvents {
                    service: row.get(0)?,
                    session: row.get(2)?,
                    owner,
                    simulated: row.get(5)?,
                    attributes: Vec::new(),
                };
                Ok((found, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        let Some((found, attributes)) = found else { return Ok(SharedByEvents::default()) };
        Ok(SharedByEvents { attributes: self.attributes(&attributes, 0)?, ..found })
    }

    fn attributes(&self, bytes: &[u8], at: Nanoseconds) -> rusqlite::Result<Vec<KeyValue>> {
        let failure = std::cell::RefCell::new(None);
        let word = |number: u64| match self.word(i64::try_from(number).unwrap_or_default()) {
            Ok(word) => word.map(Cow::Owned),
            Err(error) => {
                failure.borrow_mut().get_or_insert(error);
                None
            }
        };
        let attributes = codec::decode(bytes, at, word);
        failure.into_inner().map_or(Ok(attributes), Err)
    }

    fn word(&self, id: i64) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT text FROM words WHERE id = ?")?
            .query_row((id,), |row| row.get(0))
            .optional()
    }

    /// The number of events.
    ///
    /// # Errors
    /// SQLite's.
    pub fn count_events(&self) -> rusqlite::Result<u64> {
        self.connection.query_row("SELECT count(*) FROM events", (), |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    }
}

#[derive(Default)]
pub(super) struct SharedByEvents {
    pub(super) owner: Owner,
    simulated: bool,
    service: String,
    pub(super) session: String,
    attributes: Vec<KeyValue>,
}

pub(super) struct EventRow {
    pub(super) place: EventPlace,
    name: i64,
    attributes: Vec<u8>,
    pub(super) context: i64,
}

impl EventRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
        Ok(EventRow {
            place: EventPlace { at: row.get(0)?, print: row.get(1)? },
            name: row.get(2)?,
            attributes: row.get(3)?,
            context: row.get(4)?,
        })
    }
}
