//! Sums by minute, hour and day, collected for a group of requests and written with it.

use std::collections::HashMap;

use rusqlite::Connection;

use super::known::ContextIds;
use crate::Nanoseconds;

pub const MINUTE: Nanoseconds = 60_000_000_000;
pub const HOUR: Nanoseconds = 60 * MINUTE;
pub const DAY: Nanoseconds = 24 * HOUR;

/// When something was first and last heard of a session, in nanoseconds since 1970; 0 for never.
#[derive(Debug, Clone, Copy)]
struct Heard {
    first: Nanoseconds,
    last_event: Nanoseconds,
    last_metric: Nanoseconds,
}

/// What a group of requests adds.
#[derive(Debug, Default)]
pub struct Rollups {
    /// By minute, session, owner and series.
    sums: HashMap<(i64, i64, i64, i64), f64>,
    heard: HashMap<i64, Heard>,
}

impl Rollups {
    /// Adds to a series at a time.
    pub fn add(&mut self, at: Nanoseconds, ids: ContextIds, series: i64, value: f64) {
        *self.sums.entry((at.div_euclid(MINUTE), ids.session, ids.owner, series)).or_default() += value;
    }

    /// An event of a session happened.
    pub fn event(&mut self, at: Nanoseconds, ids: ContextIds) {
        let heard = self.heard(at, ids);
        heard.last_event = heard.last_event.max(at);
    }

    /// A point of a session was measured.
    pub fn metric(&mut self, at: Nanoseconds, ids: ContextIds) {
        let heard = self.heard(at, ids);
        heard.last_metric = heard.last_metric.max(at);
    }

    fn heard(&mut self, at: Nanoseconds, ids: ContextIds) -> &mut Heard {
        let heard = self.heard.entry(ids.session).or_insert(Heard { first: at, last_event: 0, last_metric: 0 });
        heard.first = heard.first.min(at);
        heard
    }

    /// Writes everything. Sorted, so that neighbors in the file are written one after the other.
    ///
    /// # Errors
    /// SQLite's.
    pub fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut minutes: Vec<_> = self.sums.into_iter().collect();
        minutes.sort_unstable_by_key(|(key, _)| *key);
        let (mut hours, mut days) = (HashMap::new(), HashMap::new());
        let per_hour = HOUR / MINUTE;
        let per_day = DAY / MINUTE;
        {
            let mut add = adder(connection, "minutes", "session")?;
            for ((minute, session, owner, series), value) in minutes {
                *hours.entry((minute.div_euclid(per_hour), session, series)).or_default() += value;
                *days.entry((minute.div_euclid(per_day), owner, series)).or_default() += value;
                add.execute((minute, session, series, value))?;
            }
        }
        write_sums(connection, "hours", "session", hours)?;
        write_sums(connection, "days", "owner", days)?;
        let mut update = connection.prepare_cached(
            "UPDATE sessions SET first = min(first, ?2), last_event = max(last_event, ?3), \
             last_metric = max(last_metric, ?4) WHERE id = ?1",
        )?;
        for (session, heard) in self.heard {
            update.execute((session, heard.first, heard.last_event, heard.last_metric))?;
        }
        Ok(())
    }
}

fn write_sums(
    connection: &Connection,
    table: &str,
    whose: &str,
    sums: HashMap<(i64, i64, i64), f64>,
) -> rusqlite::Result<()> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(key, _)| *key);
    let mut add = adder(connection, table, whose)?;
    for ((bucket, whose, series), value) in sums {
        add.execute((bucket, whose, series, value))?;
    }
    Ok(())
}

fn adder<'c>(connection: &'c Connection, table: &str, whose: &str) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
    connection.prepare_cached(&format!(
        "INSERT INTO {table} (bucket, {whose}, series, value) VALUES (?, ?, ?, ?) \
         ON CONFLICT (bucket, {whose}, series) DO UPDATE SET value = value + excluded.value"
    ))
}
