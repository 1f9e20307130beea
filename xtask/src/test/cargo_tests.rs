//! `cargo test` over the host's crates. Tests that need an Engine or a judge are `#[ignore = "needs …"]` and are
//! included once everything they may need is there.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use super::tally::Tally;
use crate::{paths::Paths, step::say, tools::Tools};

/// What tests may need.
pub struct Needs<'a> {
    pub tools: &'a Tools,
    /// The release binary, where it could be built.
    pub binary: Option<&'a Path>,
    /// The stand-in images are in the Engine.
    pub stand_ins: bool,
}

impl Needs<'_> {
    fn missing(&self) -> Vec<&'static str> {
        [
            ("Docker Compose", self.tools.compose.is_some()),
            ("Prometheus and promtool", self.tools.prometheus.is_some()),
            ("Grafana's grammar of LogQL, an npm package", self.tools.npm_packages),
            ("docker-registry", self.tools.registry.is_some()),
            ("a Docker Engine", self.tools.engine.is_some()),
            ("the stand-in images", self.stand_ins),
            ("the binary", self.binary.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect()
    }

    fn tell(&self, paths: &Paths, command: &mut Command) {
        let prometheus = self.tools.prometheus.as_ref();
        let logql = paths.end2end().join("queries").join("logql.mjs");
        for (variable, program) in [
            ("MONITOR_TEST_COMPOSE", self.tools.compose.as_deref()),
            ("MONITOR_TEST_PROMETHEUS", prometheus.map(|programs| programs.server.as_path())),
            ("MONITOR_TEST_PROMTOOL", prometheus.map(|programs| programs.promtool.as_path())),
            ("MONITOR_TEST_LOGQL", self.tools.npm_packages.then_some(logql.as_path())),
            ("MONITOR_TEST_REGISTRY", self.tools.registry.as_deref()),
            ("MONITOR_TEST_BINARY", self.binary),
        ] {
            if let Some(program) = program {
                command.env(variable, program);
            }
        }
        if self.stand_ins {
            command.env("MONITOR_TEST_STAND_INS", "1");
        }
    }
}

/// Unit tests side by side; the tests in `tests/` one after another, because they share one Engine; then the examples
/// in the documentation.
pub fn run_all(tally: &mut Tally, paths: &Paths, needs: &Needs) {
    let missing = needs.missing();
    if !missing.is_empty() {
        say(&format!("tests that need more are skipped, for want of {}", missing.join(", ")));
    }
    let include: &[&str] = if missing.is_empty() { &["--include-ignored"] } else { &[] };
    run(tally, paths, needs, "unit tests", &["--lib", "--bins"], include);
    run(tally, paths, needs, "integration tests", &["--test", "*"], &[include, &["--test-threads=1"]].concat());
    run(tally, paths, needs, "documentation", &["--doc"], &[]);
}

fn run(tally: &mut Tally, paths: &Paths, needs: &Needs, name: &str, targets: &[&str], arguments: &[&str]) {
    // A test that hangs must not take the whole run with it.
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10", "1500"]).arg(paths.cargo()).current_dir(&paths.root);
    command.args(["test", "--quiet", "--workspace", "--exclude", "monitor-frontend", "--no-fail-fast"]);
    command.args(targets).arg("--").args(arguments);
    // Snapshots are accepted by people, never by a run of the tests.
    command.env("INSTA_UPDATE", "no").stdout(Stdio::piped());
    needs.tell(paths, &mut command);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return tally.fail(name, &format!("`cargo test` could not be started: {error}")),
    };
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(counts) = line.strip_prefix("test result: ") {
                let [more_passed, more_failed, more_ignored] = counts_in(counts);
                passed += more_passed;
                failed += more_failed;
                ignored += more_ignored;
            } else if !line.is_empty() && !line.starts_with("running ") {
                say(&format!("   {line}"));
            }
        }
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    say(&format!("   {name}: {passed} passed, {failed} failed, {ignored} ignored"));
    tally.add(name, passed, failed, ignored);
    if !succeeded && failed == 0 {
        tally.fail(name, "cargo test failed without a failed test: it did not compile, ended early or took too long");
    }
}

/// Of `ok. 7 passed; 0 failed; 1 ignored; …`.
fn counts_in(line: &str) -> [u64; 3] {
    ["passed", "failed", "ignored"].map(|word| {
        let before = line.split(word).next().filter(|before| before.len() < line.len());
        before.and_then(|before| before.split_whitespace().last()?.parse().ok()).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_cargo_test_is_read() {
        assert_eq!(counts_in("ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"), [7, 0, 1]);
        assert_eq!(counts_in("FAILED. 12 passed; 3 failed; 0 ignored; 0 measured"), [12, 3, 0]);
        assert_eq!(counts_in("nonsense"), [0, 0, 0]);
    }
}
