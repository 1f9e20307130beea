//! OTLP, the telemetry protocol: its messages, and how they are encoded and decoded. Used by every sender and receiver of
//! telemetry. Knows nothing about agents.

mod encode;
pub mod messages;
pub mod metrics;
pub mod responses;

pub use responses::rejected_count;
