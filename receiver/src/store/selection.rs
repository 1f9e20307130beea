//! Which part of the file an export or a deletion is about.

use monitor_core::telemetry::Owner;
use rusqlite::Connection;

use super::rollups::MINUTE;
use crate::Nanoseconds;

/// Data of these agents, sessions and times. What is `None` is not a condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Empty for agents without a project.
    pub project: Option<String>,
    /// Empty for data without an agent.
    pub agent: Option<String>,
    /// `session.id`; empty for data without a session.
    pub session: Option<String>,
    /// The first nanosecond.
    pub from: Option<Nanoseconds>,
    /// The nanosecond after the last one.
    pub to: Option<Nanoseconds>,
}

/// Sessions that match a selection's project `?1`, agent `?2` and session `?3`.
pub(super) const SESSIONS: &str = "SELECT sessions.id FROM sessions JOIN owners ON owners.id = sessions.owner \
     WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR agent = ?2) AND (?3 IS NULL OR name = ?3)";

impl Selection {
    /// Whether it is everything.
    pub fn is_everything(&self) -> bool {
        *self == Selection::default()
    }

    /// The same for all minutes that its time touches, because sums are kept by minute.
    #[must_use]
    pub fn in_whole_minutes(&self) -> Selection {
        let floor = |at: Nanoseconds| at.div_euclid(MINUTE).saturating_mul(MINUTE);
        let ceiling = |at: Nanoseconds| floor(at.saturating_add(MINUTE - 1));
        Selection { from: self.from.map(floor), to: self.to.map(ceiling), ..self.clone() }
    }

    /// Whether data of this owner and session is meant.
    pub(super) fn matches(&self, owner: &Owner, session: &str) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.project, owner.project.as_deref().unwrap_or_default())
            && is(&self.agent, owner.agent.as_deref().unwrap_or_default())
            && is(&self.session, session)
    }

    /// Its times in nanoseconds, the last one excluded.
    pub(super) fn times(&self) -> (Nanoseconds, Nanoseconds) {
        (self.from.unwrap_or(Nanoseconds::MIN), self.to.unwrap_or(Nanoseconds::MAX))
    }

    /// Its minutes since 1970, the last one excluded. They are as far from the limits of a number as sums need.
    pub(super) fn minutes(&self) -> (i64, i64) {
        let all = (i64::MIN / 4, i64::MAX / 4);
        let Selection { from, to, .. } = self.in_whole_minutes();
        (from.map_or(all.0, |at| at.div_euclid(MINUTE)), to.map_or(all.1, |at| at.div_euclid(MINUTE)))
    }

    /// What the selection holds.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn amount(&self, connection: &Connection) -> rusqlite::Result<Amount> {
        let ((from, to), (first, end)) = (self.times(), self.minutes());
        let mut amount = connection.query_row(
            &format!(
                "SELECT count(*), min(time), max(time) FROM events WHERE time >= ?4 AND time < ?5 \
                 AND context IN (SELECT id FROM contexts WHERE session IN ({SESSIONS}))"
            ),
            (&self.project, &self.agent, &self.session, from, to),
            |row| {
                let events = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Amount { events, first: row.get(1)?, last: row.get(2)?, ..Amount::default() })
            },
        )?;
        (amount.owners, amount.sessions) = connection.query_row(
            &format!(
                "WITH chosen AS ({SESSIONS}), touched AS ( \
                     SELECT session FROM events JOIN contexts ON contexts.id = context WHERE time >= ?4 AND time < ?5 \
                     UNION SELECT session FROM minutes WHERE bucket >= ?6 AND bucket < ?7 \
                     UNION SELECT session FROM hours WHERE bucket >= ?6 / 60 AND bucket < ?7 / 60) \
                 SELECT count(DISTINCT owner), coalesce(sum(name <> ''), 0) FROM sessions \
                 WHERE id IN chosen AND id IN touched"
            ),
            (&self.project, &self.agent, &self.session, from, to, first, end),
            |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())),
        )?;
        Ok(amount)
    }
}

/// How much a selection holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Events and lines of logs.
    pub events: u64,
    /// When the first of them happened.
    pub first: Option<Nanoseconds>,
    /// When the last of them happened.
    pub last: Option<Nanoseconds>,
    /// Pairs of project and agent, real and simulated ones apart.
    pub owners: u64,
    /// Sessions; data without a session counts as none.
    pub sessions: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_minutes_hold_all_of_the_time() {
        let selection = |from, to| Selection { from: Some(from), to: Some(to), ..Selection::default() };
        assert_eq!(selection(MINUTE, 2 * MINUTE).in_whole_minutes(), selection(MINUTE, 2 * MINUTE));
        assert_eq!(selection(MINUTE + 1, MINUTE + 2).in_whole_minutes(), selection(MINUTE, 2 * MINUTE));
        assert_eq!(selection(-1, 1).in_whole_minutes(), selection(-MINUTE, MINUTE));
        assert_eq!(selection(MINUTE + 1, MINUTE + 2).minutes(), (1, 2));
        assert_eq!(Selection::default().times(), (Nanoseconds::MIN, Nanoseconds::MAX));
    }

    #[test]
    fn an_empty_name_means_none() {
        let untagged = Owner::default();
        let empty = Selection { agent: Some(String::new()), ..Selection::default() };
        assert!(empty.matches(&untagged, "s") && !empty.matches(&Owner::new(None, Some("dev")), "s"));
        assert!(Selection::default().matches(&untagged, ""));
    }
}
