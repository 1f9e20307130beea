//! OTLP, the protocol of telemetry: its messages, and building and reading them. Knows no agents; used by whatever sends
//! or receives telemetry.

mod decode;
mod encode;
pub mod messages;

pub use decode::rejected_count;
