//! `cargo xtask`: builds, runs, tests and measures clawker-monitor. Building needs only Rust. Before it installs anything,
//! it says so.

mod bench;
mod build;
mod end2end;
mod panel;
mod paths;
mod site;
mod stand_ins;
mod step;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use paths::Paths;
use step::say;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, runs, tests and measures clawker-monitor.")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build `target/release/clawker-monitor`: one small file that holds everything
    Build,
    /// Build quickly, then run `clawker-monitor` with the arguments after `--` (default: `serve`)
    Run {
        /// Arguments of `clawker-monitor`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the tests, from formatting to a real browser
    Test {
        /// A ring, or a part of a test's name (default: every ring)
        filter: Option<String>,
        /// List the rings
        #[arg(long, conflicts_with_all = ["filter", "long"])]
        list: bool,
        /// Run the rings that take too long for every run
        #[arg(long)]
        long: bool,
    },
    /// Compare with Docker Compose and write `docs/BENCHMARKS.md`
    Bench {
        /// Repetitions of each measurement, of which the median is reported
        #[arg(long, default_value_t = 7)]
        runs: usize,
    },
    /// Build the six stand-in images and print the settings that use them
    StandIns,
    /// Take the README's screenshots with Chromium
    Screenshots,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match perform(arguments.task) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    let paths = Paths::find()?;
    match task {
        Task::Build => build::build_small(&paths)?,
        Task::Run { arguments } => {
            let arguments = if arguments.is_empty() { vec!["serve".to_owned()] } else { arguments };
            let status = build::run_panel(&paths, &arguments)?;
            return Ok(status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from));
        }
        Task::Test { list: true, .. } => test::list(&paths)?,
        Task::Test { filter, long: true, .. } => return test::run_long(&paths, filter.as_deref()),
        Task::Test { filter, .. } => return test::run(&paths, filter.as_deref()),
        Task::Bench { runs } => bench::run_all(&paths, runs)?,
        Task::StandIns => {
            let engine = tools::ensure_engine(&paths)?;
            let images = stand_ins::import(&paths, &engine)?;
            step::print(&stand_ins::settings_yaml(&images));
        }
        Task::Screenshots => end2end::screenshots(&paths)?,
    }
    Ok(ExitCode::SUCCESS)
}
