//! The rings that cargo runs: with cargo-nextest where it is installed, else with `cargo test`.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Command, Stdio},
};

use super::{
    needs::{IgnoredTest, ignored_tests},
    rings::{Ring, Selected},
    tally::Tally,
};
use crate::{
    paths::Paths,
    step::{on_path, say},
    tools::{Tool, Tools},
};

/// Seconds after which a ring is killed: a test that hangs must not take the whole run with it.
const LIMIT: &str = "1500";

/// Runs the tests of a ring, but for those that need a tool which is missing.
pub fn run(tally: &mut Tally, paths: &Paths, tools: &Tools, selected: &Selected) {
    let name = selected.ring.name();
    let ignored = match ignored_tests(&selected.ring.sources(paths)) {
        Ok(ignored) => ignored,
        Err(problem) => return tally.fail(name, &problem),
    };
    let excluded: Vec<&IgnoredTest> =
        ignored.iter().filter(|test| test.tools.iter().any(|tool| !tools.has(*tool))).collect();
    for test in excluded.iter().filter(|test| selected.test.as_ref().is_none_or(|part| test.name.contains(part))) {
        let missing: Vec<&str> = test.tools.iter().filter(|tool| !tools.has(**tool)).map(|tool| tool.name()).collect();
        tally.skip(&test.name, &format!("needs {}", missing.join(" and ")));
    }

    let uses_nextest = selected.ring != Ring::Documentation && on_path("cargo-nextest").is_some();
    let mut command = command(paths);
    if uses_nextest {
        command.args(["nextest", "run", "--no-tests=pass"]);
    } else {
        command.args(["test", "--quiet"]);
    }
    command.args(["--workspace", "--exclude", "monitor-frontend", "--no-fail-fast"]);
    match &selected.ring {
        Ring::Integration(target) => command.args(["--test", &target.name]),
        Ring::Documentation => command.arg("--doc"),
        _ => command.args(["--lib", "--bins"]),
    };
    // Those that use the Engine use containers of the same names.
    let is_serial =
        matches!(selected.ring, Ring::Integration(_)) && ignored.iter().any(|test| test.tools.contains(&Tool::Engine));
    if is_serial && uses_nextest {
        command.arg("--test-threads=1");
    }
    command.arg("--");
    if is_serial && !uses_nextest {
        command.arg("--test-threads=1");
    }
    if selected.ring != Ring::Documentation {
        command.arg("--include-ignored");
        command.args(excluded.iter().flat_map(|test| ["--skip", &test.name]));
    }
    command.args(&selected.test);
    // Snapshots are accepted by people, never by a test run.
    command.env("INSTA_UPDATE", "no");
    tools.set_variables(paths, &mut command);
    count(tally, name, command, uses_nextest);
}

/// Cargo under a time limit, where the system has the command for that.
fn command(paths: &Paths) -> Command {
    let mut command = if on_path("timeout").is_some() {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", LIMIT]).arg(paths.cargo());
        command
    } else {
        Command::new(paths.cargo())
    };
    command.current_dir(&paths.root);
    command
}

/// Runs the command, shows what its tests print, and counts them.
fn count(tally: &mut Tally, name: &str, mut command: Command, is_nextest: bool) {
    // nextest writes everything to stderr.
    if is_nextest {
        command.stderr(Stdio::piped());
    } else {
        command.stdout(Stdio::piped());
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return tally.fail(name, &format!("cargo could not be started: {error}")),
    };
    let output: Option<Box<dyn Read>> = if is_nextest {
        child.stderr.take().map(|output| Box::new(output) as Box<dyn Read>)
    } else {
        child.stdout.take().map(|output| Box::new(output) as Box<dyn Read>)
    };
    let (mut passed, mut failed) = (0, 0);
    for line in output.into_iter().flat_map(|output| BufReader::new(output).lines().map_while(Result::ok)) {
        let line = line.trim_end();
        if let Some(counts) = summary_in(line) {
            passed += counts.0;
            failed += counts.1;
        } else if !line.is_empty() && !is_routine(line) {
            say(&format!("   {line}"));
        }
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    say(&format!("   {passed} passed, {failed} failed"));
    tally.add(name, passed, failed);
    if !succeeded && failed == 0 {
        tally.fail(name, "cargo failed without a failed test: a compile error, a crash, or the time limit");
    }
}

/// What both runners print for tests that pass.
fn is_routine(line: &str) -> bool {
    let start = line.trim_start();
    ["running ", "PASS [", "────", "Nextest run ID", "Starting ", "Finished `", "Compiling ", "Blocking waiting"]
        .iter()
        .any(|routine| start.starts_with(routine))
        || (!line.is_empty() && line.bytes().all(|byte| byte == b'.' || byte == b'i'))
}

/// Passed and failed tests, of libtest's `test result: ok. 7 passed; 0 failed; …` or of nextest's
/// `Summary [   0.1s] 14 tests run: 13 passed, 1 failed, 3 skipped`.
fn summary_in(line: &str) -> Option<(u64, u64)> {
    let line = line.trim_start();
    let is_summary = line.starts_with("test result: ") || line.starts_with("Summary [");
    let count = |word: &str| {
        let before = line.split(word).next().filter(|before| before.len() < line.len());
        before.and_then(|before| before.split_whitespace().last()?.parse::<u64>().ok()).unwrap_or(0)
    };
    is_summary.then(|| (count(" passed"), count(" failed") + count(" timed out")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_both_runners_are_read() {
        let summaries = [
            ("test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out", Some((7, 0))),
            ("test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured", Some((12, 3))),
            ("     Summary [   0.178s] 14 tests run: 12 passed, 1 failed, 1 timed out, 3 skipped", Some((12, 2))),
            ("     Summary [   0.178s] 14/20 tests run: 13 passed (1 slow), 1 failed, 3 skipped", Some((13, 1))),
            ("12 passed", None),
        ];
        for (line, expected) in summaries {
            assert_eq!(summary_in(line), expected, "{line}");
        }
    }

    #[test]
    fn failures_are_shown_and_progress_is_not() {
        assert!(is_routine("....i..") && is_routine("        PASS [   0.005s] monitor-core a::b"));
        assert!(!is_routine("thread 'a' panicked at src/lib.rs:3") && !is_routine("        FAIL [   0.01s] a b"));
    }
}
