//! What agents did, from wherever it is kept. `source` says what can be asked; each kind of store is a folder of its own:
//! `stack` asks the six-service stack's Prometheus and Loki.

mod source;
mod stack;

pub use source::{NoAnswer, TelemetrySource};
pub use stack::{Dashboards, StackStores, StackTelemetry};
