//! The real binary on files that are changed by many at once, and on what is no file at all. Needs no Engine.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod connect;
mod not_files;
#[path = "../journey/process.rs"]
#[expect(dead_code, reason = "shared with the journey, which uses all of it")]
mod process;
mod writers;

use std::{
    path::Path,
    process::{Command, Output},
};

/// A command of the binary with its settings and data in this folder, and without an Engine.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = process::panel(folder, arguments);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    process::output(&mut command(folder, arguments))
}
