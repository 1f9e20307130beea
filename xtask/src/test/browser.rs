//! Playwright's run, counted from its own JSON report.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::tally::Tally;
use crate::{end2end, paths::Paths, step::run_quietly, tools::Tools};

/// Chromium on the real binary and the real Engine. `test` selects by a part of the title.
pub fn run(tally: &mut Tally, paths: &Paths, tools: &Tools, binary: &Path, test: Option<&str>) {
    let is_ready = tools.engine.is_some() && tools.npm_packages && tools.stand_ins;
    let (true, Some(chromium)) = (is_ready, &tools.chromium) else {
        return tally.skip("browser tests", "an Engine, Chromium, the npm packages or the stand-in images are missing");
    };
    let mut types = Command::new("npx");
    types.current_dir(paths.end2end()).args(["--no-install", "tsc", "--project", "."]);
    match run_quietly(&mut types) {
        Ok(_) => tally.pass("tsc"),
        Err(error) => tally.fail("tsc", &format!("{error:#}")),
    }
    let report = paths.target.join("playwright.json");
    let _ = std::fs::remove_file(&report);
    let mut command = end2end::playwright(paths, chromium, binary);
    command.args(["--project", "journeys", "--reporter", "list,json"]).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    command.args(test.into_iter().flat_map(|test| ["--grep", test]));
    if let Some(compose) = &tools.compose {
        command.env("MONITOR_TEST_COMPOSE", compose);
    }
    // To stderr, because stdout is for the summary.
    command.stdout(std::io::stderr());
    let succeeded = command.status().is_ok_and(|status| status.success());
    let counts = std::fs::read_to_string(&report).ok().and_then(|text| counts_in(&text));
    let Some([passed, failed, skipped]) = counts else {
        return tally.fail("browser tests", "Playwright left no report");
    };
    tally.add("browser tests", passed, failed);
    tally.skipped += skipped;
    if !succeeded && failed == 0 {
        tally.fail("browser tests", "Playwright failed outside of a test");
    }
}

/// Passed, failed and skipped tests. `flaky` cannot occur without retries, and would count as failed.
fn counts_in(report: &str) -> Option<[u64; 3]> {
    let report: Value = serde_json::from_str(report).ok()?;
    let count = |name: &str| report["stats"][name].as_u64();
    Some([count("expected")?, count("unexpected")? + count("flaky")?, count("skipped")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_counted() {
        let report = r#"{"stats":{"expected":4,"unexpected":1,"flaky":1,"skipped":2}}"#;
        assert_eq!(counts_in(report), Some([4, 2, 2]));
        assert_eq!(counts_in("{}"), None);
    }
}
