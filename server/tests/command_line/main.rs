//! The binary, run against an Engine in this process: what it prints, where, and with which exit code.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod engine;
mod errors;
mod installation;
mod interrupted;
mod liars;
mod limits;
mod lying_peers;
#[path = "../journey/process.rs"]
#[expect(dead_code, reason = "shared with the journey, which uses all of it")]
mod process;
mod terminal;
mod two_containers;
