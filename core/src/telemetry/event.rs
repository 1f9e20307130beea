//! One event of an agent, in the form the panel shows.

#[cfg(feature = "engine")]
mod recent;
#[cfg(feature = "engine")]
mod record;
#[cfg(feature = "engine")]
mod summary;

#[cfg(feature = "engine")]
pub use recent::RecentEvents;
#[cfg(feature = "engine")]
pub use record::{EventPosition, EventRecord, events_in_order};
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// One event of an agent, in the form the panel shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentEvent {
    /// Time of the event, to the millisecond.
    pub at: Timestamp,
    /// Identifies the event among all events of the agent, and sorts in order of time; see `EventPosition`.
    pub id: String,
    /// The event's name without the prefix `claude_code.`, for example `tool_result`.
    pub name: String,
    /// Claude Code's session ID; empty if the event has none.
    pub session: String,
    /// The event on one line of at most 200 characters: `Bash · 1.2 s`.
    pub summary: String,
    /// Whether the event reports a failure.
    pub failed: bool,
    /// All other fields with their names, sorted by name; each value is truncated to 2000 bytes.
    pub fields: Vec<(String, String)>,
}
