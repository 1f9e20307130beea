//! When each owner was last seen. The first query covers a week, later ones only what is new.

use futures::future::join;
use monitor_core::{
    telemetry::{
        LastSeen,
        stores::{last_seen::LastSeenCache, queries},
    },
    timestamp::Timestamp,
};

use super::{
    NoAnswer,
    requests::{query_loki, query_prometheus},
    store::{Priority, Store},
};

/// How far back the first query goes, in seconds.
const WEEK: u64 = 604_800;
/// By how much a window overlaps the one before it, in seconds: agents send every few seconds, the collector and Loki
/// take one or two.
const OVERLAP: u64 = 120;
/// How long the collector may retry before it delivers, in seconds.
const LONGEST_DELAY: u64 = 35 * 60;
/// How often to query as far back as `LONGEST_DELAY`, in seconds.
const WIDE_EVERY: u64 = 300;

/// The steps in which counters are checked for growth, in seconds.
const COARSE: u64 = 600;
const FINE: u64 = 30;

/// What is known so far, and when each store last answered.
#[derive(Debug, Default)]
pub struct LastSeenTracker {
    cache: LastSeenCache,
    loki: Option<Timestamp>,
    /// When a query last covered `LONGEST_DELAY`.
    wide: Option<Timestamp>,
    prometheus: Option<Timestamp>,
}

impl LastSeenTracker {
    /// When each owner was last seen. Prometheus is queried only if Loki does not answer.
    ///
    /// # Errors
    /// The reason if neither store answers.
    pub async fn refresh(&mut self, loki: &Store, prometheus: &Store, now: Timestamp) -> Result<LastSeen, NoAnswer> {
        let (window, is_wide) = self.window(now);
        let priority = if self.loki.is_none() { Priority::Slow } else { Priority::Quick };
        let range = queries::range_in_seconds(window);
        let ask = |query: String| query_loki(loki, query, now, priority);
        let (heard, managed) =
            join(ask(queries::owner_versions_last_seen(&range)), ask(queries::managed_settings(&range))).await;
        if let Ok(managed) = managed {
            self.cache.learn_managed_settings(&managed);
        }
        match heard {
            Ok(heard) => {
                self.cache.learn_events(&heard);
                self.loki = Some(now);
                self.wide = if is_wide { Some(now) } else { self.wide };
            }
            Err(of_loki) => self
                .refresh_from_counters(prometheus, now)
                .await
                .map_err(|of_prometheus| format!("Loki: {of_loki}; Prometheus: {of_prometheus}"))?,
        }
        self.cache.forget(now);
        Ok(self.cache.last_seen())
    }

    /// How far back to query, in seconds, and whether that covers `LONGEST_DELAY`.
    fn window(&self, now: Timestamp) -> (u64, bool) {
        let Some(last) = self.loki else { return (WEEK, true) };
        let is_wide = self.wide.is_none_or(|wide| now.seconds_since(wide) >= WIDE_EVERY);
        let overlap = if is_wide { LONGEST_DELAY } else { OVERLAP };
        ((now.seconds_since(last) + overlap).min(WEEK), is_wide)
    }

    /// The first query covers a week in coarse steps and the last minutes in fine ones.
    async fn refresh_from_counters(&mut self, prometheus: &Store, now: Timestamp) -> Result<(), NoAnswer> {
        let ask = async |window: u64, step: u64, priority: Priority| {
            let query =
                queries::last_metric_growth(&queries::range_in_seconds(window), &queries::range_in_seconds(step));
            query_prometheus(prometheus, query, now, priority).await
        };
        match self.prometheus {
            None => {
                let (far, near) = join(ask(WEEK, COARSE, Priority::Slow), ask(2 * COARSE, FINE, Priority::Slow)).await;
                self.cache.learn_counters(&far?);
                self.cache.learn_counters(&near?);
            }
            Some(last) => {
                let window = (now.seconds_since(last) + OVERLAP).min(WEEK);
                self.cache.learn_counters(&ask(window, FINE, Priority::Quick).await?);
            }
        }
        self.prometheus = Some(now);
        Ok(())
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
        (last_seen.loki, last_seen.wide) = (Some(at(0)), Some(at(0)));
        assert_eq!(last_seen.window(at(5)), (125, false));
        last_seen.loki = Some(at(299));
        assert_eq!(last_seen.window(at(300)), (1 + LONGEST_DELAY, true));
        // The panel was not used for a month.
        assert_eq!(last_seen.window(at(2_592_000)), (WEEK, true));
    }
}
