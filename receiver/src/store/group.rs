//! Writes the requests of one transaction.

use rusqlite::{Connection, OptionalExtension};

use super::{
    Appended, codec,
    known::{ContextIds, Known},
    rollups::{DAY, Rollups},
};
use crate::{
    Nanoseconds,
    records::{Batch, Event, Point, Span, Temporality},
};

/// One transaction.
pub struct Group<'a> {
    connection: &'a Connection,
    known: &'a mut Known,
    now: Nanoseconds,
    rollups: Rollups,
}

impl<'a> Group<'a> {
    /// A group in the transaction that is open on this connection.
    pub fn new(connection: &'a Connection, known: &'a mut Known, now: Nanoseconds) -> Group<'a> {
        Group { connection, known, now, rollups: Rollups::default() }
    }

    /// Adds a request, unless it was stored before.
    ///
    /// # Errors
    /// SQLite's. The transaction has to be rolled back then.
    pub fn add(&mut self, batch: &Batch) -> rusqlite::Result<Appended> {
        if self.is_repeated(batch.print)? {
            return Ok(Appended { stored: 0, repeated: batch.len() as u64 });
        }
        let mut appended = Appended::default();
        for event in &batch.events {
            let is_new = self.event(event)?;
            appended.count(is_new);
        }
        for point in &batch.points {
            let is_new = self.point(point)?;
            appended.count(is_new);
        }
        for span in &batch.spans {
            let is_new = self.span(span)?;
            appended.count(is_new);
        }
        Ok(appended)
    }

    /// Writes what was summed up.
    ///
    /// # Errors
    /// SQLite's.
    pub fn finish(self) -> rusqlite::Result<()> {
        self.rollups.write(self.connection)
    }

    fn is_repeated(&self, print: i64) -> rusqlite::Result<bool> {
        let today = self.now.div_euclid(DAY);
        let mut seen = self.connection.prepare_cached("SELECT 1 FROM requests WHERE day = ? AND print = ?")?;
        if seen.exists((today, print))? || seen.exists((today - 1, print))? {
            return Ok(true);
        }
        self.connection.prepare_cached("INSERT INTO requests (day, print) VALUES (?, ?)")?.execute((today, print))?;
        Ok(false)
    }

    fn event(&mut self, event: &Event) -> rusqlite::Result<bool> {
        let ids = self.known.context(self.connection, &event.context, event.at)?;
        let attributes =
            self.known.encode(self.connection, |words| codec::encode(&event.attributes, event.at, words))?;
        // Names beyond the limit of words can't be looked up; their attribute `event.name` still has them.
        let name = self.known.word(self.connection, &event.name)?.unwrap_or_default();
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO events (time, print, owner, context, name, attributes) VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        let rows = insert.execute((event.at, event.print, ids.owner, ids.context, name, attributes))?;
        if rows == 0 {
            return Ok(false);
        }
        self.rollups.event(event.at, ids);
        for count in &event.counts {
            let series = self.known.series(self.connection, &count.series)?;
            self.rollups.add(event.at, ids, series, count.value);
        }
        if let Some(report) = &event.report {
            let series = self.known.series(self.connection, report)?;
            self.gauge(ids, series, event.at, event.at as f64 / 1e9)?;
        }
        Ok(true)
    }

    fn point(&mut self, point: &Point) -> rusqlite::Result<bool> {
        let ids = self.known.context(self.connection, &point.context, point.at)?;
        let series = self.known.series(self.connection, &point.series)?;
        self.rollups.metric(point.at, ids);
        match point.temporality {
            Temporality::Delta => {
                self.rollups.add(point.at, ids, series, point.value);
                Ok(true)
            }
            Temporality::Cumulative => {
                let added = self.counted_since_last(point, ids, series)?;
                if let Some(added) = added {
                    self.rollups.add(point.at, ids, series, added);
                }
                Ok(added.is_some())
            }
            Temporality::Gauge => self.gauge(ids, series, point.at, point.value),
        }
    }

    /// Replaces the state of a gauge; `false` if the known one is as new.
    fn gauge(&self, ids: ContextIds, series: i64, at: Nanoseconds, value: f64) -> rusqlite::Result<bool> {
        let rows = self
            .connection
            .prepare_cached(
                "INSERT INTO gauges (session, series, time, value) VALUES (?, ?, ?, ?) \
                 ON CONFLICT (session, series) DO UPDATE SET time = excluded.time, value = excluded.value \
                 WHERE excluded.time > time",
            )?
            .execute((ids.session, series, at, value))?;
        Ok(rows > 0)
    }

    /// What a cumulative counter counted since its last point; `None` if that point is not older. A counter whose start is
    /// unknown begins with its first point, because nothing says when the rest was counted.
    fn counted_since_last(&self, point: &Point, ids: ContextIds, series: i64) -> rusqlite::Result<Option<f64>> {
        let key = (ids.session, series, point.start);
        let last: Option<(Nanoseconds, f64)> = self
            .connection
            .prepare_cached("SELECT time, value FROM counters WHERE session = ? AND series = ? AND start = ?")?
            .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let added = match last {
            Some((time, _)) if time >= point.at => return Ok(None),
            // It went down, so it began again.
            Some((_, value)) if value > point.value => point.value,
            Some((_, value)) => point.value - value,
            None if point.start == 0 => 0.0,
            None => point.value,
        };
        self.connection
            .prepare_cached(
                "INSERT INTO counters (session, series, start, time, value) VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (session, series, start) DO UPDATE SET time = excluded.time, value = excluded.value",
            )?
            .execute((ids.session, series, point.start, point.at, point.value))?;
        Ok(Some(added))
    }

    fn span(&mut self, span: &Span) -> rusqlite::Result<bool> {
        let ids = self.known.context(self.connection, &span.context, span.at)?;
        let attributes = self.known.encode(self.connection, |words| codec::encode(&span.attributes, span.at, words))?;
        let name = self.known.word(self.connection, &span.name)?.unwrap_or_default();
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO spans (trace, id, parent, time, duration, owner, context, name, status, attributes) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let rows = insert.execute((
            &span.trace,
            &span.id,
            &span.parent,
            span.at,
            span.duration,
            ids.owner,
            ids.context,
            name,
            span.status,
            attributes,
        ))?;
        Ok(rows > 0)
    }
}

impl Appended {
    fn count(&mut self, is_new: bool) {
        *(if is_new { &mut self.stored } else { &mut self.repeated }) += 1;
    }
}
