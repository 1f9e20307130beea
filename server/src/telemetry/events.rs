//! One owner's events, to be followed without gaps and without seeing any twice.

use monitor_core::telemetry::{
    AgentEvent, Owner,
    event::{Place, in_order},
    query,
};

use super::{
    NoAnswer,
    questions::{End, lines, nanoseconds},
    store::Store,
};
use crate::clock::now;

/// As many lines as Loki gives for one question (`max_entries_limit_per_query`, Loki 3.7 limits.go).
const MOST_LINES: usize = 5000;
/// How far back the last events are looked for, in nanoseconds.
const WEEK: u64 = 604_800_000_000_000;
/// How far ahead of its clock Loki takes events (`creation_grace_period`), in nanoseconds.
const AHEAD: u64 = 600_000_000_000;

/// The events after that one, or the last ones; oldest first.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(
    loki: &Store,
    owner: &Owner,
    after: Option<&AgentEvent>,
    limit: u32,
) -> Result<Vec<AgentEvent>, NoAnswer> {
    let (query, now, limit) = (query::events_of(owner), nanoseconds(now()), (limit as usize).clamp(1, MOST_LINES));
    let Some(after) = after.and_then(|event| Place::of_id(&event.id)) else {
        let last = lines(loki, query, (now.saturating_sub(WEEK), now + AHEAD), End::Newest, limit).await?;
        return Ok(in_order(&last));
    };
    // Those of the moment itself come again, so that a few more are asked for than are wanted.
    let mut asked = (limit + 100).min(MOST_LINES);
    loop {
        let mut next = lines(loki, query.clone(), (after.at, now + AHEAD), End::Oldest, asked).await?;
        let last = next.iter().map(|line| line.at).max().unwrap_or_default();
        let is_full = next.len() >= asked;
        next.retain(|line| Place::of(line) > after);
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
        let mut events = in_order(&next);
        events.truncate(limit);
        return Ok(events);
    }
}
