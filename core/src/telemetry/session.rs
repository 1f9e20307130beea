//! One session of one agent.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// One session of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The last event.
    pub last_seen: Option<Timestamp>,
    /// Millionths of a dollar.
    pub cost_micro_usd: u64,
    /// Requests to the model.
    pub requests: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
    /// Tools that ran.
    pub tool_calls: u64,
    /// Requests that failed for good.
    pub errors: u64,
}
