//! The events of one owner, to be followed without gaps or duplicates.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use monitor_core::telemetry::{
    AgentEvent, Owner,
    event::{EventPosition, events_in_order},
    stores::queries,
};

use super::{
    NoAnswer,
    requests::{End, fetch_lines, nanoseconds},
    store::Store,
};
use crate::clock::now;

/// The most lines that Loki returns for one query (`max_entries_limit_per_query`, Loki 3.7 limits.go).
const MOST_LINES: usize = 5000;
/// For how many owners it is remembered that nothing new came.
const MOST_QUIET_OWNERS: usize = 256;

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

/// In place of an event's id where there has been no event.
const NOTHING: &str = "";

/// No event came after this one, as of some time. A page that follows an agent that has been idle for days asks every
/// second; Loki should not read those days every second.
#[derive(Debug)]
struct Quiet {
    after: String,
    /// When it was last searched for, in nanoseconds since 1970.
    asked: u64,
    /// When that was last done as far back as `LONGEST_DELAY`.
    wide: u64,
}

/// Owners without new events.
#[derive(Debug, Default)]
pub struct QuietOwners {
    known: Mutex<BTreeMap<Owner, Quiet>>,
}

impl QuietOwners {
    /// Where the search for the next events begins, in nanoseconds since 1970, and whether that covers `LONGEST_DELAY`.
    fn search_from(&self, owner: &Owner, id: &str, at: u64, now: u64) -> (u64, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(quiet) = known.get(owner).filter(|quiet| quiet.after == id) else { return (at, true) };
        let is_wide = now.saturating_sub(quiet.wide) >= WIDE_EVERY;
        let back = if is_wide { LONGEST_DELAY } else { USUAL_DELAY };
        (at.max(quiet.asked.saturating_sub(back)), is_wide)
    }

    fn remember(&self, owner: &Owner, id: &str, now: u64, is_wide: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_QUIET_OWNERS {
            known.clear();
        }
        let before = known.get(owner).filter(|quiet| quiet.after == id).map_or(now, |quiet| quiet.wide);
        let wide = if is_wide { now } else { before };
        known.insert(owner.clone(), Quiet { after: id.to_owned(), asked: now, wide });
    }
}

/// The events after that one, or the last ones; oldest first.
///
/// # Errors
/// Why there is no answer.
pub async fn query(
    loki: &Store,
    quiet_owners: &QuietOwners,
    owner: &Owner,
    after: Option<&AgentEvent>,
    limit: u32,
) -> Result<Vec<AgentEvent>, NoAnswer> {
    let (query, now, limit) = (queries::owner_events(owner), nanoseconds(now()), (limit as usize).clamp(1, MOST_LINES));
    let Some((id, after)) = after.and_then(|event| Some((&event.id, EventPosition::from_id(&event.id)?))) else {
        let (begin, is_wide) = quiet_owners.search_from(owner, NOTHING, now.saturating_sub(WEEK), now);
        let last = fetch_lines(loki, query, (begin, now + AHEAD), End::Newest, limit).await?;
        if last.is_empty() {
            quiet_owners.remember(owner, NOTHING, now, is_wide);
        }
        return Ok(events_in_order(&last));
    };
    let (begin, is_wide) = quiet_owners.search_from(owner, id, after.at, now);
    // Events at the same time as `after` are returned again, so ask for a few more than needed.
    let mut asked = (limit + 100).min(MOST_LINES);
    loop {
        let mut next = fetch_lines(loki, query.clone(), (begin, now + AHEAD), End::Oldest, asked).await?;
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
            quiet_owners.remember(owner, id, now, is_wide);
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
        let (quiet_owners, owner, day) = (QuietOwners::default(), Owner::default(), 86_400 * SECOND);
        let now = 100 * day;
        let last = now - 3 * day;
        assert_eq!(quiet_owners.search_from(&owner, "a", last, now), (last, true));
        quiet_owners.remember(&owner, "a", now, true);
        let next = now + SECOND;
        assert_eq!(quiet_owners.search_from(&owner, "a", last, next), (now - USUAL_DELAY, false));
        quiet_owners.remember(&owner, "a", next, false);
        // Once a minute also for what the collector delivered late; after the machine slept, for all that time.
        assert_eq!(quiet_owners.search_from(&owner, "a", last, now + WIDE_EVERY), (next - LONGEST_DELAY, true));
        assert_eq!(quiet_owners.search_from(&owner, "a", last, now + day), (next - LONGEST_DELAY, true));
        // An event came: what follows it is a new search.
        assert_eq!(quiet_owners.search_from(&owner, "b", now - 5, next), (now - 5, true));
        assert_eq!(quiet_owners.search_from(&owner, "a", next - 7, next).0, next - 7, "never before the event itself");
    }
}
