//! Test doubles and a harness for the server's integration tests: a container engine, telemetry stores and service
//! readiness in memory, and a whole panel built on them. The product never depends on this crate.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

pub mod deadline;
pub mod fake_engine;
pub mod fake_readiness;
pub mod fake_telemetry;
pub mod harness;
pub mod services;
