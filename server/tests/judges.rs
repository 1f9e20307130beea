//! The generated files before the real programs that read them. Ours is right when they say so.
//!
//! `MONITOR_TEST_COMPOSE` is the path of `docker-compose`, `MONITOR_TEST_PROMTOOL` that of `promtool`,
//! `MONITOR_TEST_PROMETHEUS` that of `prometheus`; `MONITOR_TEST_LOGQL` is the script that parses LogQL, for `node`.

#[path = "judges/compose.rs"]
mod compose;
#[path = "judges/dashboard.rs"]
mod dashboard;
#[path = "judges/grammar.rs"]
mod grammar;
#[path = "judges/logql.rs"]
mod logql;
#[path = "judges/machine.rs"]
mod machine;
#[path = "judges/prometheus.rs"]
mod prometheus;
// The tests in core read the same questions.
#[path = "../../core/tests/support/queries.rs"]
mod queries;
#[path = "judges/real_prometheus.rs"]
mod real_prometheus;
#[path = "judges/recorded.rs"]
mod recorded;
#[path = "judges/scraping.rs"]
mod scraping;
