//! Applies events to the view. Knows no browser and no clock.

#[cfg(any(test, feature = "hydrate"))]
use monitor_core::live::LiveEvent;
use monitor_core::{live::Snapshot, timestamp::Timestamp};

use super::Seed;

/// The state of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Not open yet: the page is as the server rendered it.
    Opening,
    /// Open: the page is current.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser opens the stream"))]
    Live,
    /// Lost for long enough to be shown.
    Lost,
}

/// The state of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The snapshot as of the last event.
    pub snapshot: Snapshot,
    /// The server's time: that of the last event, advanced by the page's clock.
    pub now: Timestamp,
    /// The state of the stream.
    pub link: Link,
    /// Whether the page is interactive.
    pub hydrated: bool,
    /// How often the stream was opened.
    pub connections: u32,
    rendered_by: String,
    stale: bool,
}

impl View {
    /// The view of a page as the server rendered it.
    pub fn new(seed: Seed) -> View {
        View {
            now: seed.snapshot.taken_at,
            snapshot: seed.snapshot,
            link: Link::Opening,
            hydrated: false,
            connections: 0,
            rendered_by: seed.build,
            stale: false,
        }
    }

    /// Whether the server is another build than the page. Its events may be misinterpreted.
    pub fn stale(&self) -> bool {
        self.stale
    }

    /// Applies an event. Returns the server's time, where the event has it.
    #[cfg(any(test, feature = "hydrate"))]
    pub fn apply(&mut self, event: LiveEvent) -> Option<Timestamp> {
        let at = match event {
            LiveEvent::Hello { build } => {
                self.stale = build != self.rendered_by;
                self.connections += 1;
                return None;
            }
            LiveEvent::Snapshot(snapshot) => {
                self.snapshot = *snapshot;
                self.snapshot.taken_at
            }
            LiveEvent::Changes { at, changes } => {
                for change in changes {
                    self.snapshot.apply(change);
                }
                self.snapshot.taken_at = at;
                at
            }
        };
        self.now = at;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::{live::Change, status::StackState};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(seconds * 1000)
    }

    fn view() -> View {
        View::new(Seed { build: "a1".into(), ..Seed::empty() })
    }

    #[test]
    fn a_page_is_stale_while_the_server_is_another_build() {
        let mut view = view();
        view.apply(LiveEvent::Hello { build: "b2".into() });
        assert!(view.stale());
        view.apply(LiveEvent::Hello { build: "a1".into() });
        assert!(!view.stale(), "the first build is back");
    }

    #[test]
    fn a_snapshot_replaces_everything_and_sets_the_clock() {
        let mut view = view();
        let snapshot = Snapshot { stack: StackState::Running, taken_at: at(7), ..Seed::empty().snapshot };
        assert_eq!(view.apply(LiveEvent::Snapshot(Box::new(snapshot.clone()))), Some(at(7)));
        assert_eq!(view.snapshot, snapshot);
    }

    #[test]
    fn changes_are_applied_in_order_and_set_the_clock() {
        let mut view = view();
        let changes = vec![Change::Stack(StackState::Partial), Change::Stack(StackState::Running)];
        assert_eq!(view.apply(LiveEvent::Changes { at: at(9), changes }), Some(at(9)));
        assert_eq!(view.snapshot.stack, StackState::Running);
        assert_eq!((view.snapshot.taken_at, view.now), (at(9), at(9)));
    }
}
