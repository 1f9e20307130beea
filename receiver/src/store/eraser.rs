//! Deletes a selection, beside a receiver that may be writing to the file.
//!
//! **Invariant:** after each transaction, sums by minute, hour and day agree with each other, and those of everything else
//! are what they were.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    Selection,
    open::{OpenError, open_for_deleting},
    rollups::{DAY, HOUR, MINUTE},
    selection::{Amount, SESSIONS},
};
use crate::store::reader::Window;

/// How many rows one transaction deletes, so that a receiver can write in between.
const ROWS: usize = 5000;
/// What is left of a sum after everything in it was subtracted: less than a billionth.
const NOTHING: f64 = 1e-9;

/// A connection that deletes.
#[derive(Debug)]
pub struct Eraser {
    connection: Connection,
}

impl Eraser {
    /// Opens the file, which a receiver may be writing to.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn open(path: &Path) -> Result<Eraser, OpenError> {
        Ok(Eraser { connection: open_for_deleting(path)? })
    }

    /// Deletes a selection: events, spans, sums, and sessions of which nothing is left. Its time is extended to whole
    /// minutes. What was deleted is overwritten in the file.
    ///
    /// A session with cumulative counters keeps their last values: otherwise the next point would count again all that was
    /// deleted.
    ///
    /// # Errors
    /// SQLite's. What was deleted until then stays deleted.
    pub fn delete(&mut self, selection: &Selection) -> rusqlite::Result<Amount> {
        let selection = selection.in_whole_minutes();
        let amount = selection.amount(&self.connection)?;
        loop {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            choose(&transaction, &selection)?;
            let is_last = delete_records(&transaction, &selection)?;
            if is_last {
                delete_sums(&transaction, &selection)?;
                update_sessions(&transaction, &selection)?;
                delete_unused(&transaction)?;
            }
            transaction.commit()?;
            if is_last {
                break;
            }
        }
        self.give_back()?;
        Ok(amount)
    }

    fn give_back(&self) -> rusqlite::Result<()> {
        let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum")?;
        let mut rows = vacuum.query(())?;
        while rows.next()?.is_some() {}
        // A reader may be in the way. Then the receiver does it later.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
    }
}

/// Puts the sessions that are meant into a table.
fn choose(
    transaction: &Transaction<'_>,
    Selection { project, agent, session, .. }: &Selection,
) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS chosen (session INTEGER PRIMARY KEY, owner INTEGER NOT NULL);
         CREATE TEMP TABLE IF NOT EXISTS gone (
             hour INTEGER NOT NULL, session INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,
             PRIMARY KEY (hour, session, series)
         );
         DELETE FROM chosen;
         DELETE FROM gone;",
    )?;
    let insert = format!("INSERT INTO chosen SELECT id, owner FROM sessions WHERE id IN ({SESSIONS})");
    transaction.execute(&insert, (project, agent, session)).map(drop)
}

/// Deletes up to `ROWS` events and spans. `true` if none are left.
fn delete_records(transaction: &Transaction<'_>, selection: &Selection) -> rusqlite::Result<bool> {
    let (from, to) = selection.times();
    let mut is_last = true;
    for (table, key) in [("events", "id"), ("spans", "trace, id")] {
        let delete = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE time >= ? AND time < ? \
             AND owner IN (SELECT owner FROM chosen) \
             AND context IN (SELECT id FROM contexts WHERE session IN (SELECT session FROM chosen)) LIMIT ?)"
        );
        is_last &= transaction.execute(&delete, (from, to, ROWS as i64))? < ROWS;
    }
    Ok(is_last)
}

