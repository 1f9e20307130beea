//! The rings of `cargo xtask test --long`: what takes too long for every run.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use super::tally::Tally;
use crate::{
    panel::{Home, Panel, get},
    paths::Paths,
    stand_ins,
    step::{on_path, run, run_quietly, say},
    tools::{self, Tool},
};

/// How many generated settings files each property test edits. An ordinary run edits 300. Of mutated texts, each test
/// reads 20 times as many.
const SETTINGS_FILES: &str = "20000";

/// The code that cargo-mutants breaks on purpose.
const MUTATED: [&str; 5] = [
    "core/src/settings/**/*.rs",
    "server/src/jobs*",
    "server/src/hub*",
    "server/src/work/**/*.rs",
    "server/src/panel/**/*.rs",
];

pub struct LongRing {
    pub name: &'static str,
    pub about: &'static str,
    run: fn(&mut Tally, &Paths),
}

impl LongRing {
    pub fn run(&self, tally: &mut Tally, paths: &Paths) {
        tally.ring(self.name, |tally| (self.run)(tally, paths));
    }
}

pub const RINGS: [LongRing; 6] = [
    LongRing {
        name: "settings-files",
        about: "the property tests of the settings editor on 20,000 generated files",
        run: settings_files,
    },
    LongRing {
        name: "mutations",
        about: "400,000 random mutations of files, answers and logs from outside, for each kind of reader",
        run: mutations,
    },
    LongRing {
        name: "first-build",
        about: "`cargo xtask run` in a fresh clone, from nothing to a page with its WebAssembly",
        run: first_build,
    },
    LongRing {
        name: "real-outage",
        about: "every total on the real programs after an hour without Loki and one without Prometheus",
        run: real_outage,
    },
    LongRing {
        name: "operations",
        about: "10,000 random operations on the stack's containers, after each of which every surface agrees with the Engine",
        run: operations,
    },
    LongRing { name: "mutants", about: "cargo-mutants on the settings, jobs and work of the server", run: mutants },
];

fn settings_files(tally: &mut Tally, paths: &Paths) {
    with_many_files(tally, paths, "settings-files", &["--lib", "settings::edit"]);
}

fn mutations(tally: &mut Tally, paths: &Paths) {
    with_many_files(tally, paths, "mutations", &["--test", "mutations"]);
}

fn with_many_files(tally: &mut Tally, paths: &Paths, name: &str, tests: &[&str]) {
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).env("MONITOR_TEST_FILES", SETTINGS_FILES);
    command.args([
        "test",
        "--quiet",
        "--package",
        "monitor-core",
        "--features",
        "engine",
        "--profile",
        "quick",
        "--target",
        "host-tuple",
    ]);
    outcome(tally, name, run(command.args(tests)));
}

/// How long Loki, then Prometheus, is away, in seconds. 20 in an ordinary run.
const OUTAGE: &str = "3600";

fn real_outage(tally: &mut Tally, paths: &Paths) {
    let test = "every_total_equals_the_ledger_though_programs_are_killed";
    on_engine(tally, paths, "real-outage", Some(Tool::RealPrograms), ["real", test], ("MONITOR_TEST_OUTAGE", OUTAGE));
}

/// How many operations somebody carries out. 500 in an ordinary run.
const OPERATIONS: &str = "10000";

fn operations(tally: &mut Tally, paths: &Paths) {
    let test = "whatever_happens_to_containers_every_surface_agrees_with_the_engine";
    on_engine(tally, paths, "operations", None, ["journey", test], ("MONITOR_TEST_OPERATIONS", OPERATIONS));
}

