//! Sums of series: by owner, by session, and over time.

use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};

use monitor_core::telemetry::{Owner, Sender};
use rusqlite::{OptionalExtension, Row};

use super::{Reader, Window};
use crate::{
    records::Series,
    store::{
        known::series_from_text,
        rollups::{DAY, HOUR, MINUTE},
    },
};

/// Whose a sum by owner is.
const OWNERS: &str = "SELECT project, agent, simulated, NULL FROM owners WHERE id = ?";
/// Whose a sum by session is.
const SESSIONS: &str =
    "SELECT project, agent, simulated, name FROM sessions JOIN owners ON owners.id = owner WHERE sessions.id = ?";

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

/// What was added to a series within one of several steps of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The number of the step, from 0.
    pub step: u32,
    /// The sum within it.
    pub total: Total,
}

impl Reader {
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
        self.describe(sums, OWNERS)
    }

    /// The sums of all series by session, sorted: of one owner (real or simulated), or of all.
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals_by_session(&self, window: Window, of: Option<&Sender>) -> rusqlite::Result<Vec<Total>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let owner = match of {
            None => None,
            Some(sender) => match self.owner_id(sender)? {
                None => return Ok(Vec::new()),
                known => known,
            },
        };
        let (before, hours, after) = window.split(HOUR / MINUTE);
        let mut sums = HashMap::new();
        for (table, length, part) in [("minutes", 1, before), ("hours", HOUR / MINUTE, hours), ("minutes", 1, after)] {
            match owner {
                None => self.add_up(table, "sums.session", part, length, &mut sums)?,
                Some(owner) => self.add_up_of_owner(table, owner, part, length, &mut sums)?,
            }
        }
        self.describe(sums, SESSIONS)
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

    /// The same for the sessions of one owner.
    fn add_up_of_owner(
        &self,
        table: &str,
        owner: i64,
        window: Window,
        length: i64,
        sums: &mut HashMap<(i64, i64), f64>,
    ) -> rusqlite::Result<()> {
        if window.is_empty() {
            return Ok(());
        }
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT session, series, sum(value) FROM {table} WHERE bucket >= ? AND bucket < ? \
             AND session IN (SELECT id FROM sessions WHERE owner = ?) GROUP BY session, series"
        ))?;
        let mut rows = query.query((window.from / length, window.to / length, owner))?;
        while let Some(row) = rows.next()? {
            *sums.entry((row.get(0)?, row.get(1)?)).or_default() += row.get::<_, f64>(2)?;
        }
        Ok(())
    }

    /// The number of a sender in the table of owners.
    pub(super) fn owner_id(&self, Sender { owner, simulated }: &Sender) -> rusqlite::Result<Option<i64>> {
        let text = |tag: &Option<String>| tag.clone().unwrap_or_default();
        self.connection
            .prepare_cached("SELECT id FROM owners WHERE project = ? AND agent = ? AND simulated = ?")?
            .query_row((text(&owner.project), text(&owner.agent), simulated), |row| row.get(0))
            .optional()
    }

    /// The sums of these metrics by owner within each of `count` steps of `minutes` minutes, the first of which begins at
    /// the minute `first` (since 1970).
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals_in_steps(
        &self,
        metrics: &[&str],
        first: i64,
        minutes: u32,
        count: u32,
    ) -> rusqlite::Result<Vec<Step>> {
        let _transaction = self.connection.unchecked_transaction()?;
        let mut chosen = HashSet::new();
        let mut all = self.connection.prepare_cached("SELECT id, text FROM series")?;
        let mut rows = all.query(())?;
        while let Some(row) = rows.next()? {
            let metric = series_from_text(&row.get::<_, String>(1)?).metric;
            if metrics.contains(&metric.as_ref()) {
                chosen.insert(row.get::<_, i64>(0)?);
            }
        }
        let length = i64::from(minutes.max(1));
        let mut query = self.connection.prepare_cached(
            "SELECT (bucket - ?1) / ?2, sessions.owner, series, sum(value) FROM minutes \
             JOIN sessions ON sessions.id = session WHERE bucket >= ?1 AND bucket < ?3 GROUP BY 1, 2, 3",
        )?;
        let mut rows = query.query((first, length, first + length * i64::from(count)))?;
        let mut by_step: BTreeMap<u32, HashMap<(i64, i64), f64>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let series = row.get(2)?;
            if chosen.contains(&series) {
                by_step.entry(row.get(0)?).or_default().insert((row.get(1)?, series), row.get(3)?);
            }
        }
        let mut steps = Vec::new();
        for (step, sums) in by_step {
            let totals = self.describe(sums, OWNERS)?;
            steps.extend(totals.into_iter().map(|total| Step { step, total }));
        }
        Ok(steps)
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

    /// The last state of every gauge, with its session.
    ///
    /// # Errors
    /// SQLite's.
    pub fn gauges(&self) -> rusqlite::Result<Vec<Total>> {
        let mut query = self.connection.prepare_cached("SELECT session, series, value FROM gauges")?;
        let rows = query.query_map((), |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        let gauges = rows.collect::<rusqlite::Result<HashMap<(i64, i64), f64>>>()?;
        self.describe(gauges, SESSIONS)
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
