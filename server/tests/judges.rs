//! The generated files before the real programs that read them. Ours is right when they say so.
//!
//! `MONITOR_TEST_COMPOSE` is the path of `docker-compose`, `MONITOR_TEST_PROMTOOL` that of `promtool`.

#[path = "judges/compose.rs"]
mod compose;
#[path = "judges/machine.rs"]
mod machine;
#[path = "judges/prometheus.rs"]
mod prometheus;
