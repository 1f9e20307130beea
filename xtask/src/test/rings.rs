//! The rings of tests, and which of them a filter selects.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::{needs, walls::rust_files};
use crate::{paths::Paths, step::run_quietly, tools::Tool};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ring {
    Formatting,
    Walls,
    Clippy,
    Sizes,
    Unit,
    /// A file or folder in a crate's `tests/`.
    Integration(TestTarget),
    Documentation,
    Browser,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestTarget {
    pub package: String,
    pub name: String,
    /// Its Rust files.
    pub sources: Vec<PathBuf>,
}

/// A ring, and the part of it that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Selected {
    pub ring: Ring,
    /// Only tests whose name contains this.
    pub test: Option<String>,
}

impl Ring {
    pub fn name(&self) -> &str {
        match self {
            Ring::Formatting => "formatting",
            Ring::Walls => "walls",
            Ring::Clippy => "clippy",
            Ring::Sizes => "sizes",
            Ring::Unit => "unit",
            Ring::Integration(target) => &target.name,
            Ring::Documentation => "documentation",
            Ring::Browser => "browser",
        }
    }

    /// For `cargo xtask test --list`.
    pub fn about(&self) -> String {
        match self {
            Ring::Formatting => "cargo fmt --check".to_owned(),
            Ring::Walls => "what may depend on what, and other rules about the sources".to_owned(),
            Ring::Clippy => "Clippy for the host and for the browser, without warnings".to_owned(),
            Ring::Sizes => "the small build, its sizes, and whether it is static".to_owned(),
            Ring::Unit => "the tests inside `src` of every crate".to_owned(),
            Ring::Integration(target) => format!("integration tests of `{}`", target.package),
            Ring::Documentation => "the examples in doc comments".to_owned(),
            Ring::Browser => "Chromium on the real binary and a real Docker Engine".to_owned(),
        }
    }

    /// The Rust files that hold its tests.
    pub fn sources(&self, paths: &Paths) -> Vec<PathBuf> {
        match self {
            Ring::Unit => ["app", "core", "receiver", "server", "server/testing", "xtask", "end2end/stand-in"]
                .iter()
                .flat_map(|folder| rust_files(&paths.root.join(folder).join("src")))
                .collect(),
            Ring::Integration(target) => target.sources.clone(),
            _ => Vec::new(),
        }
    }

    /// The tools that its tests need, as far as they match.
    pub fn tools(&self, paths: &Paths, test: Option<&str>) -> Result<BTreeSet<Tool>> {
        if *self == Ring::Browser {
            return Ok(BTreeSet::from([
                Tool::Engine,
                Tool::StandIns,
                Tool::NpmPackages,
                Tool::Chromium,
                Tool::Compose,
            ]));
        }
        if *self == Ring::Sizes {
            // wasm-opt is one of them.
            return Ok(BTreeSet::from([Tool::NpmPackages]));
        }
        let mut further = BTreeSet::new();
        if self.name() == "real" {
            // xtask's own check of what it pulls.
            further.insert(Tool::Registry);
        }
        let ignored = needs::ignored_tests(&self.sources(paths)).map_err(|problem| anyhow!(problem))?;
        let matching = ignored.into_iter().filter(|found| test.is_none_or(|test| found.name.contains(test)));
        Ok(matching.flat_map(|found| found.tools).chain(further).collect())
    }
}

/// Every ring, in the order in which they run.
pub fn all(paths: &Paths) -> Result<Vec<Ring>> {
    let mut rings = vec![Ring::Formatting, Ring::Walls, Ring::Clippy, Ring::Sizes, Ring::Unit];
    rings.extend(integration_targets(paths)?.into_iter().map(Ring::Integration));
    rings.extend([Ring::Documentation, Ring::Browser]);
    Ok(rings)
}

