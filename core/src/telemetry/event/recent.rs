//! The newest events of everybody, to tell what agents are doing.

use std::collections::BTreeMap;

use super::{EventPosition, EventRecord};
use crate::telemetry::{Owner, series::label};

/// The most events that are kept of one owner.
const MOST_OF_ONE: usize = 200;
/// The most events that are kept of all.
const MOST: usize = 20_000;

/// The newest events by owner, and whether they are simulated; each list is oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentEvents {
    owners: BTreeMap<(Owner, bool), Vec<EventRecord>>,
}

impl RecentEvents {
    /// The events of one owner.
    pub fn of(&self, owner: &Owner, simulated: bool) -> &[EventRecord] {
        self.owners.get(&(owner.clone(), simulated)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Adds events that may be known already.
    pub fn add(&mut self, events: Vec<EventRecord>) {
        let mut changed: BTreeMap<(Owner, bool), Vec<EventRecord>> = BTreeMap::new();
        for event in events {
            let simulated = label(&event.labels, "clawker_simulated") == Some("true");
            changed.entry((Owner::from_labels(&event.labels), simulated)).or_default().push(event);
        }
        for (owner, new) in changed {
            let known = self.owners.entry(owner).or_default();
            known.extend(new);
            known.sort_by_cached_key(EventPosition::of);
            known.dedup();
            known.drain(..known.len().saturating_sub(MOST_OF_ONE));
        }
    }

    /// Drops events before that time (nanoseconds since 1970), and the oldest ones if there are too many.
    pub fn forget_before(&mut self, at: u64) {
        let mut oldest = at;
        let mut times: Vec<u64> = self.owners.values().flatten().map(|event| event.at).collect();
        if times.len() > MOST {
            times.sort_unstable();
            oldest = oldest.max(times[times.len() - MOST]);
        }
        self.owners.retain(|_, events| {
            events.retain(|event| event.at >= oldest);
            !events.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(agent: &str, at: u64) -> EventRecord {
        let labels = [("agent", agent), ("event_name", "api_request")];
        EventRecord { at, labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
    }

    #[test]
    fn events_are_kept_once_in_order_and_within_limits() {
        let (a, mut recent) = (Owner::new(None, Some("a")), RecentEvents::default());
        recent.add(vec![event("a", 3), event("a", 1), event("b", 2)]);
        recent.add(vec![event("a", 3), event("a", 4)]);
        let times = |recent: &RecentEvents| recent.of(&a, false).iter().map(|event| event.at).collect::<Vec<_>>();
        assert_eq!(times(&recent), [1, 3, 4]);
        assert!(recent.of(&a, true).is_empty());
        recent.forget_before(3);
        assert_eq!(times(&recent), [3, 4]);
        assert!(recent.of(&Owner::new(None, Some("b")), false).is_empty());
        recent.add((0..1_000).map(|at| event("a", at)).collect());
        assert_eq!((times(&recent).len(), times(&recent).first()), (MOST_OF_ONE, Some(&800)));
        for number in 0..200 {
            recent.add((0..200).map(|at| event(&format!("n{number}"), 1_000 + at)).collect());
        }
        recent.forget_before(0);
        assert!(recent.owners.values().map(Vec::len).sum::<usize>() <= MOST + 200);
    }
}
