//! The stack with the real collector, Prometheus and Jaeger, on the real Engine: what starts, what the programs log, and
//! whether every number that comes out is one that went in. Where a registry answers, Loki, Grafana and Promtail are real
//! too; elsewhere their stand-ins play them, with the real ones' limits.
//!
//! `MONITOR_TEST_REAL` names the file in which `cargo xtask test` lists the images. The containers' names are fixed, so
//! these tests run one at a time and need an Engine without a stack.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[expect(dead_code, reason = "shared with the journeys, which also read programs line by line")]
#[path = "../journey/process.rs"]
mod process;
// Shared with the tests in core.
#[path = "../../../core/tests/support/queries.rs"]
mod queries;

mod causes;
mod claude_code;
mod claude_container;
mod connect;
mod images;
mod limits;
mod logs;
mod model_api;
mod panel_numbers;
mod points;
mod schema;
mod stack;
mod starts;
mod stores;
mod table;
mod totals;
