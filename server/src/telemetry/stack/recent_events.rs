//! The newest events of everybody, in one query: a few hours at first, then what is new.

use std::sync::Arc;

use monitor_core::{
    telemetry::{event::RecentEvents, stores::queries},
    timestamp::Timestamp,
};

use super::{
    NoAnswer,
    requests::{LineOrder, fetch_lines, nanoseconds},
    store::Store,
};

/// The most lines of one answer.
const MOST_LINES: usize = 2_000;

const SECOND: u64 = 1_000_000_000;
/// How far back the first query goes, in nanoseconds: longer ago, an agent is idle.
const WINDOW: u64 = 3 * 3_600 * SECOND;
/// How far back later queries go, in nanoseconds: agents send every few seconds, and the collector takes one or two.
const OVERLAP: u64 = 30 * SECOND;
/// How far ahead of its own clock Loki accepts events, in nanoseconds.
const AHEAD: u64 = 600 * SECOND;

/// What is known so far, and up to when.
#[derive(Debug, Default)]
pub struct RecentEventsTracker {
    events: Arc<RecentEvents>,
    until: Option<u64>,
}

impl RecentEventsTracker {
    /// The newest events. After an answer that was cut off, only what it holds is known, so that no gap is hidden.
    ///
    /// # Errors
    /// Why Loki does not answer.
    pub async fn refresh(&mut self, loki: &Store, now: Timestamp) -> Result<Arc<RecentEvents>, NoAnswer> {
        let now = nanoseconds(now);
        // After a failure, events may have waited in the collector's queue.
        let from = self.until.take().map_or(now.saturating_sub(WINDOW), |until| until.saturating_sub(OVERLAP));
        let query = queries::activity_events();
        let found = fetch_lines(loki, query, (from, now + AHEAD), LineOrder::NewestFirst, MOST_LINES).await?;
        self.until = Some(now);
        let oldest_found = found.iter().map(|event| event.at).min().filter(|_| found.len() >= MOST_LINES);
        let events = Arc::make_mut(&mut self.events);
        events.add(found);
        events.forget_before(now.saturating_sub(WINDOW).max(oldest_found.unwrap_or_default()));
        Ok(Arc::clone(&self.events))
    }
}
