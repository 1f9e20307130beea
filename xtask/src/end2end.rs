//! Starting Playwright on the real binary.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    build::{self, Build},
    paths::Paths,
    stand_ins, step, tools,
};

/// The command, with all that the tests read from the environment.
pub fn playwright(paths: &Paths, chromium: &Path, binary: &Path) -> Command {
    let mut command = Command::new("npx");
    command.current_dir(paths.end2end()).env("MONITOR_TEST_BINARY", binary).env("CHROMIUM", chromium).args([
        "--no-install",
        "playwright",
        "test",
    ]);
    command
}

/// The README's pictures, made by the tests that are tagged for it.
pub fn screenshots(paths: &Paths) -> Result<()> {
    tools::ensure_npm_packages(paths)?;
    let chromium = tools::ensure_chromium()?;
    let engine = tools::ensure_free_engine(paths)?;
    stand_ins::import(paths, &engine)?;
    let binary = build::make(paths, Build::Small)?;
    step::run(playwright(paths, &chromium, &binary).args(["--project", "screenshots", "--reporter", "list"]))
}
