//! Simulated agents: what Claude Code would send during real work, as a script without clock or network. `script`
//! writes the sessions, `delta` aggregates counters like the JavaScript SDK, `agent` decides what is exported when, and
//! `ledger` totals what arrived.
//!
//! **Invariant:** the same seed gives the same exports in the same order. All times are milliseconds of simulated time
//! since the start of the simulation; the sender maps them to wall-clock time.
//!
//! Source of names, types, and order: request bodies recorded from Claude Code 2.0.30, 2.1.100, and 2.1.330, run
//! headless with an API key; for everything else, Claude Code's documentation of its telemetry. The two older releases
//! only send what was recorded, plus commits, pull requests, and failed requests, as documented.

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

/// The resource attribute that marks simulated data; its value is the text `true`. It is set in
/// `OTEL_RESOURCE_ATTRIBUTES` like project and agent, so newer releases copy it to each data point and record.
pub const MARK: &str = "clawker.simulated";

/// The instrumentation scope of metrics.
pub const METRICS_SCOPE: &str = "com.anthropic.claude_code";
/// The instrumentation scope of events.
pub const EVENTS_SCOPE: &str = "com.anthropic.claude_code.events";

/// All events that the newest release sends in a simulation. Not included: `api_request_body` and `api_response_body`,
/// which Clawker does not enable, and `system_prompt`, of which only the name is known.
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
