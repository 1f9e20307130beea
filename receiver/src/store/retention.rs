//! Deletes what is no longer kept, a little at a time, and gives the space back.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{
    Options,
    rollups::{DAY, HOUR, MINUTE},
};
use crate::Nanoseconds;

/// How many rows one step deletes.
const ROWS: i64 = 2000;
/// How often it is looked for old data.
const EVERY: Duration = Duration::from_secs(60);
/// How often numbers that nothing refers to are looked for.
const UNUSED_EVERY: Duration = Duration::from_secs(3600);
/// How many free pages one step gives back.
const PAGES: i64 = 200;
/// How many free pages may stay, for new data.
const FREE_PAGES: i64 = 1000;
/// After how many idle seconds the log of changes is moved into the file.
const IDLE_STEPS: u32 = 2;

/// What is left to do.
#[derive(Debug, Default)]
pub struct Retention {
    looked: Option<Instant>,
    looked_for_unused: Option<Instant>,
    /// There was more to delete than one step may.
    has_more: bool,
    idle_steps: u32,
}

impl Retention {
    /// One step. `true` if sessions or contexts were deleted.
    ///
    /// # Errors
    /// SQLite's.
    pub fn step(&mut self, connection: &Connection, options: &Options, is_idle: bool) -> rusqlite::Result<bool> {
        self.idle_steps = if is_idle { self.idle_steps.saturating_add(1) } else { 0 };
        if self.idle_steps == IDLE_STEPS {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        }
        if self.has_more || is_due(self.looked, EVERY) {
            self.looked = Some(Instant::now());
            let deleted = delete_old(connection, options)? + delete_beyond_size(connection, options)?;
            give_back(connection)?;
            self.has_more = deleted > 0;
        }
        if is_due(self.looked_for_unused, UNUSED_EVERY) {
            self.looked_for_unused = Some(Instant::now());
            return delete_unused(connection, options);
        }
        Ok(false)
    }
}

fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|last| last.elapsed() >= every)
}

/// Deletes up to `ROWS` rows of each table that are too old. Returns how many.
fn delete_old(connection: &Connection, options: &Options) -> rusqlite::Result<usize> {
    let now = (options.clock)();
    let mut deleted = 0;
    if let Some(keep) = options.keep_events {
        deleted += delete_events(connection, now.saturating_sub(keep))?;
    }
    if let Some(keep) = options.keep_metrics {
        let oldest = now.saturating_sub(keep);
        for (table, length) in [("minutes", MINUTE), ("hours", HOUR), ("days", DAY)] {
            deleted += delete_sums(connection, table, oldest.div_euclid(length))?;
        }
    }
    let yesterday = now.div_euclid(DAY) - 1;
    let query = "DELETE FROM requests WHERE (day, print) IN \
                 (SELECT day, print FROM requests WHERE day < ? ORDER BY day LIMIT ?)";
    deleted += connection.prepare_cached(query)?.execute((yesterday, ROWS))?;
    Ok(deleted)
}

fn delete_events(connection: &Connection, oldest: Nanoseconds) -> rusqlite::Result<usize> {
    let events = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE time < ? ORDER BY time LIMIT ?)";
    let spans =
        "DELETE FROM spans WHERE (trace, id) IN (SELECT trace, id FROM spans WHERE time < ? ORDER BY time LIMIT ?)";
    let mut deleted = 0;
    for query in [events, spans] {
        deleted += connection.prepare_cached(query)?.execute((oldest, ROWS))?;
    }
    Ok(deleted)
}

/// Deletes sums of buckets before `oldest`, whole buckets at a time.
fn delete_sums(connection: &Connection, table: &str, oldest: i64) -> rusqlite::Result<usize> {
    let whose = if table == "days" { "owner" } else { "session" };
    let query = format!(
        "DELETE FROM {table} WHERE (bucket, {whose}, series) IN \
         (SELECT bucket, {whose}, series FROM {table} WHERE bucket < ? ORDER BY bucket LIMIT ?)"
    );
    connection.prepare_cached(&query)?.execute((oldest, ROWS))
}

/// Deletes the oldest data if the file uses more than it may. Returns how many rows.
fn delete_beyond_size(connection: &Connection, options: &Options) -> rusqlite::Result<usize> {
    let Some(most) = options.max_bytes else { return Ok(0) };
    if used_bytes(connection)? <= most {
        return Ok(0);
    }
    let mut deleted = delete_events(connection, Nanoseconds::MAX)?;
    deleted += delete_sums(connection, "minutes", i64::MAX)?;
    if deleted == 0 {
        deleted += delete_sums(connection, "hours", i64::MAX)?;
    }
    Ok(deleted)
}

/// How many bytes of the file hold data.
pub fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages.saturating_mul(number("page_size")?)).unwrap_or_default())
}

fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if free > FREE_PAGES {
        // It stops after each page until it is asked for the next row.
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = vacuum.query(())?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

/// Deletes sessions of which nothing is kept, with what belongs to them. `true` if there were any.
fn delete_unused(connection: &Connection, options: &Options) -> rusqlite::Result<bool> {
    let (Some(events), Some(metrics)) = (options.keep_events, options.keep_metrics) else { return Ok(false) };
    let now = (options.clock)();
    // A day more, because sums of a day are deleted as a whole.
    let oldest = now.saturating_sub(events.max(metrics)).saturating_sub(DAY);
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch("CREATE TEMP TABLE IF NOT EXISTS unused (id INTEGER PRIMARY KEY); DELETE FROM unused")?;
    let query = "INSERT INTO unused SELECT id FROM sessions WHERE max(last_event, last_metric, first) < ? LIMIT ?";
    let found = connection.prepare_cached(query)?.execute((oldest, ROWS))?;
    if found > 0 {
        for (table, column) in
            [("contexts", "session"), ("counters", "session"), ("gauges", "session"), ("sessions", "id")]
        {
            connection.execute(&format!("DELETE FROM {table} WHERE {column} IN (SELECT id FROM unused)"), ())?;
        }
    }
    connection.execute_batch("COMMIT")?;
    Ok(found > 0)
}
