//! One owner's events, to be followed without gaps and without seeing any twice.

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
    questions::{End, lines, nanoseconds},
    store::Store,
};
use crate::clock::now;

/// As many lines as Loki gives for one question (`max_entries_limit_per_query`, Loki 3.7 limits.go).
const MOST_LINES: usize = 5000;
/// How many owners' silence is remembered.
const MOST_SILENCES: usize = 256;

const SECOND: u64 = 1_000_000_000;
/// How far back the last events are looked for, in nanoseconds.
const WEEK: u64 = 604_800 * SECOND;
/// How far ahead of its clock Loki takes events (`creation_grace_period`), in nanoseconds.
const AHEAD: u64 = 600 * SECOND;
/// How long events usually take to get here, and how long the collector may hold them back, in nanoseconds.
const ON_THE_WAY: u64 = 120 * SECOND;
const HELD_BACK: u64 = 35 * 60 * SECOND;
/// How often is looked for what was held back, in nanoseconds.
const WIDE_EVERY: u64 = 60 * SECOND;

/// Stands for the id of an event where there has been none.
const NOTHING: &str = "";

/// Nothing came after that event, as of some moment. Whoever follows an agent that is idle for days asks each second, and
/// is not to have those days read each second.
#[derive(Debug)]
struct Silence {
    after: String,
    /// Nanoseconds since 1970, as of now and as far back as was looked for what had been held back.
    asked: u64,
    wide: u64,
}

/// After which events nothing came yet.
#[derive(Debug, Default)]
pub struct Silences {
    known: Mutex<BTreeMap<Owner, Silence>>,
}

impl Silences {
    /// From where the next events have to be looked for, in nanoseconds since 1970, and whether that is far enough back
    /// for what was held back.
    fn begin(&self, owner: &Owner, id: &str, at: u64, now: u64) -> (u64, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(silence) = known.get(owner).filter(|silence| silence.after == id) else { return (at, true) };
        let is_wide = now.saturating_sub(silence.wide) >= WIDE_EVERY;
        let back = if is_wide { HELD_BACK } else { ON_THE_WAY };
        (at.max(silence.asked.saturating_sub(back)), is_wide)
    }

    fn remember(&self, owner: &Owner, id: &str, now: u64, is_wide: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_SILENCES {
            known.clear();
        }
        let before = known.get(owner).filter(|silence| silence.after == id).map_or(now, |silence| silence.wide);
        let wide = if is_wide { now } else { before };
        known.insert(owner.clone(), Silence { after: id.to_owned(), asked: now, wide });
    }
}

/// The events after that one, or the last ones; oldest first.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(
    loki: &Store,
    silences: &Silences,
    owner: &Owner,
    after: Option<&AgentEvent>,
    limit: u32,
) -> Result<Vec<AgentEvent>, NoAnswer> {
    let (query, now, limit) = (queries::owner_events(owner), nanoseconds(now()), (limit as usize).clamp(1, MOST_LINES));
    let Some((id, after)) = after.and_then(|event| Some((&event.id, EventPosition::from_id(&event.id)?))) else {
        let (begin, is_wide) = silences.begin(owner, NOTHING, now.saturating_sub(WEEK), now);
        let last = lines(loki, query, (begin, now + AHEAD), End::Newest, limit).await?;
        if last.is_empty() {
            silences.remember(owner, NOTHING, now, is_wide);
        }
        return Ok(events_in_order(&last));
    };
    let (begin, is_wide) = silences.begin(owner, id, after.at, now);
    // Those of the moment itself come again, so that a few more are asked for than are wanted.
    let mut asked = (limit + 100).min(MOST_LINES);
    loop {
        let mut next = lines(loki, query.clone(), (begin, now + AHEAD), End::Oldest, asked).await?;
        let last = next.iter().map(|line| line.at).max().unwrap_or_default();
        let is_full = next.len() >= asked;
        next.retain(|line| EventPosition::of(line) > after);
        // Where the answer was cut off, it may hold only some lines of its last moment, and in any order.
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
            silences.remember(owner, id, now, is_wide);
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
    fn days_of_silence_are_read_once() {
        let (silences, owner, day) = (Silences::default(), Owner::default(), 86_400 * SECOND);
        let now = 100 * day;
        let last = now - 3 * day;
        assert_eq!(silences.begin(&owner, "a", last, now), (last, true));
        silences.remember(&owner, "a", now, true);
        let next = now + SECOND;
        assert_eq!(silences.begin(&owner, "a", last, next), (now - ON_THE_WAY, false));
        silences.remember(&owner, "a", next, false);
        // Once a minute also for what the collector held back; and after the machine slept, for all that time.
        assert_eq!(silences.begin(&owner, "a", last, now + WIDE_EVERY), (next - HELD_BACK, true));
        assert_eq!(silences.begin(&owner, "a", last, now + day), (next - HELD_BACK, true));
        // Something came: what came after that is another question.
        assert_eq!(silences.begin(&owner, "b", now - 5, next), (now - 5, true));
        assert_eq!(silences.begin(&owner, "a", next - 7, next).0, next - 7, "never before the event itself");
    }
}
