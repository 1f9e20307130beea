//! Queries the events of one sender without gaps or duplicates.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use monitor_core::telemetry::{
    AgentEvent, Sender,
    event::{EventPosition, events_in_order},
    stores::queries,
};

use super::{
    NoAnswer,
    requests::{LineOrder, fetch_lines, nanoseconds},
    store::Store,
};
use crate::clock::now;

/// The most lines that Loki returns for one query (`max_entries_limit_per_query`, Loki 3.7 limits.go).
const MOST_LINES: usize = 5000;
/// How many senders without new events are cached.
const MAX_IDLE_SENDERS: usize = 256;

const SECOND: u64 = 1_000_000_000;
/// How far back the last events are searched for, in nanoseconds.
const WEEK: u64 = 604_800 * SECOND;
/// How far ahead of its own clock Loki accepts events (`creation_grace_period`), in nanoseconds.
const AHEAD: u64 = 600 * SECOND;
/// How long events usually take to arrive, in nanoseconds.
const USUAL_DELAY: u64 = 120 * SECOND;
/// How long the collector may retry before it delivers, in nanoseconds.
const LONGEST_DELAY: u64 = 35 * 60 * SECOND;
/// How often to search as far back as `LONGEST_DELAY`, in nanoseconds.
const WIDE_EVERY: u64 = 60 * SECOND;

/// Used as an event's id before the first event.
const NOTHING: &str = "";

/// The fact that an event was the last one at some time. A page about an agent that has been idle for days queries every
/// second, and Loki should not read those days each time.
#[derive(Debug)]
struct IdleSince {
    after: String,
    /// When it was last searched for, in nanoseconds since 1970.
    searched_at: u64,
    /// When that was last done as far back as `LONGEST_DELAY`.
    wide: u64,
}

/// Senders without new events.
#[derive(Debug, Default)]
pub struct IdleSenders {
    known: Mutex<BTreeMap<Sender, IdleSince>>,
}

impl IdleSenders {
    /// The start of the next search, in nanoseconds since 1970, and whether it covers `LONGEST_DELAY`.
    fn search_from(&self, sender: &Sender, id: &str, at: u64, now: u64) -> (u64, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(idle) = known.get(sender).filter(|idle| idle.after == id) else { return (at, true) };
        let is_wide = now.saturating_sub(idle.wide) >= WIDE_EVERY;
        let back = if is_wide { LONGEST_DELAY } else { USUAL_DELAY };
        (at.max(idle.searched_at.saturating_sub(back)), is_wide)
    }

    fn remember(&self, sender: &Sender, id: &str, now: u64, is_wide: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_IDLE_SENDERS {
            known.clear();
        }
        let before = known.get(sender).filter(|idle| idle.after == id).map_or(now, |idle| idle.wide);
        let wide = if is_wide { now } else { before };
        known.insert(sender.clone(), IdleSince { after: id.to_owned(), searched_at: now, wide });
    }
}

/// The events after `after`, or the last ones without it. Oldest first.
///
/// # Errors
/// Why there is no answer.
pub async fn query(
    loki: &Store,
    idle_senders: &IdleSenders,
    sender: &Sender,
    after: Option<&AgentEvent>,
    limit: u32,
) -> Result<Vec<AgentEvent>, NoAnswer> {
    let (query, now, limit) = (queries::events_of(sender), nanoseconds(now()), (limit as usize).clamp(1, MOST_LINES));
    let Some((id, after)) = after.and_then(|event| Some((&event.id, EventPosition::from_id(&event.id)?))) else {
        let (begin, is_wide) = idle_senders.search_from(sender, NOTHING, now.saturating_sub(WEEK), now);
        let last = fetch_lines(loki, query, (begin, now + AHEAD), LineOrder::NewestFirst, limit).await?;
        if last.is_empty() {
            idle_senders.remember(sender, NOTHING, now, is_wide);
        }
        return Ok(events_in_order(&last));
    };
    let (begin, is_wide) = idle_senders.search_from(sender, id, after.at, now);
    // Events at the same time as `after` are returned again, so ask for a few more than needed.
    let mut asked = (limit + 100).min(MOST_LINES);
    loop {
        let mut next = fetch_lines(loki, query.clone(), (begin, now + AHEAD), LineOrder::OldestFirst, asked).await?;
        let last = next.iter().map(|line| line.at).max().unwrap_or_default();
        let is_full = next.len() >= asked;
        next.retain(|line| EventPosition::of(line) > after);
        // A truncated answer may hold only some lines of its last nanosecond, in any order.
        if is_full && asked < MOST_LINES {
            next.retain(|line| line.at < last);
            if next.is_empty() {
                asked = MOST_LINES;
                continue;
            }
        } else if is_full && next.iter().any(|line| line.at < last) {
            next.retain(|line| line.at < last);
        }
        if next.is_empty() {
            idle_senders.remember(sender, id, now, is_wide);
        }
        let mut events = events_in_order(&next);
        events.truncate(limit);
        return Ok(events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_events_are_read_once() {
        let (idle_senders, sender, day) = (IdleSenders::default(), Sender::default(), 86_400 * SECOND);
        let now = 100 * day;
        let last = now - 3 * day;
        assert_eq!(idle_senders.search_from(&sender, "a", last, now), (last, true));
        idle_senders.remember(&sender, "a", now, true);
        let next = now + SECOND;
        assert_eq!(idle_senders.search_from(&sender, "a", last, next), (now - USUAL_DELAY, false));
        idle_senders.remember(&sender, "a", next, false);
        // Once a minute, late deliveries are included. After the machine was asleep, the whole time is searched.
        assert_eq!(idle_senders.search_from(&sender, "a", last, now + WIDE_EVERY), (next - LONGEST_DELAY, true));
        assert_eq!(idle_senders.search_from(&sender, "a", last, now + day), (next - LONGEST_DELAY, true));
        // A new event starts a new search.
        assert_eq!(idle_senders.search_from(&sender, "b", now - 5, next), (now - 5, true));
        assert_eq!(idle_senders.search_from(&sender, "a", next - 7, next).0, next - 7, "never before the event itself");
    }
}
