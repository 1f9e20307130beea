//! What agents did and what it cost: plain values that every source of telemetry fills and the panel shows. All numbers
//! are whole numbers: millionths of a dollar, tokens, seconds.
//!
//! Only `stores` knows Loki and Prometheus: their query languages, their answers, and how the plain values are computed
//! from them. Nothing else in this module depends on `stores`.

#[cfg(feature = "engine")]
mod collector_then;
mod egress;
pub mod event;
mod flow;
mod last_seen;
mod losses;
mod numbers;
mod owner;
mod range;
#[cfg(feature = "engine")]
pub mod series;
mod session;
#[cfg(feature = "engine")]
pub mod stores;

#[cfg(feature = "engine")]
pub use collector_then::CollectorThen;
pub use egress::{Destination, Egress, Target};
pub use event::AgentEvent;
pub use flow::{Backlog, Flow, Hop, Signal, Station};
pub use last_seen::{LastSeen, OwnerLastSeen};
#[cfg(feature = "engine")]
pub use losses::LossReason;
pub use losses::{Losses, Mismatch};
pub use numbers::{Missing, Numbers, OwnerNumbers, Store, Tokens};
pub use owner::{Owner, Sender};
pub use range::Range;
pub use session::Session;

/// The `service.name` that Claude Code sends with its telemetry. Loki keeps it as the label `service_name`.
pub const CLAUDE_CODE_SERVICE: &str = "claude-code";
