//! Agents that are played, held against those that were recorded, and their ledger against what arrived.
//!
//! `MONITOR_TEST_PROMETHEUS` and `MONITOR_TEST_PROMTOOL` are the programs' paths, for the one test that needs them.

mod bodies;
mod collector;
mod command;
#[path = "../judges/machine.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod machine;
mod play;
mod prometheus;
#[path = "../judges/real_prometheus.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod real_prometheus;
#[path = "../judges/recorded.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod recorded;
mod sender;
mod shapes;
