//! The time ranges that people can choose.

use serde::{Deserialize, Serialize};

/// A time range that ends now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// The last hour.
    Hour,
    /// The last 6 hours.
    SixHours,
    /// The last 24 hours.
    #[default]
    Day,
    /// The last 7 days.
    Week,
}

impl Range {
    /// All ranges, shortest first.
    pub const ALL: [Range; 4] = [Range::Hour, Range::SixHours, Range::Day, Range::Week];
    /// Number of points in a sparkline, for every range.
    pub const STEPS: u64 = 30;

    /// The form used in URLs and in PromQL and LogQL: `1h`, `6h`, `24h`, `7d`.
    pub const fn name(self) -> &'static str {
        match self {
            Range::Hour => "1h",
            Range::SixHours => "6h",
            Range::Day => "24h",
            Range::Week => "7d",
        }
    }

    /// The form used in sentences, after "the": `last 24 hours`.
    pub const fn label(self) -> &'static str {
        match self {
            Range::Hour => "last hour",
            Range::SixHours => "last 6 hours",
            Range::Day => "last 24 hours",
            Range::Week => "last 7 days",
        }
    }

    /// Length in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Range::Hour => 3_600,
            Range::SixHours => 21_600,
            Range::Day => 86_400,
            Range::Week => 604_800,
        }
    }

    /// Length of one sparkline step in seconds.
    pub const fn step_seconds(self) -> u64 {
        self.seconds() / Range::STEPS
    }

    /// The range with this `name`.
    pub fn from_name(name: &str) -> Option<Range> {
        Range::ALL.into_iter().find(|range| range.name() == name)
    }
}
