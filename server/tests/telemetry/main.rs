//! The panel's queries to the stores: recorded answers, failing stores, and a real Prometheus with data of simulated
//! agents.
//!
//! Some tests need the paths of programs: `MONITOR_TEST_PROMETHEUS`, `MONITOR_TEST_PROMTOOL`, and `MONITOR_TEST_LOGQL`,
//! the script for `node` that parses LogQL.

#[path = "../simulate/collector.rs"]
#[expect(dead_code, reason = "shared with the tests of the simulation, which use all of it")]
mod collector;
mod counters;
mod failures;
/// The label type that the stand-in's LogQL parser imports.
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
