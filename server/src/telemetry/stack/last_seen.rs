//! When each owner was last seen. The first query covers a week, later ones only what is new.

use monitor_core::{
    files::LONGEST_OUTAGE_HOURS,
    telemetry::{
        LastSeen,
        stores::{
            last_seen::LastSeenCache,
            queries::{self, deltas::Deltas},
        },
    },
    timestamp::Timestamp,
};

use super::{
    NoAnswer,
    requests::query_prometheus,
    store::{Priority, Store},
};

/// How far back the first query goes, in seconds.
const WEEK: u64 = 604_800;
/// By how much a window overlaps the one before it, in seconds: agents send every few seconds, the collector and
/// Prometheus take one or two.
const OVERLAP: u64 = 120;
/// How late data may arrive that waited in the collector's queue, in seconds: as long as Prometheus accepts it.
const LONGEST_DELAY: u64 = LONGEST_OUTAGE_HOURS * 3600;
/// How often to query as far back as `LONGEST_DELAY`, in seconds.
const WIDE_EVERY: u64 = 300;

/// What is known so far, and when Prometheus last answered.
#[derive(Debug, Default)]
pub struct LastSeenTracker {
    cache: LastSeenCache,
    answered: Option<Timestamp>,
    /// When a query last covered `LONGEST_DELAY`.
    wide: Option<Timestamp>,
}

impl LastSeenTracker {
    /// When each owner was last seen.
    ///
    /// # Errors
    /// The reason if Prometheus does not answer.
    pub async fn refresh(&mut self, prometheus: &Store, now: Timestamp) -> Result<LastSeen, NoAnswer> {
        let (window, is_wide) = self.window(now);
        let priority = if window > LONGEST_DELAY { Priority::Slow } else { Priority::Quick };
        let range = queries::range_in_seconds(window);
        let ask = |query: fn(Deltas<'_>) -> String| {
            query_prometheus(prometheus, query(Deltas::within(&range)), now, priority)
        };
        let (events, managed, metrics) = futures::join!(
            ask(queries::owner_versions_last_seen),
            ask(queries::managed_settings),
            ask(queries::owners_last_metric),
        );
        let named = |error: NoAnswer| format!("Prometheus: {error}");
        let (events, managed, metrics) = (events.map_err(named)?, managed.map_err(named)?, metrics.map_err(named)?);
        self.cache.learn_events(&events);
        self.cache.learn_managed_settings(&managed);
        self.cache.learn_metrics(&metrics);
        self.answered = Some(now);
        self.wide = if is_wide { Some(now) } else { self.wide };
        self.cache.forget(now);
        Ok(self.cache.last_seen())
    }

    /// How far back to query, in seconds, and whether that covers `LONGEST_DELAY`.
    fn window(&self, now: Timestamp) -> (u64, bool) {
        let Some(last) = self.answered else { return (WEEK, true) };
        let is_wide = self.wide.is_none_or(|wide| now.seconds_since(wide) >= WIDE_EVERY);
        let overlap = if is_wide { LONGEST_DELAY } else { OVERLAP };
        ((now.seconds_since(last) + overlap).min(WEEK), is_wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(seconds * 1000)
    }

    #[test]
    fn the_first_query_covers_a_week_and_later_ones_are_short_with_an_occasional_long_one() {
        let mut last_seen = LastSeenTracker::default();
        assert_eq!(last_seen.window(at(0)), (WEEK, true));
        (last_seen.answered, last_seen.wide) = (Some(at(0)), Some(at(0)));
        assert_eq!(last_seen.window(at(5)), (125, false));
        last_seen.answered = Some(at(299));
        assert_eq!(last_seen.window(at(300)), (1 + LONGEST_DELAY, true));
        // The panel was not used for a month.
        assert_eq!(last_seen.window(at(2_592_000)), (WEEK, true));
    }
}