fn integration_targets(paths: &Paths) -> Result<Vec<TestTarget>> {
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&run_quietly(&mut command)?)?;
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists packages")? {
        for target in package["targets"].as_array().into_iter().flatten() {
            if target["kind"] != serde_json::json!(["test"]) {
                continue;
            }
            let text = |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata names targets");
            found.push(TestTarget {
                package: text(&package["name"])?,
                name: text(&target["name"])?,
                sources: sources_of(Path::new(&text(&target["src_path"])?)),
            });
        }
    }
    found.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    Ok(found)
}

/// `tests/name/main.rs` with its folder, or `tests/name.rs` with the folder of that name.
fn sources_of(main: &Path) -> Vec<PathBuf> {
    if main.file_name().is_some_and(|name| name == "main.rs") {
        return main.parent().map(rust_files).unwrap_or_default();
    }
    let mut files = vec![main.to_owned()];
    files.extend(rust_files(&main.with_extension("")));
    files
}

/// The rings that `filter` selects: the one of that name, or those with a test whose name contains it.
pub fn select(paths: &Paths, rings: Vec<Ring>, filter: Option<&str>) -> Result<Vec<Selected>> {
    let Some(filter) = filter else {
        return Ok(rings.into_iter().map(|ring| Selected { ring, test: None }).collect());
    };
    if let Some(ring) = rings.iter().find(|ring| ring.name() == filter) {
        return Ok(vec![Selected { ring: ring.clone(), test: None }]);
    }
    let test = || Some(filter.to_owned());
    let selected: Vec<Selected> = rings
        .into_iter()
        .filter(|ring| match ring {
            Ring::Browser => titles_contain(&paths.end2end().join("journeys"), filter),
            ring => ring.sources(paths).iter().any(|file| defines(file, filter)),
        })
        .map(|ring| Selected { ring, test: test() })
        .collect();
    if selected.is_empty() {
        bail!("no ring is called `{filter}` and no test's name contains it; `cargo xtask test --list` lists the rings");
    }
    Ok(selected)
}

fn defines(file: &Path, filter: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| needs::function_name(line.trim()).is_some_and(|name| name.contains(filter)))
}

/// Whether a browser test's title, which is the first text on the line of its `test(`, contains the filter.
fn titles_contain(folder: &Path, filter: &str) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files
        .filter_map(|file| fs::read_to_string(file).ok())
        .any(|text| text.lines().any(|line| line.trim_start().starts_with("test") && line.contains(filter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(filter: Option<&str>) -> Result<Vec<(String, Option<String>)>> {
        let paths = Paths::find()?;
        let selected = select(&paths, all(&paths)?, filter)?;
        Ok(selected.into_iter().map(|found| (found.ring.name().to_owned(), found.test)).collect())
    }

    #[test]
    fn without_a_filter_every_ring_runs_and_browsers_come_last() -> Result<()> {
        let names: Vec<String> = selected(None)?.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..5], ["formatting", "walls", "clippy", "sizes", "unit"]);
        assert_eq!(names.last().map(String::as_str), Some("browser"));
        assert!(names.contains(&"panel".to_owned()), "{names:?}");
        Ok(())
    }

    #[test]
    fn a_filter_is_a_ring_or_a_part_of_a_tests_name() -> Result<()> {
        assert_eq!(selected(Some("journey"))?, [("journey".to_owned(), None)]);
        let name = "a_filter_is_a_ring_or_a_part_of_a_tests_name";
        assert_eq!(selected(Some(name))?, [("unit".to_owned(), Some(name.to_owned()))]);
        let problem = selected(Some(&["no_such", "test_anywhere"].concat())).expect_err("nothing matches");
        assert!(problem.to_string().contains("--list"), "{problem}");
        Ok(())
    }

    #[test]
    fn every_ignored_test_says_which_tools_it_needs() -> Result<()> {
        let paths = Paths::find()?;
        for ring in all(&paths)? {
            ring.tools(&paths, None).with_context(|| ring.name().to_owned())?;
        }
        Ok(())
    }
}