/// Runs one test of an integration target, which needs the Engine, with a variable that makes it long.
fn on_engine(
    tally: &mut Tally,
    paths: &Paths,
    name: &str,
    also: Option<Tool>,
    [target, test]: [&str; 2],
    (variable, value): (&str, &str),
) {
    let wanted: BTreeSet<Tool> = [Tool::Engine, Tool::StandIns].into_iter().chain(also).collect();
    let tools = tools::ensure(paths, &wanted);
    let Some(engine) = tools.engine.as_ref().filter(|_| also.is_none_or(|tool| tools.has(tool))) else {
        let also = also.map(|tool| format!(" and {}", tool.name())).unwrap_or_default();
        return tally.skip(name, &format!("needs {}{also}", Tool::Engine.name()));
    };
    if let Err(error) = stand_ins::import(paths, engine) {
        return tally.fail(name, &format!("{error:#}"));
    }
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).args(["test", "--quiet", "--package", "clawker-monitor", "--test", target, "--"]);
    command.args(["--include-ignored", test]);
    tools.set_variables(paths, &mut command);
    outcome(tally, name, run(command.env(variable, value)));
}

fn mutants(tally: &mut Tally, paths: &Paths) {
    if on_path("cargo-mutants").is_none() {
        return tally.skip("mutants", "cargo-mutants is not installed (`cargo install cargo-mutants`)");
    }
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).args(["mutants", "--no-shuffle", "--timeout", "120", "--output"]);
    command.arg(&paths.target).args(MUTATED.iter().flat_map(|files| ["--file", files]));
    let code = command.status().ok().and_then(|status| status.code());
    let list = paths.target.join("mutants.out").join("missed.txt");
    match (code, fs::read_to_string(&list)) {
        // 2 means that mutants survived, 3 that some timed out. That is for people to judge.
        (Some(0 | 2 | 3), Ok(survivors)) => {
            tally.pass(&format!("mutants: {} survived, listed in `{}`", survivors.lines().count(), list.display()));
        }
        (code, _) => tally.fail("mutants", &format!("cargo-mutants did not finish (exit code {code:?})")),
    }
}

fn first_build(tally: &mut Tally, paths: &Paths) {
    let folder = paths.target.join("first-build");
    let outcome_of_build = build_clone(paths, &folder);
    let removed = fs::remove_dir_all(&folder).context("the clone could not be removed");
    match outcome_of_build.and_then(|duration| removed.map(|()| duration)) {
        Ok(duration) => tally.pass(&format!("first build: {:.0} s", duration.as_secs_f64())),
        Err(error) => tally.fail("first build", &format!("{error:#}")),
    }
}

/// Clones what is committed, builds it, and loads the first page.
fn build_clone(paths: &Paths, folder: &Path) -> Result<Duration> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    run_quietly(Command::new("git").args(["clone", "--quiet", "--no-hardlinks"]).arg(&paths.root).arg(folder))?;
    let target = folder.join("target");
    let started = Instant::now();
    // Through the alias, as a newcomer does; this xtask was built from other sources.
    let mut command = Command::new("cargo");
    command.current_dir(folder).env("CARGO_TARGET_DIR", &target).args(["xtask", "run", "--", "--version"]);
    run(&mut command)?;
    let duration = started.elapsed();

    let binary = find_binary(&target)?;
    let home = Home::new("first-build", "")?;
    let panel = Panel::start(home.command(&binary))?;
    let page = get(&panel.address, "/", "identity")?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let module = page.split(['"', '\'']).find(|word| word.starts_with("/pkg/") && word.ends_with(".wasm"));
    let module = module.context("the page names no WebAssembly")?;
    let response = get(&panel.address, module, "gzip")?;
    ensure!(response.status == 200, "`GET {module}` answered {}", response.status);
    say(&format!("   the WebAssembly of the first page is {} bytes", response.wire_bytes));
    Ok(duration)
}

fn find_binary(target: &Path) -> Result<std::path::PathBuf> {
    let folders = fs::read_dir(target)?.flatten().map(|entry| entry.path());
    let mut found = folders.map(|folder| folder.join("quick").join("clawker-monitor"));
    match found.find(|binary| binary.is_file()) {
        Some(binary) => Ok(binary),
        None => bail!("`{}` holds no `clawker-monitor`", target.display()),
    }
}

fn outcome(tally: &mut Tally, name: &str, outcome: Result<()>) {
    match outcome {
        Ok(()) => tally.pass(name),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}
