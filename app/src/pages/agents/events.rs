//! The events on the page: capped, held while paused, without duplicates after a reconnect. Pure.

use monitor_core::telemetry::AgentEvent;

use crate::live::feed::{FeedBuffer, drop_oldest};

/// The most events on the page.
pub const CAP: usize = 500;

/// The events shown, and those that arrived since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    shown: Vec<AgentEvent>,
    waiting: Vec<AgentEvent>,
    reopened: bool,
    /// Why no events arrive at the moment, in the server's words.
    pub trouble: Option<String>,
}

impl Timeline {
    /// Starts with these events.
    pub fn new(shown: Vec<AgentEvent>) -> Timeline {
        Timeline { shown, ..Timeline::default() }
    }

    /// The events shown, oldest first.
    pub fn shown(&self) -> &[AgentEvent] {
        &self.shown
    }
}

impl FeedBuffer for Timeline {
    #[cfg(any(test, feature = "hydrate"))]
    type Item = AgentEvent;

    #[cfg(any(test, feature = "hydrate"))]
    fn reopen(&mut self) {
        self.reopened = true;
    }

    #[cfg(any(test, feature = "hydrate"))]
    fn push(&mut self, events: Vec<AgentEvent>) {
        if events.is_empty() {
            return;
        }
        let (shown, waiting) = (&self.shown, &self.waiting);
        let known = |new: &AgentEvent| shown.iter().chain(waiting).rev().any(|event| event.id == new.id);
        // Events may be missing between those shown and a tail that overlaps with none of them. A gap must not be hidden.
        if self.reopened && !events.iter().any(known) {
            self.shown.clear();
            self.waiting = events;
        } else {
            let new: Vec<AgentEvent> = events.into_iter().filter(|event| !known(event)).collect();
            self.waiting.extend(new);
        }
        self.reopened = false;
        drop_oldest(&mut self.waiting, CAP);
    }

    /// Inserts each event by its time: events that were delivered late may be older than those shown.
    fn flush(&mut self) {
        for event in self.waiting.drain(..) {
            let before = self.shown.iter().rposition(|known| known.at <= event.at);
            self.shown.insert(before.map_or(0, |place| place + 1), event);
        }
        drop_oldest(&mut self.shown, CAP);
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    #[cfg(feature = "hydrate")]
    fn set_trouble(&mut self, trouble: Option<String>) {
        self.trouble = trouble;
    }

    #[cfg(feature = "hydrate")]
    fn is_new_trouble(&self, trouble: Option<&String>) -> bool {
        self.trouble.as_ref() != trouble
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::timestamp::Timestamp;

    use super::*;

    fn events(range: std::ops::Range<usize>) -> Vec<AgentEvent> {
        let event = |number: usize| AgentEvent {
            at: Timestamp::from_unix_milliseconds(number as i64),
            id: number.to_string(),
            name: "tool_result".into(),
            session: "s".into(),
            summary: String::new(),
            failed: false,
            fields: Vec::new(),
        };
        range.map(event).collect()
    }

    fn ids(timeline: &Timeline) -> Vec<&str> {
        timeline.shown().iter().map(|event| event.id.as_str()).collect()
    }

    #[test]
    fn events_are_shown_when_they_are_flushed() {
        let mut timeline = Timeline::default();
        timeline.push(events(0..2));
        assert_eq!((ids(&timeline), timeline.waiting()), (vec![], 2));
        timeline.flush();
        assert_eq!((ids(&timeline), timeline.waiting()), (vec!["0", "1"], 0));
    }

    #[test]
    fn a_reconnect_neither_duplicates_events_nor_hides_a_gap() {
        let mut timeline = Timeline::default();
        timeline.push(events(0..3));
        timeline.flush();
        timeline.reopen();
        timeline.push(events(1..5));
        timeline.flush();
        assert_eq!(ids(&timeline), ["0", "1", "2", "3", "4"]);
        timeline.reopen();
        timeline.push(Vec::new());
        assert_eq!(ids(&timeline).len(), 5, "the events stay until new ones arrive");
        timeline.push(events(50..52));
        timeline.flush();
        timeline.push(events(51..53));
        timeline.flush();
        assert_eq!(ids(&timeline), ["50", "51", "52"]);
    }

    #[test]
    fn late_events_are_inserted_by_their_time() {
        let mut timeline = Timeline::new(events(5..7));
        timeline.reopen();
        timeline.push(events(3..8));
        timeline.flush();
        assert_eq!(ids(&timeline), ["3", "4", "5", "6", "7"]);
    }

    #[test]
    fn both_the_page_and_a_long_pause_are_capped() {
        let mut timeline = Timeline::default();
        timeline.push(events(0..10));
        timeline.flush();
        timeline.push(events(10..CAP * 2));
        assert_eq!(timeline.waiting(), CAP);
        timeline.flush();
        assert_eq!((timeline.shown().len(), ids(&timeline)[CAP - 1]), (CAP, "999"));
    }
}
