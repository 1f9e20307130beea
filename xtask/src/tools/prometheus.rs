//! Prometheus and promtool, which check the generated file and the dashboard's queries.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::packages;
use crate::{
    paths::Paths,
    step::{on_path, run_quietly, say},
};

/// Both programs, from one release.
pub struct Prometheus {
    pub server: PathBuf,
    pub promtool: PathBuf,
}

/// The installed programs, else those of Debian sid if they run here, else those of the installed release. The stack runs
/// Prometheus 3; older releases of Debian have Prometheus 2.
pub fn ensure(paths: &Paths) -> Result<Prometheus> {
    let newest = paths.tools().join("prometheus-sid");
    let own = paths.tools().join("prometheus");
    let found = installed().or_else(|| unpacked(&newest)).map_or_else(
        || {
            // In sid, promtool is a separate package; in older releases it is in the server's.
            fetched(&newest, packages::unpack_newest(&newest, &["prometheus", "promtool"])).or_else(|error| {
                say(&format!("Debian sid's Prometheus is unavailable: {error:#}"));
                match unpacked(&own) {
                    Some(found) => Ok(found),
                    None => fetched(&own, packages::unpack(&own, &["prometheus"])),
                }
            })
        },
        Ok,
    )?;
    say(&format!("metrics are checked with {}", version(&found.server)?));
    Ok(found)
}

fn installed() -> Option<Prometheus> {
    Some(Prometheus { server: on_path("prometheus")?, promtool: on_path("promtool")? })
}

fn fetched(folder: &Path, outcome: Result<()>) -> Result<Prometheus> {
    outcome?;
    unpacked(folder).with_context(|| format!("the programs in `{}` do not run here", folder.display()))
}

/// The programs in a folder, if they run: a newer release may need a newer C library.
fn unpacked(folder: &Path) -> Option<Prometheus> {
    let programs = folder.join("usr/bin");
    let found = Prometheus { server: programs.join("prometheus"), promtool: programs.join("promtool") };
    let run = [&found.server, &found.promtool].into_iter().all(|program| version(program).is_ok());
    run.then_some(found)
}

/// `prometheus, version 3.5.3`.
fn version(program: &Path) -> Result<String> {
    let said = run_quietly(Command::new(program).arg("--version"))?;
    Ok(said.lines().next().and_then(|line| line.split(" (").next()).unwrap_or_default().to_owned())
}
