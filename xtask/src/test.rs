//! `cargo xtask test`: every ring in order, and one line at the end that counts them all.

mod browser;
mod cargo_tests;
mod sizes;
mod tally;
mod walls;

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    paths::Paths,
    stand_ins,
    step::{output, print, say, words},
    tools,
};
use tally::Tally;

/// Runs everything. Succeeds only where nothing failed and, with `CI=true`, nothing was skipped.
pub fn run_all(paths: &Paths) -> Result<ExitCode> {
    let mut tally = Tally::default();
    say("looking for what the tests need");
    let tools = tools::ensure_all(paths)?;

    tally.ring("formatting", |tally| check(tally, paths, "cargo fmt --check", &["fmt", "--all", "--check"]));
    tally.ring("walls", |tally| walls::check_all(tally, paths));
    tally.ring("clippy, each feature on its own target", |tally| clippy(tally, paths));
    let mut binary = None;
    tally.ring("the build and its sizes", |tally| match crate::build(paths) {
        Ok(built) => {
            tally.pass("cargo xtask build");
            sizes::check_all(tally, paths, &built);
            binary = Some(built);
        }
        Err(error) => tally.fail("cargo xtask build", &format!("{error:#}")),
    });
    let mut stand_ins_are_there = false;
    if let Some(engine) = &tools.engine {
        tally.ring("stand-in images", |tally| match stand_ins::import(paths, engine) {
            Ok(_) => {
                stand_ins_are_there = true;
                tally.pass("docker import");
            }
            Err(error) => tally.fail("docker import", &format!("{error:#}")),
        });
    }
    let needs = cargo_tests::Needs { tools: &tools, binary: binary.as_deref(), stand_ins: stand_ins_are_there };
    tally.ring("cargo test", |tally| cargo_tests::run_all(tally, paths, &needs));
    tally.ring("browser", |tally| browser::run_all(tally, paths, &needs));

    // An Engine of our own is stopped before the last line, which stays the last.
    drop(tools);
    tally.list_failures();
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if is_ci && tally.skipped > 0 {
        say("in CI nothing may be skipped");
    }
    print(&tally.summary());
    let fails = tally.failed > 0 || (is_ci && tally.skipped > 0);
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// One cargo command that passes or fails.
fn check(tally: &mut Tally, paths: &Paths, name: &str, arguments: &[&str]) {
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).args(arguments);
    match output(&mut command) {
        Ok(output) if output.status.success() => tally.pass(name),
        Ok(output) => tally.fail(
            name,
            &format!(
                "`{}`\n{}{}",
                words(&command),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
        ),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}

fn clippy(tally: &mut Tally, paths: &Paths) {
    let strict = ["--", "-D", "warnings"];
    let host = ["clippy", "--quiet", "--workspace", "--exclude", "monitor-frontend", "--all-targets"];
    let browser = ["clippy", "--quiet", "--package", "monitor-frontend", "--target", "wasm32-unknown-unknown"];
    let rules = ["clippy", "--quiet", "--package", "monitor-core"];
    if let Err(error) = crate::wasm::ensure_target(paths) {
        tally.fail("wasm32 target", &format!("{error:#}"));
    }
    check(tally, paths, "clippy on the host", &[&host[..], &strict].concat());
    check(tally, paths, "clippy for the browser", &[&browser[..], &strict].concat());
    check(tally, paths, "clippy of core without features", &[&rules[..], &strict].concat());
}
