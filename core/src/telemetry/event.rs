//! One event of an agent, as people read it.

#[cfg(feature = "engine")]
mod record;
#[cfg(feature = "engine")]
mod summary;

#[cfg(feature = "engine")]
pub use record::{EventPosition, EventRecord, events_in_order};
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// One event of an agent, as Loki keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Tells events of the same moment apart: Loki's nanoseconds and the number within the session.
    pub id: String,
    /// As `tool_result`.
    pub name: String,
    /// The session's id.
    pub session: String,
    /// The event in a few words: `Bash · 1.2 s`.
    pub summary: String,
    /// It tells of a failure.
    pub failed: bool,
    /// The rest of what it says, by name, each cut to a length one can read.
    pub fields: Vec<(String, String)>,
}
