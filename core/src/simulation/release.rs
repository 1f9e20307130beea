//! The simulated releases of Claude Code and the differences in their telemetry.

use super::value::{Value, as_text};

/// A release of Claude Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 2.0.30: all numbers of events are text; project and agent are resource attributes only.
    V2_0_30,
    /// 2.1.100: the same, plus session counts, decisions, and a sequence of events.
    V2_1_100,
    /// 2.1.330: numbers are numbers, and data points and records repeat the resource attributes.
    V2_1_330,
}

impl Release {
    /// All releases, oldest first.
    pub const ALL: [Release; 3] = [Release::V2_0_30, Release::V2_1_100, Release::V2_1_330];

    /// The value of `service.version`.
    pub const fn name(self) -> &'static str {
        match self {
            Release::V2_0_30 => "2.0.30",
            Release::V2_1_100 => "2.1.100",
            Release::V2_1_330 => "2.1.330",
        }
    }

    /// The release of the agent with this index: half of them have the newest.
    pub(super) fn of_agent(index: u64) -> Release {
        match index % 4 {
            1 => Release::V2_1_100,
            3 => Release::V2_0_30,
            _ => Release::V2_1_330,
        }
    }

    /// Whether data points and records repeat `OTEL_RESOURCE_ATTRIBUTES` (since 2.1.161).
    pub(super) fn tags_everything(self) -> bool {
        self >= Release::V2_1_330
    }

    /// Whether events have a sequence number and their prompt's ID.
    pub(super) fn numbers_events(self) -> bool {
        self >= Release::V2_1_100
    }

    /// A number in an event of a request to the model: text before 2.1.122.
    pub(super) fn number(self, number: u64) -> Value {
        match self {
            Release::V2_1_330 => number.into(),
            Release::V2_0_30 | Release::V2_1_100 => as_text(number),
        }
    }
}
