//! The stores before the panel's questions: recorded ones, failing ones, and a real Prometheus with simulated agents.
//!
//! `MONITOR_TEST_PROMETHEUS` and `MONITOR_TEST_PROMTOOL` are the programs' paths, `MONITOR_TEST_LOGQL` that of the script
//! that parses LogQL, for `node`: for the tests that need them.

#[path = "../simulate/collector.rs"]
#[expect(dead_code, reason = "shared with the tests of the simulation, which use all of it")]
mod collector;
mod counters;
mod failures;
/// What the stand-in's reader of LogQL calls labels.
mod records {
    pub type Labels = std::collections::BTreeMap<String, String>;
}
mod follow;
#[path = "../judges/grammar.rs"]
mod grammar;
mod ledger;
#[path = "../../../end2end/stand-in/src/logql.rs"]
#[expect(dead_code, reason = "shared with the stand-in, which shows lines as well")]
mod logql;
#[path = "../judges/machine.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod machine;
mod many;
mod questions;
#[path = "../judges/real_prometheus.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod real_prometheus;
#[path = "../judges/recorded.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod recorded;
mod recorded_answers;
mod store;
