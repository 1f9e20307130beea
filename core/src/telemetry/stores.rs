//! What is specific to Loki and Prometheus: the queries the panel sends, how their answers are read, and how telemetry's
//! plain values are put together from them. Pure; sending the queries is up to the server.

pub mod agent_details;
pub mod answers;
pub mod collector_runs;
pub mod hops;
pub mod last_seen;
pub mod numbers;
pub mod queries;
