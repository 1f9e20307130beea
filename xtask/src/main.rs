//! `cargo xtask`: builds, runs, tests and measures clawker-monitor. Needs nothing but Rust to build; says what it
//! installs before it does.

mod bench;
mod end2end;
mod panel;
mod paths;
mod site;
mod stand_ins;
mod step;
mod test;
mod tools;
mod wasm;

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use paths::Paths;
use step::{run, say};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, runs, tests and measures clawker-monitor.")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the site and `target/release/clawker-monitor`, one self-contained file
    Build,
    /// Build, then run `clawker-monitor` with the arguments after `--` (default: `serve`)
    Run {
        /// Arguments of `clawker-monitor`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every test there is, from formatting to a real browser
    Test,
    /// Measure against Docker Compose and write `docs/BENCHMARKS.md`
    Bench {
        /// Repetitions of each measurement; the median is kept
        #[arg(long, default_value_t = 7)]
        runs: usize,
    },
    /// Build the six stand-in images and print the settings that use them
    StandIns,
    /// Take the README's screenshots with real Chromium
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
        Task::Build => {
            let binary = build(&paths)?;
            say(&format!("`{}` is ready", binary.display()));
        }
        Task::Run { arguments } => {
            let binary = build(&paths)?;
            let arguments = if arguments.is_empty() { vec!["serve".to_owned()] } else { arguments };
            let status = Command::new(binary).args(arguments).status()?;
            return Ok(status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from));
        }
        Task::Test => return test::run_all(&paths),
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

/// Builds the site and the binary that embeds it. Does nothing where nothing changed.
fn build(paths: &Paths) -> Result<std::path::PathBuf> {
    site::build(paths)?;
    let arguments = ["build", "--quiet", "--release", "--package", "clawker-monitor"];
    run(Command::new(paths.cargo()).current_dir(&paths.root).args(arguments))?;
    Ok(paths.binary())
}
