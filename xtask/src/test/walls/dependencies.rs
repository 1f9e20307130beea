//! Every declared dependency is named in the crate's sources.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{super::tally::Tally, names, rust_files};
use crate::{paths::Paths, step::run_quietly};

pub fn check_all(tally: &mut Tally, paths: &Paths) {
    let wall = "no unused dependency";
    match unused(paths) {
        Ok(unused) if unused.is_empty() => tally.pass(wall),
        Ok(unused) => tally.fail(wall, &unused.join("\n")),
        Err(error) => tally.fail(wall, &format!("{error:#}")),
    }
}

fn unused(paths: &Paths) -> Result<Vec<String>> {
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&run_quietly(&mut command)?)?;
    let mut unused = Vec::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists packages")? {
        let manifest = Path::new(package["manifest_path"].as_str().context("a package has a manifest")?);
        let folder = manifest.parent().context("a manifest is in a folder")?;
        let mut sources: Vec<_> = ["src", "tests", "benches", "examples"]
            .into_iter()
            .flat_map(|sub_folder| rust_files(&folder.join(sub_folder)))
            .collect();
        sources.push(folder.join("build.rs"));
        let text: String = sources.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap_or_default();
            let identifier = name.replace('-', "_");
            if !text.lines().any(|line| names(line, &identifier)) {
                unused.push(format!("{}: `{name}`", package["name"].as_str().unwrap_or_default()));
            }
        }
    }
    Ok(unused)
}