/// Deletes the sums of whole hours and days, and subtracts from those that are only partly meant.
fn delete_sums(transaction: &Transaction<'_>, selection: &Selection) -> rusqlite::Result<()> {
    let (first, end) = selection.minutes();
    let window = Window { from: first, to: end };
    let per_hour = HOUR / MINUTE;
    let (before, hours, after) = window.split(per_hour);
    transaction.execute(
        "INSERT INTO gone SELECT bucket, session, series, value FROM hours WHERE bucket >= ? AND bucket < ? \
         AND session IN (SELECT session FROM chosen)",
        (hours.from / per_hour, hours.to / per_hour),
    )?;
    for edge in [before, after] {
        transaction.execute(
            "INSERT INTO gone SELECT bucket / ?3, session, series, sum(value) FROM minutes \
             WHERE bucket >= ?1 AND bucket < ?2 AND session IN (SELECT session FROM chosen) GROUP BY 1, 2, 3 \
             ON CONFLICT DO UPDATE SET value = value + excluded.value",
            (edge.from, edge.to, per_hour),
        )?;
    }
    transaction.execute(
        "DELETE FROM minutes WHERE bucket >= ? AND bucket < ? AND session IN (SELECT session FROM chosen)",
        (first, end),
    )?;
    transaction.execute(
        "DELETE FROM hours WHERE bucket >= ? AND bucket < ? AND session IN (SELECT session FROM chosen)",
        (hours.from / per_hour, hours.to / per_hour),
    )?;
    subtract(transaction, "hours", "session", "SELECT hour, session, series, value FROM gone")?;
    if selection.session.is_none() {
        let per_day = DAY / MINUTE;
        let (_, days, _) = window.split(per_day);
        transaction.execute(
            "DELETE FROM days WHERE bucket >= ? AND bucket < ? AND owner IN (SELECT owner FROM chosen)",
            (days.from / per_day, days.to / per_day),
        )?;
    }
    let by_day = format!(
        "SELECT hour / {}, owner, series, sum(value) FROM gone JOIN chosen USING (session) GROUP BY 1, 2, 3",
        DAY / HOUR
    );
    subtract(transaction, "days", "owner", &by_day)
}

/// Subtracts sums (bucket, whose, series, value), and deletes those of which nothing is left.
fn subtract(transaction: &Transaction<'_>, table: &str, whose: &str, sums: &str) -> rusqlite::Result<()> {
    transaction.execute(
        &format!(
            "WITH gone_sums (gone_bucket, gone_whose, gone_series, gone_value) AS ({sums}) \
             UPDATE {table} SET value = value - gone_value FROM gone_sums \
             WHERE bucket = gone_bucket AND {whose} = gone_whose AND series = gone_series"
        ),
        (),
    )?;
    transaction.execute(
        &format!(
            "WITH gone_sums (gone_bucket, gone_whose, gone_series, gone_value) AS ({sums}) \
             DELETE FROM {table} WHERE abs(value) < ?1 \
             AND (bucket, {whose}, series) IN (SELECT gone_bucket, gone_whose, gone_series FROM gone_sums)"
        ),
        (NOTHING,),
    )?;
    Ok(())
}

/// Corrects when sessions were last heard of, and deletes gauges.
fn update_sessions(transaction: &Transaction<'_>, selection: &Selection) -> rusqlite::Result<()> {
    let (from, to) = selection.times();
    transaction.execute(
        "DELETE FROM gauges WHERE time >= ? AND time < ? AND session IN (SELECT session FROM chosen)",
        (from, to),
    )?;
    transaction.execute(
        "WITH remaining (id, last) AS MATERIALIZED (SELECT session, max(time) FROM events \
             JOIN contexts ON contexts.id = context WHERE owner IN (SELECT owner FROM chosen) GROUP BY session) \
         UPDATE sessions SET last_event = coalesce((SELECT last FROM remaining WHERE remaining.id = sessions.id), 0) \
         WHERE id IN (SELECT session FROM chosen) AND last_event >= ?1 AND last_event < ?2",
        (from, to),
    )?;
    // The names of derived metrics begin with `clawker.`.
    transaction.execute(
        "WITH remaining (id, last) AS MATERIALIZED (SELECT session, max(bucket) FROM minutes \
             JOIN series ON series.id = series WHERE session IN (SELECT session FROM chosen) \
             AND text NOT LIKE '[\"clawker.%' GROUP BY session) \
         UPDATE sessions SET last_metric = coalesce((SELECT last * ?3 FROM remaining WHERE remaining.id = sessions.id), 0) \
         WHERE id IN (SELECT session FROM chosen) AND last_metric >= ?1 AND last_metric < ?2",
        (from, to, MINUTE),
    )?;
    Ok(())
}

/// Deletes sessions of which nothing is left, what they have in common, and their owners.
fn delete_unused(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "DELETE FROM sessions WHERE id IN (SELECT session FROM chosen)
             AND id NOT IN (SELECT session FROM contexts WHERE id IN (
                 SELECT context FROM events WHERE owner IN (SELECT owner FROM chosen) UNION SELECT context FROM spans))
             AND id NOT IN (SELECT session FROM minutes)
             AND id NOT IN (SELECT session FROM hours)
             AND id NOT IN (SELECT session FROM gauges)
             AND id NOT IN (SELECT session FROM counters);
         DELETE FROM contexts WHERE session IN (SELECT session FROM chosen) AND session NOT IN (SELECT id FROM sessions);
         DELETE FROM owners WHERE id IN (SELECT owner FROM chosen)
             AND id NOT IN (SELECT owner FROM sessions) AND id NOT IN (SELECT owner FROM days);",
    )
}
