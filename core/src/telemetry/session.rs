//! One session of one agent.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Numbers of one Claude Code session within a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Claude Code's session ID.
    pub id: String,
    /// Time of the last event within the range.
    pub last_seen: Option<Timestamp>,
    /// Estimated cost in millionths of a dollar. Source: Claude Code's own estimate.
    pub cost_micro_usd: u64,
    /// Number of requests to the model that succeeded.
    pub requests: u64,
    /// Number of output tokens.
    pub output_tokens: u64,
    /// Number of tool calls that ran.
    pub tool_calls: u64,
    /// Number of failed requests to the model.
    pub errors: u64,
}
