//! The generated files, checked by the real programs that read them.
//!
//! Paths of programs: `MONITOR_TEST_COMPOSE` (`docker-compose`), `MONITOR_TEST_PROMTOOL`, `MONITOR_TEST_PROMETHEUS`,
//! and `MONITOR_TEST_LOGQL`, the script for `node` that parses LogQL.

#[path = "judges/collector_then.rs"]
mod collector_then;
#[path = "judges/compose.rs"]
mod compose;
#[path = "judges/dashboard.rs"]
mod dashboard;
// Shared with the stand-ins.
#[path = "../../end2end/stand-in/src/derived.rs"]
mod derived;
#[path = "judges/grammar.rs"]
mod grammar;
#[path = "judges/last_metric.rs"]
mod last_metric;
#[path = "judges/logql.rs"]
mod logql;
#[path = "judges/machine.rs"]
mod machine;
#[path = "judges/prometheus.rs"]
mod prometheus;
// Shared with the tests in core.
#[path = "../../core/tests/support/queries.rs"]
mod queries;
#[path = "judges/real_prometheus.rs"]
mod real_prometheus;
#[path = "judges/recorded.rs"]
mod recorded;
/// The label type that the stand-in's modules import.
mod records {
    pub type Labels = std::collections::BTreeMap<String, String>;
}
#[path = "judges/scraping.rs"]
mod scraping;
#[path = "judges/stored.rs"]
mod stored;
