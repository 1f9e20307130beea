//! Everything specific to Loki and Prometheus: the queries that the panel sends, how their answers are parsed, and how
//! the plain values of `telemetry` are computed from them. Pure functions; the server sends the queries.

pub mod agent_details;
pub mod answers;
pub mod collector_then;
pub mod egress;
pub mod hops;
pub mod last_seen;
pub mod loki_log;
pub mod losses;
pub mod mismatch;
pub mod numbers;
pub mod queries;
