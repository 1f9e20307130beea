//! Agents' telemetry from any kind of store. `source` defines the queries. Each kind of store has its own folder: `stack`
//! queries the Prometheus and Loki of the six-service stack.

mod source;
mod stack;

pub use source::{NoAnswer, TelemetrySource};
pub use stack::{Dashboards, StackStores, StackTelemetry};
