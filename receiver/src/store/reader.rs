//! Reads what is stored, beside the writer. Each call is one short read transaction.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    path::Path,
};

use monitor_core::telemetry::Owner;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    codec,
    known::series_from_text,
    open::open_for_reading,
    rollups::{DAY, HOUR, MINUTE},
};
use crate::{Nanoseconds, otlp::messages::KeyValue, records::Series};

/// A time from a minute to another, which is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: i64,
    to: i64,
}

impl Window {
    /// All time.
    pub const ALL: Window = Window { from: i64::MIN / 4, to: i64::MAX / 4 };

    /// The minutes that touch this time, in nanoseconds since 1970.
    pub fn touching(from: Nanoseconds, to: Nanoseconds) -> Window {
        Window { from: from.div_euclid(MINUTE), to: to.div_euclid(MINUTE) + 1 }
    }

    /// Splits into whole buckets of `length` minutes, and what is before and after them.
    fn split(self, length: i64) -> (Window, Window, Window) {
        let first = -(-self.from).div_euclid(length) * length;
        let last = self.to.div_euclid(length) * length;
        if first >= last {
            let nothing = Window { from: self.to, to: self.to };
            return (self, nothing, nothing);
        }
        (Window { from: self.from, to: first }, Window { from: first, to: last }, Window { from: last, to: self.to })
    }

    fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

/// The sum of a series within a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// Project and agent.
    pub owner: Owner,
    /// Whether the data is simulated.
    pub simulated: bool,
    /// The session, if it was asked for; empty for data without one.
    pub session: Option<String>,
    /// The metric and its labels.
    pub series: Series,
    /// The sum.
    pub value: f64,
}

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

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the file beside its writer.
    ///
    /// # Errors
    /// SQLite's.
    pub fn open(path: &Path) -> rusqlite::Result<Reader> {
        Ok(Reader { connection: open_for_reading(path)? })
    }

    /// The sums of all series by owner, sorted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals(&self, window: Window) -> rusqlite::Result<Vec<Total>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let (before, days, after) = window.split(DAY / MINUTE);
        let mut sums = HashMap::new();
        for edge in [before, after] {
            let (before, hours, after) = edge.split(HOUR / MINUTE);
            for (table, length, part) in
                [("minutes", 1, before), ("hours", HOUR / MINUTE, hours), ("minutes", 1, after)]
            {
                self.add_up(table, "sessions.owner", part, length, &mut sums)?;
            }
        }
        self.add_up("days", "sums.owner", days, DAY / MINUTE, &mut sums)?;
        self.describe(sums, "SELECT project, agent, simulated, NULL FROM owners WHERE id = ?")
    }

    /// The sums of all series by session, sorted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals_by_session(&self, window: Window) -> rusqlite::Result<Vec<Total>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let (before, hours, after) = window.split(HOUR / MINUTE);
        let mut sums = HashMap::new();
        for (table, length, part) in [("minutes", 1, before), ("hours", HOUR / MINUTE, hours), ("minutes", 1, after)] {
            self.add_up(table, "sums.session", part, length, &mut sums)?;
        }
        self.describe(
            sums,
            "SELECT project, agent, simulated, name FROM sessions JOIN owners ON owners.id = owner WHERE sessions.id = ?",
        )
    }

    /// Adds the sums of one table to those by whose they are and series.
    fn add_up(
        &self,
        table: &str,
        whose: &str,
        window: Window,
        length: i64,
        sums: &mut HashMap<(i64, i64), f64>,
    ) -> rusqlite::Result<()> {
        if window.is_empty() {
            return Ok(());
        }
        let join = if whose.starts_with("sessions") { "JOIN sessions ON sessions.id = sums.session" } else { "" };
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {whose}, series, sum(value) FROM {table} AS sums {join} \
             WHERE bucket >= ? AND bucket < ? GROUP BY {whose}, series"
        ))?;
        let mut rows = query.query((window.from / length, window.to / length))?;
        while let Some(row) = rows.next()? {
            *sums.entry((row.get(0)?, row.get(1)?)).or_default() += row.get::<_, f64>(2)?;
        }
        Ok(())
    }

    fn describe(&self, sums: HashMap<(i64, i64), f64>, whose: &str) -> rusqlite::Result<Vec<Total>> {
        let mut whose = self.connection.prepare_cached(whose)?;
        let mut series = self.connection.prepare_cached("SELECT text FROM series WHERE id = ?")?;
        let mut known_whose: HashMap<i64, Option<Whose>> = HashMap::new();
        let mut known_series: HashMap<i64, Option<Series>> = HashMap::new();
        let mut totals = Vec::new();
        for ((id, series_id), value) in sums {
            let whose = match known_whose.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(whose.query_row((id,), Whose::read).optional()?),
            };
            let series = match known_series.entry(series_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let text: Option<String> = series.query_row((series_id,), |row| row.get(0)).optional()?;
                    place.insert(text.map(|text| series_from_text(&text)))
                }
            };
            let (Some(Whose { owner, simulated, session }), Some(series)) = (whose, series) else { continue };
            totals.push(Total {
                owner: owner.clone(),
                simulated: *simulated,
                session: session.clone(),
                series: series.clone(),
                value,
            });
        }
        totals.sort_by(|one, other| {
            let key =
                |total: &Total| (total.simulated, total.owner.clone(), total.session.clone(), total.series.clone());
            key(one).cmp(&key(other))
        });
        Ok(totals)
    }

    /// Up to `limit` events of an owner, real and simulated, oldest first: those after a position, or the last ones.
    ///
    /// # Errors
    /// SQLite's.
    pub fn events(&self, of: &Owner, after: Option<EventPlace>, limit: u32) -> rusqlite::Result<Vec<StoredEvent>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let text = |tag: &Option<String>| tag.clone().unwrap_or_default();
        let mut owners = self.connection.prepare_cached("SELECT id FROM owners WHERE project = ? AND agent = ?")?;
        let owners: Vec<i64> = owners
            .query_map((text(&of.project), text(&of.agent)), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let columns = "SELECT time, print, name, attributes, context FROM events WHERE owner = ?";
        let mut events = Vec::new();
        for owner in owners {
            let rows: Vec<EventRow> = match after {
                Some(after) => self
                    .connection
                    .prepare_cached(&format!(
                        "{columns} AND time >= ? AND (time, print) > (?2, ?3) ORDER BY time, print LIMIT ?"
                    ))?
                    .query_map((owner, after.at, after.print, limit), EventRow::read)?
                    .collect::<rusqlite::Result<_>>()?,
                None => self
                    .connection
                    .prepare_cached(&format!("{columns} ORDER BY time DESC, print DESC LIMIT ?"))?
                    .query_map((owner, limit), EventRow::read)?
                    .collect::<rusqlite::Result<_>>()?,
            };
            events.extend(rows);
        }
        events.sort_by_key(|event| event.place);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        match after {
            Some(_) => events.truncate(limit),
            None => drop(events.drain(..events.len().saturating_sub(limit))),
        }
        let mut contexts = HashMap::new();
        events.into_iter().map(|event| self.decode(event, &mut contexts)).collect()
    }

    fn decode(&self, row: EventRow, contexts: &mut HashMap<i64, SharedByEvents>) -> rusqlite::Result<StoredEvent> {
        let shared = match contexts.entry(row.context) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.shared_by_events(row.context)?),
        };
        Ok(StoredEvent {
            place: row.place,
            session: shared.session.clone(),
            service: shared.service.clone(),
            name: self.word(row.name)?.unwrap_or_default(),
            shared: shared.attributes.clone(),
            attributes: self.attributes(&row.attributes, row.place.at)?,
        })
    }

    fn shared_by_events(&self, context: i64) -> rusqlite::Result<SharedByEvents> {
        let query = "SELECT service, contexts.attributes, sessions.name FROM contexts \
                     JOIN sessions ON sessions.id = session WHERE contexts.id = ?";
        let found = self
            .connection
            .prepare_cached(query)?
            .query_row((context,), |found| Ok((found.get(0)?, found.get::<_, Vec<u8>>(1)?, found.get(2)?)));
        let (service, attributes, session) = found.optional()?.unwrap_or_default();
        Ok(SharedByEvents { service, session, attributes: self.attributes(&attributes, 0)? })
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

    /// The last state of every gauge, with its session.
    ///
    /// # Errors
    /// SQLite's.
    pub fn gauges(&self) -> rusqlite::Result<Vec<Total>> {
        let mut query = self.connection.prepare_cached("SELECT session, series, value FROM gauges")?;
        let rows = query.query_map((), |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        let gauges = rows.collect::<rusqlite::Result<HashMap<(i64, i64), f64>>>()?;
        self.describe(
            gauges,
            "SELECT project, agent, simulated, name FROM sessions JOIN owners ON owners.id = owner WHERE sessions.id = ?",
        )
    }
}

struct SharedByEvents {
    service: String,
    session: String,
    attributes: Vec<KeyValue>,
}

struct EventRow {
    place: EventPlace,
    name: i64,
    attributes: Vec<u8>,
    context: i64,
}

impl EventRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
        Ok(EventRow {
            place: EventPlace { at: row.get(0)?, print: row.get(1)? },
            name: row.get(2)?,
            attributes: row.get(3)?,
            context: row.get(4)?,
        })
    }
}

/// Whose a sum is.
struct Whose {
    owner: Owner,
    simulated: bool,
    session: Option<String>,
}

impl Whose {
    /// From project, agent, whether it is simulated, and the session.
    fn read(row: &Row<'_>) -> rusqlite::Result<Whose> {
        let (project, agent): (String, String) = (row.get(0)?, row.get(1)?);
        let owner = Owner::new(Some(&project), Some(&agent));
        Ok(Whose { owner, simulated: row.get(2)?, session: row.get(3)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_split_at_whole_buckets() {
        let window = |from, to| Window { from, to };
        let parts = |from, to| window(from, to).split(60);
        assert_eq!(parts(30, 200), (window(30, 60), window(60, 180), window(180, 200)));
        assert_eq!(parts(60, 120), (window(60, 60), window(60, 120), window(120, 120)));
        assert_eq!(parts(61, 119).0, window(61, 119), "no whole bucket");
        assert_eq!(parts(-90, 70), (window(-90, -60), window(-60, 60), window(60, 70)));
        for (from, to) in [(0, 0), (5, 5), (-1, 1), (59, 61)] {
            let (before, whole, after) = parts(from, to);
            let length = |part: Window| part.to - part.from;
            assert_eq!(length(before) + length(whole) + length(after), to - from);
        }
    }
}
