//! The server side of clawker-monitor: Docker, files, jobs, HTTP and the command line.

pub mod docker;
pub mod engine;
