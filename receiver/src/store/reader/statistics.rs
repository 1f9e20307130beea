//! How much there is, how fast it grows, and what is deleted next.

use super::Reader;
use crate::{
    Nanoseconds,
    store::{
        Amount, Selection,
        retention::used_bytes,
        rollups::{DAY, MINUTE},
    },
};

/// Over how many days growth is measured.
const GROWTH_DAYS: i64 = 7;

/// Numbers about the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Bytes of the file that hold data.
    pub used_bytes: u64,
    /// What is in it.
    pub amount: Amount,
    /// Bytes by table, its indexes included, the largest first.
    pub tables: Vec<(String, u64)>,
    /// When the oldest sum of a minute begins.
    pub first_sum: Option<Nanoseconds>,
    /// Events a day in the last 7 days, or since the first event if that is later.
    pub events_per_day: f64,
    /// Events that become older than `keep_events` within a day.
    pub expiring_events: u64,
}

impl Reader {
    /// What a selection holds.
    ///
    /// # Errors
    /// SQLite's.
    pub fn amount(&self, of: &Selection) -> rusqlite::Result<Amount> {
        let _transaction = self.connection.unchecked_transaction()?;
        of.amount(&self.connection)
    }

    /// Numbers about the file at this time. `keep_events` is how long events are kept; `None` for ever. Reads the whole
    /// file.
    ///
    /// # Errors
    /// SQLite's.
    pub fn statistics(&self, now: Nanoseconds, keep_events: Option<Nanoseconds>) -> rusqlite::Result<Statistics> {
        let _transaction = self.connection.unchecked_transaction()?;
        let events_between = |from: Nanoseconds, to: Nanoseconds| {
            self.connection
                .query_row("SELECT count(*) FROM events WHERE time >= ? AND time < ?", (from, to), |row| {
                    row.get::<_, i64>(0)
                })
                .map(i64::unsigned_abs)
        };
        let amount = Selection::default().amount(&self.connection)?;
        let recent = now.saturating_sub(GROWTH_DAYS * DAY);
        let begin = amount.first.unwrap_or(now).max(recent);
        // A file of an hour says little about a day; it counts as one.
        let days = (now.saturating_sub(begin).max(DAY)) as f64 / DAY as f64;
        let expiring_events = match keep_events {
            Some(keep) => events_between(Nanoseconds::MIN, now.saturating_sub(keep).saturating_add(DAY))?,
            None => 0,
        };
        Ok(Statistics {
            used_bytes: used_bytes(&self.connection)?,
            tables: self.bytes_by_table()?,
            first_sum: self
                .connection
                .query_row("SELECT min(bucket) FROM minutes", (), |row| row.get::<_, Option<i64>>(0))?
                .map(|bucket| bucket.saturating_mul(MINUTE)),
            events_per_day: events_between(begin, Nanoseconds::MAX)? as f64 / days,
            expiring_events,
            amount,
        })
    }

    fn bytes_by_table(&self) -> rusqlite::Result<Vec<(String, u64)>> {
        let mut tables = self.connection.prepare_cached(
            "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) WHERE aggregate = TRUE \
             GROUP BY tbl_name ORDER BY 2 DESC, 1",
        )?;
        tables.query_map((), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?.collect()
    }
}
