//! What agents did and what it cost within a range, in whole numbers: millionths of a dollar, tokens, seconds.

use serde::{Deserialize, Serialize};

use super::{Owner, Range};
use crate::timestamp::Timestamp;

/// Tokens by type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Sent to the model, uncached.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written into the cache.
    pub cache_creation: u64,
}

impl Tokens {
    /// All of them.
    pub const fn sum(self) -> u64 {
        self.input + self.output + self.cache_read + self.cache_creation
    }
}

/// What one owner's agents did within the range. `None`: the store that would know did not answer. A store that
/// answered and holds nothing is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerNumbers {
    /// Whose.
    pub owner: Owner,
    /// Made up by `clawker-monitor simulate`.
    pub simulated: bool,
    /// The last event.
    pub last_seen: Option<Timestamp>,
    /// Different sessions.
    pub sessions: Option<u64>,
    /// Millionths of a dollar; Claude Code's own estimate.
    pub cost_micro_usd: Option<u64>,
    /// Tokens.
    pub tokens: Option<Tokens>,
    /// Tools that ran.
    pub tool_calls: Option<u64>,
    /// Those of them that failed.
    pub tool_failures: Option<u64>,
    /// Seconds in which somebody typed or something ran.
    pub active_seconds: Option<u64>,
    /// Lines of code.
    pub lines_added: Option<u64>,
    /// Lines of code.
    pub lines_removed: Option<u64>,
    /// Millionths of a dollar for each of `Range::STEPS` steps, oldest first; empty where it is not known.
    pub cost_over_time: Vec<u64>,
    /// Events for each of `Range::STEPS` steps, oldest first; empty where it is not known.
    pub events_over_time: Vec<u64>,
}

/// A store of telemetry, by the product that answers, wherever it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// Metrics.
    Prometheus,
    /// Events and logs.
    Loki,
}

impl Store {
    /// The name people read.
    pub const fn title(self) -> &'static str {
        match self {
            Store::Prometheus => "Prometheus",
            Store::Loki => "Loki",
        }
    }
}

/// What a store that did not answer leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The store.
    pub store: Store,
    /// Why, in its words or ours: `no answer on port 3100`.
    pub error: String,
    /// What is not known for that reason, as it is called on the page: `tool calls, failures`.
    pub lacks: String,
}

/// The numbers of everybody for one range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// The range.
    pub range: Range,
    /// The end of the range, by the server's clock.
    pub at: Timestamp,
    /// Everybody of whom anything is known within the range, ordered by owner; simulated ones apart.
    pub owners: Vec<OwnerNumbers>,
    /// Stores that did not answer.
    pub missing: Vec<Missing>,
}
