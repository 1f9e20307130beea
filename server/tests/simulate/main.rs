//! Simulated agents, compared with recorded ones, and their ledger, compared with what arrived.
//!
//! One test needs the paths of programs: `MONITOR_TEST_PROMETHEUS` and `MONITOR_TEST_PROMTOOL`.

mod bodies;
mod collector;
mod command;
mod data;
#[path = "../judges/machine.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod machine;
mod play;
mod prometheus;
#[path = "../judges/real_prometheus.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod real_prometheus;
mod receive;
#[path = "../judges/recorded.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod recorded;
mod sender;
mod shapes;
