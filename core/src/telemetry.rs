//! What agents did and what it cost, as the panel shows it: numbers for a range, single events, and how data flows
//! through the stack. Whole numbers throughout: millionths of a dollar, tokens, seconds.
//!
//! Knows neither queries nor stores; those that answer are the server's business.

#[cfg(feature = "engine")]
pub mod answer;
#[cfg(feature = "engine")]
pub mod closer;
#[cfg(feature = "engine")]
pub mod event;
#[cfg(feature = "engine")]
pub mod gather;
#[cfg(feature = "engine")]
pub mod legs;
#[cfg(feature = "engine")]
pub mod lives;
#[cfg(feature = "engine")]
pub mod memory;
#[cfg(feature = "engine")]
pub mod query;

use serde::{Deserialize, Serialize};

use crate::{service::Service, timestamp::Timestamp};

/// Whose data it is, as `OTEL_RESOURCE_ATTRIBUTES` tagged it. Both are empty where nothing was tagged.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The project; `None` for an agent without one.
    pub project: Option<String>,
    /// The agent.
    pub agent: Option<String>,
}

/// How far back to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// The last hour.
    Hour,
    /// The last six hours.
    SixHours,
    /// The last 24 hours.
    #[default]
    Day,
    /// The last seven days.
    Week,
}

impl Range {
    /// Shortest first.
    pub const ALL: [Range; 4] = [Range::Hour, Range::SixHours, Range::Day, Range::Week];
    /// How many points a sparkline has, whatever the range.
    pub const STEPS: u64 = 30;

    /// As addresses and the stores' own languages write it: `1h`, `6h`, `24h`, `7d`.
    pub const fn name(self) -> &'static str {
        match self {
            Range::Hour => "1h",
            Range::SixHours => "6h",
            Range::Day => "24h",
            Range::Week => "7d",
        }
    }

    /// As people read it, after "the": `last 24 hours`.
    pub const fn words(self) -> &'static str {
        match self {
            Range::Hour => "last hour",
            Range::SixHours => "last 6 hours",
            Range::Day => "last 24 hours",
            Range::Week => "last 7 days",
        }
    }

    /// Its length.
    pub const fn seconds(self) -> u64 {
        match self {
            Range::Hour => 3_600,
            Range::SixHours => 21_600,
            Range::Day => 86_400,
            Range::Week => 604_800,
        }
    }

    /// The length of one point of a sparkline, in seconds.
    pub const fn step_seconds(self) -> u64 {
        self.seconds() / Range::STEPS
    }

    /// The range of that name.
    pub fn from_name(name: &str) -> Option<Range> {
        Range::ALL.into_iter().find(|range| range.name() == name)
    }
}

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

/// What a store that did not answer leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The store.
    pub store: Service,
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

/// Where an agent's connections went, as the firewall saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// The agent's addresses that were looked for; empty where none is known.
    pub addresses: Vec<String>,
    /// Domains, those blocked first, then by how often.
    pub domains: Vec<Domain>,
}

/// One domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// As `api.anthropic.com`.
    pub name: String,
    /// Connections let through.
    pub allowed: u64,
    /// Connections denied by Envoy.
    pub denied: u64,
    /// Lookups that CoreDNS did not resolve.
    pub unresolved: u64,
}

/// Where data comes from or goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Station {
    /// The agents.
    Agents,
    /// The firewall's containers.
    Firewall,
    /// A service of the stack.
    Service(Service),
}

/// What flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Points of metrics.
    Metrics,
    /// Events and log lines.
    Events,
    /// Spans.
    Traces,
    /// Questions that Grafana asks.
    Queries,
}

/// One leg of the data's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Where it comes from.
    pub from: Station,
    /// Where it goes.
    pub to: Station,
    /// What.
    pub signal: Signal,
    /// How many a second over the last minute, in thousandths; `None` where nobody says.
    pub per_second_milli: Option<u64>,
    /// How many were refused or given up within the last five minutes; `None` where nobody says.
    pub lost: Option<u64>,
}

/// All legs, by the services' own metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// In the order of the data's way.
    pub hops: Vec<Hop>,
    /// Why nothing is known of the rates, where Prometheus did not answer.
    pub error: Option<String>,
}
