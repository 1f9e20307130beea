//! The releases of Claude Code that are played, and in what their telemetry differs.

use super::value::{Value, as_text};

/// A release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 2.0.30: every number of an event is text; project and agent are on the resource only.
    V2_0_30,
    /// 2.1.100: the same, and sessions, decisions and an order of events.
    V2_1_100,
    /// 2.1.330: numbers are numbers, and points and records carry the resource's own attributes.
    V2_1_330,
}

impl Release {
    /// Oldest first.
    pub const ALL: [Release; 3] = [Release::V2_0_30, Release::V2_1_100, Release::V2_1_330];

    /// As in `service.version`.
    pub const fn name(self) -> &'static str {
        match self {
            Release::V2_0_30 => "2.0.30",
            Release::V2_1_100 => "2.1.100",
            Release::V2_1_330 => "2.1.330",
        }
    }

    /// The release that the nth agent runs: half of them the newest.
    pub(super) fn of_agent(index: u64) -> Release {
        match index % 4 {
            1 => Release::V2_1_100,
            3 => Release::V2_0_30,
            _ => Release::V2_1_330,
        }
    }

    /// Points and records repeat `OTEL_RESOURCE_ATTRIBUTES` (since 2.1.161).
    pub(super) fn tags_everything(self) -> bool {
        self >= Release::V2_1_330
    }

    /// Events are numbered and bear their prompt's id.
    pub(super) fn numbers_events(self) -> bool {
        self >= Release::V2_1_100
    }

    /// A number of an event about a request to the model: text before 2.1.122.
    pub(super) fn number(self, number: u64) -> Value {
        match self {
            Release::V2_1_330 => number.into(),
            Release::V2_0_30 | Release::V2_1_100 => as_text(number),
        }
    }
}
