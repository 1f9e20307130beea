//! Agents' telemetry from any kind of store. `source` defines the queries. Each kind of store has its own folder: `stack`
//! queries the Prometheus and Loki of the six-service stack, `built_in` reads the file of the built-in receiver. `chosen`
//! is the one of them that has the data.

mod built_in;
mod cached;
mod chosen;
mod source;
mod stack;

pub use built_in::BuiltInTelemetry;
pub use chosen::ChosenTelemetry;
pub use source::{NoAnswer, TelemetrySource};
pub use stack::{Dashboards, StackStores, StackTelemetry};
