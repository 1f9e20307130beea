//! Agents that are not there: what Claude Code would send if somebody worked with it, as a script without clock or
//! network. `script` says what happens in a session, `delta` adds it up as the JavaScript SDK does, `agent` decides what
//! leaves when, and `ledger` sums what arrived.
//!
//! **Invariant:** the same seed gives the same exports in the same order. All times are milliseconds of simulated time,
//! counted from the beginning of the simulation; who sends them says what they are on the wall's clock.
//!
//! Source of names, types and order: bodies recorded from Claude Code 2.0.30, 2.1.100 and 2.1.330, run headless with an
//! API key; of what they do not hold, Claude Code's documentation of its telemetry. The older two say here only what they
//! were recorded to say, and commits, pull requests and failed requests, which they are documented to have.

mod agent;
mod delta;
mod events;
mod identity;
mod ledger;
mod metric;
mod random;
mod release;
mod script;
#[cfg(test)]
mod tests;
mod tools;
mod turn;
mod value;

pub use agent::{Agent, Body, Export, Intervals};
pub use delta::{Counters, Point};
pub use identity::Identity;
pub use ledger::{AgentLedger, EventTotals, MetricTotals, Tokens};
pub use metric::Metric;
pub use release::Release;
pub use script::Record;
pub use value::{Attributes, Value};

/// The resource attribute that marks whatever is simulated; its value is the text `true`. It is set as Clawker sets
/// project and agent, by `OTEL_RESOURCE_ATTRIBUTES`, so that newer releases copy it onto each point and record.
pub const MARK: &str = "clawker.simulated";

/// The scope of metrics.
pub const METRICS_SCOPE: &str = "com.anthropic.claude_code";
/// The scope of events.
pub const EVENTS_SCOPE: &str = "com.anthropic.claude_code.events";

/// Every event that the newest release sends here. Not among them: `api_request_body` and `api_response_body`, which
/// Clawker does not turn on, and `system_prompt`, which is known by name only.
pub const EVENTS: [&str; 25] = [
    "api_error",
    "api_refusal",
    "api_request",
    "api_retries_exhausted",
    "assistant_response",
    "at_mention",
    "auth",
    "compaction",
    "feedback_survey",
    "hook_execution_complete",
    "hook_execution_start",
    "hook_plugin_metrics",
    "hook_registered",
    "internal_error",
    "managed_settings_resolved",
    "mcp_server_connection",
    "permission_mode_changed",
    "plugin_installed",
    "plugin_loaded",
    "retention_sweep",
    "skill_activated",
    "subagent_completed",
    "tool_decision",
    "tool_result",
    "user_prompt",
];
