//! Runs Playwright with the real binary.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    build::{self, Build},
    paths::Paths,
    stand_ins, step, tools,
};

/// Playwright with the variables that its tests read.
pub fn playwright(paths: &Paths, chromium: &Path, binary: &Path) -> Command {
    let mut command = Command::new("npx");
    command.current_dir(paths.end2end()).env("MONITOR_TEST_BINARY", binary).env("CHROMIUM", chromium).args([
        "--no-install",
        "playwright",
        "test",
    ]);
    command
}

/// Takes the README's screenshots.
pub fn screenshots(paths: &Paths) -> Result<()> {
    tools::ensure_npm_packages(paths)?;
    let chromium = tools::ensure_chromium()?;
    let engine = tools::ensure_free_engine(paths)?;
    stand_ins::import(paths, &engine)?;
    let binary = build::make(paths, Build::Small)?;
    step::run(playwright(paths, &chromium, &binary).args(["--project", "screenshots", "--reporter", "list"]))
}
