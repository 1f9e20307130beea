//! OTLP, the telemetry protocol: its messages, and how they are encoded and decoded. Used by every sender and receiver of
//! telemetry. Knows nothing about agents.

mod decode;
mod encode;
pub mod messages;

pub use decode::rejected_count;
