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
/// The label type that the stand-in's modules import.
mod records {
    pub type Labels = std::collections::BTreeMap<String, String>;
}
#[path = "../../../end2end/stand-in/src/derived.rs"]
mod derived;
mod follow;
#[path = "../judges/grammar.rs"]
mod grammar;
#[path = "../judges/last_metric.rs"]
mod last_metric;
mod ledger;
#[path = "../judges/machine.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod machine;
mod many;
#[path = "../../../end2end/stand-in/src/promql.rs"]
mod promql;
mod questions;
#[path = "../judges/real_prometheus.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod real_prometheus;
#[path = "../judges/recorded.rs"]
#[expect(dead_code, reason = "shared with the judges, which use all of it")]
mod recorded;
mod recorded_answers;
mod sent;
mod store;

// The stand-in's `promql` uses it.
use promql_parser as _;
