//! Who was heard: the first question looks back a week, later ones only at what is new.

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
    questions::{of_loki, of_prometheus},
    store::{Pace, Store},
};

/// How far back is looked at first, in seconds.
const WEEK: u64 = 604_800;
/// By how much a window overlaps the one before it, in seconds: agents send every few seconds, the collector and Loki
/// take one or two.
const OVERLAP: u64 = 120;
/// How long the collector may hold back what Loki did not take, in seconds.
const HELD_BACK: u64 = 35 * 60;
/// How often is looked for what was held back, in seconds.
const WIDE_EVERY: u64 = 300;

/// The steps in which growing counters are looked for, in seconds.
const COARSE: u64 = 600;
const FINE: u64 = 30;

/// What was heard so far, and when each store answered last.
#[derive(Debug, Default)]
pub struct Hearing {
    memory: LastSeenCache,
    loki: Option<Timestamp>,
    /// When the last window was that reached back far enough for what had been held back.
    wide: Option<Timestamp>,
    prometheus: Option<Timestamp>,
}

impl Hearing {
    /// Everybody. Prometheus is asked only where Loki does not answer.
    ///
    /// # Errors
    /// Why neither answers.
    pub async fn listen(&mut self, loki: &Store, prometheus: &Store, now: Timestamp) -> Result<LastSeen, NoAnswer> {
        let (window, is_wide) = self.window(now);
        let pace = if self.loki.is_none() { Pace::Patient } else { Pace::Quick };
        let range = queries::range_in_seconds(window);
        let ask = |query: String| of_loki(loki, query, now, pace);
        let (heard, managed) =
            join(ask(queries::owner_versions_last_seen(&range)), ask(queries::managed_settings(&range))).await;
        if let Ok(managed) = managed {
            self.memory.learn_managed_settings(&managed);
        }
        match heard {
            Ok(heard) => {
                self.memory.learn_events(&heard);
                self.loki = Some(now);
                self.wide = if is_wide { Some(now) } else { self.wide };
            }
            Err(of_loki) => self
                .listen_to_counters(prometheus, now)
                .await
                .map_err(|of_prometheus| format!("Loki: {of_loki}; Prometheus: {of_prometheus}"))?,
        }
        self.memory.forget(now);
        Ok(self.memory.last_seen())
    }

    /// How far to look back, in seconds, and whether that is far enough for what was held back.
    fn window(&self, now: Timestamp) -> (u64, bool) {
        let Some(last) = self.loki else { return (WEEK, true) };
        let is_wide = self.wide.is_none_or(|wide| now.seconds_since(wide) >= WIDE_EVERY);
        let overlap = if is_wide { HELD_BACK } else { OVERLAP };
        ((now.seconds_since(last) + overlap).min(WEEK), is_wide)
    }

    /// The first look is coarse and far, and fine for what has just been.
    async fn listen_to_counters(&mut self, prometheus: &Store, now: Timestamp) -> Result<(), NoAnswer> {
        let ask = async |window: u64, step: u64, pace: Pace| {
            let query =
                queries::last_metric_growth(&queries::range_in_seconds(window), &queries::range_in_seconds(step));
            of_prometheus(prometheus, query, now, pace).await
        };
        match self.prometheus {
            None => {
                let (far, near) = join(ask(WEEK, COARSE, Pace::Patient), ask(2 * COARSE, FINE, Pace::Patient)).await;
                self.memory.learn_counters(&far?);
                self.memory.learn_counters(&near?);
            }
            Some(last) => {
                let window = (now.seconds_since(last) + OVERLAP).min(WEEK);
                self.memory.learn_counters(&ask(window, FINE, Pace::Quick).await?);
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
    fn the_first_look_is_far_the_next_are_short_and_now_and_then_one_is_wide() {
        let mut hearing = Hearing::default();
        assert_eq!(hearing.window(at(0)), (WEEK, true));
        (hearing.loki, hearing.wide) = (Some(at(0)), Some(at(0)));
        assert_eq!(hearing.window(at(5)), (125, false));
        hearing.loki = Some(at(299));
        assert_eq!(hearing.window(at(300)), (1 + HELD_BACK, true));
        // The panel was left alone for a month.
        assert_eq!(hearing.window(at(2_592_000)), (WEEK, true));
    }
}
