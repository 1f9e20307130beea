//! Prometheus and its promtool, which judge the generated file and the dashboard's questions.

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

/// Two programs of one release.
pub struct Prometheus {
    pub server: PathBuf,
    pub promtool: PathBuf,
}

/// What is installed, else the newest that Debian has and that runs here, else that of this machine's own release. The
/// stack runs Prometheus 3; older releases of Debian have Prometheus 2.
pub fn ensure(paths: &Paths) -> Result<Prometheus> {
    let newest = paths.tools().join("prometheus-sid");
    let own = paths.tools().join("prometheus");
    let found = installed().or_else(|| unpacked(&newest)).map_or_else(
        || {
            // Sid splits promtool off; in older releases it comes with the server.
            fetched(&newest, packages::unpack_newest(&newest, &["prometheus", "promtool"])).or_else(|error| {
                say(&format!("no Prometheus of Debian sid: {error:#}"));
                match unpacked(&own) {
                    Some(found) => Ok(found),
                    None => fetched(&own, packages::unpack(&own, &["prometheus"])),
                }
            })
        },
        Ok,
    )?;
    say(&format!("the judge of metrics is {}", version(&found.server)?));
    Ok(found)
}

fn installed() -> Option<Prometheus> {
    Some(Prometheus { server: on_path("prometheus")?, promtool: on_path("promtool")? })
}

fn fetched(folder: &Path, outcome: Result<()>) -> Result<Prometheus> {
    outcome?;
    unpacked(folder).with_context(|| format!("the programs below `{}` do not run here", folder.display()))
}

/// Those in a folder, if they run: a newer release may want a newer C library.
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
