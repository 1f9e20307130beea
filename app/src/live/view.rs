//! The fold: events in, view out. Knows no browser and no clock.

#[cfg(any(test, feature = "hydrate"))]
use monitor_core::live::LiveEvent;
use monitor_core::{live::Snapshot, timestamp::Timestamp};

use super::Seed;

/// How the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Not yet open: the page as the server made it.
    Opening,
    /// Open: what is shown is current.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser opens the stream"))]
    Live,
    /// Lost for so long that it should be said.
    Lost,
}

/// What the page knows.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The state, as of the last event.
    pub snapshot: Snapshot,
    /// The server's clock: of the last event, and from there by the page's own.
    pub now: Timestamp,
    /// How the stream stands.
    pub link: Link,
    /// The page is interactive.
    pub hydrated: bool,
    made_by: String,
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
            made_by: seed.build,
            stale: false,
        }
    }

    /// The server is of another build than this page; its events may be misread.
    pub fn stale(&self) -> bool {
        self.stale
    }

    /// Folds one event in, and tells the server's clock where the event bears it.
    #[cfg(any(test, feature = "hydrate"))]
    pub fn fold(&mut self, event: LiveEvent) -> Option<Timestamp> {
        let at = match event {
            LiveEvent::Hello { build } => {
                self.stale = build != self.made_by;
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
    fn a_server_of_another_build_makes_the_page_stale_and_its_own_does_not() {
        let mut view = view();
        view.fold(LiveEvent::Hello { build: "b2".into() });
        assert!(view.stale());
        view.fold(LiveEvent::Hello { build: "a1".into() });
        assert!(!view.stale(), "the first build came back");
    }

    #[test]
    fn a_snapshot_replaces_everything_and_sets_the_clock() {
        let mut view = view();
        let snapshot = Snapshot { stack: StackState::Running, taken_at: at(7), ..Seed::empty().snapshot };
        assert_eq!(view.fold(LiveEvent::Snapshot(Box::new(snapshot.clone()))), Some(at(7)));
        assert_eq!(view.snapshot, snapshot);
    }

    #[test]
    fn changes_are_folded_in_order_and_move_the_clock() {
        let mut view = view();
        let changes = vec![Change::Stack(StackState::Partial), Change::Stack(StackState::Running)];
        assert_eq!(view.fold(LiveEvent::Changes { at: at(9), changes }), Some(at(9)));
        assert_eq!(view.snapshot.stack, StackState::Running);
        assert_eq!((view.snapshot.taken_at, view.now), (at(9), at(9)));
    }
}
