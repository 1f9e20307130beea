//! The binary, run against an Engine in this process: what it prints, where, and with which exit code.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod engine;
mod errors;
mod installation;
mod interrupted;
mod limits;
mod terminal;
mod two_containers;
