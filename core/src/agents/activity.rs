//! What an agent is doing, as far as its events tell. Independent of whether its telemetry works.

#[cfg(feature = "engine")]
mod from_events;
#[cfg(feature = "engine")]
mod session;

#[cfg(feature = "engine")]
pub use from_events::activity;
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// A request to the model or a tool call is running.
    Working,
    /// Its turn ended, or it asks for a permission or an answer.
    WaitingForPerson,
    /// Its last request failed, and it may try again.
    Retrying,
    /// Its last request was refused because of a rate limit.
    RateLimited,
    /// Nothing happened for a long time.
    Idle,
    /// A call has no result for longer than calls of its kind take.
    PerhapsStuck,
}

impl ActivityKind {
    /// All kinds.
    pub const ALL: [ActivityKind; 6] = [
        ActivityKind::Working,
        ActivityKind::WaitingForPerson,
        ActivityKind::Retrying,
        ActivityKind::RateLimited,
        ActivityKind::Idle,
        ActivityKind::PerhapsStuck,
    ];

    /// The display name.
    pub const fn title(self) -> &'static str {
        match self {
            ActivityKind::Working => "Working",
            ActivityKind::WaitingForPerson => "Waiting for you",
            ActivityKind::Retrying => "Retrying",
            ActivityKind::RateLimited => "Rate-limited",
            ActivityKind::Idle => "Idle",
            ActivityKind::PerhapsStuck => "Perhaps stuck",
        }
    }
}

/// What an agent is doing, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// What it is doing.
    pub kind: ActivityKind,
    /// Since when.
    pub since: Timestamp,
    /// The events that show it, as a clause with literals in backticks. Times are in RFC 3339.
    pub evidence: String,
}
