//! What agents did and what it cost within a range, in whole numbers: millionths of a dollar, tokens, seconds.

use serde::{Deserialize, Serialize};

use super::{Owner, Range};
use crate::timestamp::Timestamp;

/// Token counts by type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Input tokens that were not cached.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens read from the cache.
    pub cache_read: u64,
    /// Input tokens written to the cache.
    pub cache_creation: u64,
}

impl Tokens {
    /// The total of all four types.
    pub const fn sum(self) -> u64 {
        self.input + self.output + self.cache_read + self.cache_creation
    }
}

/// One owner's numbers within a range. `None` means that the store with this number did not answer; a store that
/// answered and has no data gives 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerNumbers {
    /// The owner of the data.
    pub owner: Owner,
    /// Whether the data comes from `clawker-monitor simulate`.
    pub simulated: bool,
    /// Time of the last event; `None` if there is no event within the range or Prometheus did not answer.
    pub last_seen: Option<Timestamp>,
    /// Number of distinct sessions.
    pub sessions: Option<u64>,
    /// Estimated cost in millionths of a dollar. Source: Claude Code's own estimate.
    pub cost_micro_usd: Option<u64>,
    /// Token counts by type.
    pub tokens: Option<Tokens>,
    /// Number of tool calls that ran.
    pub tool_calls: Option<u64>,
    /// Number of tool calls that ran and failed.
    pub tool_failures: Option<u64>,
    /// Active time in seconds: the user was typing, or the agent was working.
    pub active_seconds: Option<u64>,
    /// Lines of code added.
    pub lines_added: Option<u64>,
    /// Lines of code removed.
    pub lines_removed: Option<u64>,
    /// Estimated cost in millionths of a dollar for each of `Range::STEPS` steps, oldest first; empty if unknown.
    pub cost_over_time: Vec<u64>,
    /// Number of events for each of `Range::STEPS` steps, oldest first; empty if unknown.
    pub events_over_time: Vec<u64>,
}

/// A store of telemetry, named by its product. It may be part of the stack or remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// Stores metrics, including those derived from events: all numbers.
    Prometheus,
    /// Stores events and logs: lists of events, and connections.
    Loki,
    /// The built-in receiver's file: everything.
    BuiltIn,
}

impl Store {
    /// The display name.
    pub const fn title(self) -> &'static str {
        match self {
            Store::Prometheus => "Prometheus",
            Store::Loki => "Loki",
            Store::BuiltIn => "The built-in receiver",
        }
    }
}

/// A store that did not answer, and what is unknown because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The store that did not answer.
    pub store: Store,
    /// The reason, without a trailing period: `no answer on port 3100`.
    pub error: String,
    /// The unknown numbers as the page names them, comma separated: `tool calls, failures`.
    pub lacks: String,
}

/// The numbers of all owners for one range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// The range of all numbers.
    pub range: Range,
    /// The end of the range, by the server's clock.
    pub at: Timestamp,
    /// All owners with data within the range, sorted by owner. Simulated data is separate and comes last.
    pub owners: Vec<OwnerNumbers>,
    /// Stores that did not answer; empty if all did.
    pub missing: Vec<Missing>,
}
