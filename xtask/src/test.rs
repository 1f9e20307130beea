//! `cargo xtask test`: every ring in order, or those that a filter selects, and one line at the end that counts them.

mod browser;
mod cargo_tests;
mod elf;
mod long;
mod needs;
mod real;
mod rings;
mod sizes;
mod tally;
mod walls;

use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};

use crate::{
    build::{self, Build},
    paths::Paths,
    stand_ins,
    step::{command_line, output, print, say},
    tools::{self, Tool, Tools},
};
use rings::{Ring, Selected};
use tally::Tally;

/// Prints the rings and what each of them tests.
pub fn list(paths: &Paths) -> Result<()> {
    let mut lines = String::new();
    let mut add = |name: &str, about: &str| lines.push_str(&format!("{name:16} {about}\n"));
    for ring in rings::all(paths)? {
        add(ring.name(), &ring.about());
    }
    for ring in &long::RINGS {
        add(ring.name, &format!("{} (with --long)", ring.about));
    }
    print(&lines);
    Ok(())
}

/// Runs every ring or, with a filter, the ring of that name or the tests whose name contains it.
pub fn run(paths: &Paths, filter: Option<&str>) -> Result<ExitCode> {
    let selected = rings::select(paths, rings::all(paths)?, filter)?;
    let mut wanted = BTreeSet::new();
    for selected in &selected {
        wanted.extend(selected.ring.tools(paths, selected.test.as_deref())?);
    }
    if !wanted.is_empty() {
        say("looking for what the tests need");
    }
    let mut tools = tools::ensure(paths, &wanted);
    let mut tally = Tally::default();
    // The sizes are those of the small build, so a whole run has no other.
    let build = if filter.is_none() { Build::Small } else { Build::Quick };
    for selected in &selected {
        let needs = selected.ring.tools(paths, selected.test.as_deref())?;
        if needs.contains(&Tool::StandIns) && !tools.stand_ins {
            import_stand_ins(&mut tally, paths, &mut tools);
        }
        tally.ring(selected.ring.name(), |tally| run_ring(tally, paths, &tools, selected, build));
    }
    if filter == Some("real") && tally.failed == 0 {
        real::write_document(paths, &tools)?;
    }
    // An Engine that was started for this run is stopped before the summary, which is the last line.
    drop(tools);
    Ok(finish(&tally))
}

/// Runs the rings that take too long for every run, or the one that the filter names.
pub fn run_long(paths: &Paths, filter: Option<&str>) -> Result<ExitCode> {
    let mut tally = Tally::default();
    let mut selected = long::RINGS.iter().filter(|ring| filter.is_none_or(|filter| ring.name == filter)).peekable();
    if selected.peek().is_none() {
        bail!("no long ring has that name; `cargo xtask test --list` lists them");
    }
    for ring in selected {
        ring.run(&mut tally, paths);
    }
    Ok(finish(&tally))
}

fn run_ring(tally: &mut Tally, paths: &Paths, tools: &Tools, selected: &Selected, build: Build) {
    match &selected.ring {
        Ring::Formatting => check(tally, paths, "cargo fmt --check", &["fmt", "--all", "--check"]),
        Ring::Walls => walls::check_all(tally, paths),
        Ring::Clippy => clippy(tally, paths),
        Ring::Sizes => match build::make(paths, Build::Small) {
            Ok(built) => {
                tally.pass("cargo xtask build");
                sizes::check_all(tally, paths, &built);
            }
            Err(error) => tally.fail("cargo xtask build", &format!("{error:#}")),
        },
        Ring::Unit | Ring::Integration(_) | Ring::Documentation => {
            if selected.ring.name() == "real" && selected.test.is_none() {
                real::run(tally, paths, tools, selected);
            } else {
                cargo_tests::run(tally, paths, tools, selected);
            }
        }
        Ring::Browser => match build::make(paths, build) {
            Ok(binary) => browser::run(tally, paths, tools, &binary, selected.test.as_deref()),
            Err(error) => tally.fail("the binary for the browser tests", &format!("{error:#}")),
        },
    }
}

fn import_stand_ins(tally: &mut Tally, paths: &Paths, tools: &mut Tools) {
    let Some(engine) = &tools.engine else { return };
    let mut imported = false;
    tally.ring("stand-in images", |tally| match stand_ins::import(paths, engine) {
        Ok(_) => {
            imported = true;
            tally.pass("docker import");
        }
        Err(error) => tally.fail("docker import", &format!("{error:#}")),
    });
    tools.stand_ins = imported;
}

/// Prints the summary. Success means that nothing failed and, with `CI=true`, that nothing was skipped.
fn finish(tally: &Tally) -> ExitCode {
    tally.report();
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if is_ci && tally.skipped > 0 {
        say("with CI=true, skipped tests count as failed");
    }
    print(&tally.summary());
    let fails = tally.failed > 0 || (is_ci && tally.skipped > 0);
    if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS }
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
                command_line(&command),
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
