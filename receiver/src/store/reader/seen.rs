//! Who was last seen when.

use std::collections::HashMap;

use monitor_core::telemetry::{Owner, Sender};

use super::Reader;
use crate::{Nanoseconds, mapping::MANAGED_SETTINGS, records::Series, store::known::series_from_text};

/// One owner, real or simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Project and agent.
    pub owner: Owner,
    /// Whether the data is simulated.
    pub simulated: bool,
    /// The time of the last event; `None` if there is none.
    pub last_event: Option<Nanoseconds>,
    /// The time of the last point of a metric; `None` if there is none.
    pub last_metric: Option<Nanoseconds>,
    /// How many sessions were seen; data without a session counts as none.
    pub sessions: u64,
    /// `service.version` of the newest session that has one; empty if unknown.
    pub version: String,
}

/// The last report of an owner on managed settings with these labels.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagedSettings {
    /// Project and agent.
    pub owner: Owner,
    /// Whether the data is simulated.
    pub simulated: bool,
    /// What was reported.
    pub series: Series,
    /// When.
    pub at: Nanoseconds,
}

impl Reader {
    /// Whether the file has any data.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_data(&self) -> rusqlite::Result<bool> {
        self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sessions WHERE last_event > 0 OR last_metric > 0)",
            (),
            |row| row.get(0),
        )
    }

    /// Every owner whose data is not older than `since`, with the sessions since then.
    ///
    /// # Errors
    /// SQLite's.
    pub fn seen(&self, since: Nanoseconds) -> rusqlite::Result<Vec<Seen>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let mut versions = self.connection.prepare_cached(
            "SELECT sessions.owner, version, max(contexts.id) FROM contexts JOIN sessions ON sessions.id = session \
             WHERE version <> '' AND max(last_event, last_metric) >= ? GROUP BY sessions.owner",
        )?;
        let versions: HashMap<i64, String> =
            versions.query_map((since,), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let mut owners = self.connection.prepare_cached(
            "SELECT owners.id, project, agent, simulated, max(last_event), max(last_metric), sum(name <> '') \
             FROM sessions JOIN owners ON owners.id = owner WHERE max(last_event, last_metric) >= ? GROUP BY owners.id",
        )?;
        let rows = owners.query_map((since,), |row| {
            let (id, project, agent): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let time = |column| Ok::<_, rusqlite::Error>(Some(row.get(column)?).filter(|time| *time != 0));
            Ok(Seen {
                owner: Owner::new(Some(&project), Some(&agent)),
                simulated: row.get(3)?,
                last_event: time(4)?,
                last_metric: time(5)?,
                sessions: row.get::<_, i64>(6)?.unsigned_abs(),
                version: versions.get(&id).cloned().unwrap_or_default(),
            })
        })?;
        rows.collect()
    }

    /// The time of the last event of each session of a sender that is not older than `since`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn sessions_last_seen(&self, of: &Sender, since: Nanoseconds) -> rusqlite::Result<Vec<(String, Nanoseconds)>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let Some(owner) = self.owner_id(of)? else { return Ok(Vec::new()) };
        let mut sessions = self.connection.prepare_cached(
            "SELECT name, last_event FROM sessions WHERE owner = ? AND name <> '' AND last_event >= ?",
        )?;
        sessions.query_map((owner, since), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// What every owner last reported on managed settings.
    ///
    /// # Errors
    /// SQLite's.
    pub fn managed_settings(&self) -> rusqlite::Result<Vec<ManagedSettings>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let mut reports = self.connection.prepare_cached(
            "SELECT project, agent, simulated, series.text, max(gauges.time) FROM gauges \
             JOIN sessions ON sessions.id = session JOIN owners ON owners.id = owner JOIN series ON series.id = series \
             WHERE series.text LIKE ? GROUP BY owners.id, series",
        )?;
        let rows = reports.query_map((format!("[\"{MANAGED_SETTINGS}\"%"),), |row| {
            let (project, agent, series): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
            Ok(ManagedSettings {
                owner: Owner::new(Some(&project), Some(&agent)),
                simulated: row.get(2)?,
                series: series_from_text(&series),
                at: row.get(4)?,
            })
        })?;
        rows.collect()
    }
}
