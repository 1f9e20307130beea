//! Counts what passed, failed and was skipped, over runners of every kind.

use std::time::{Duration, Instant};

use crate::step::say;

#[derive(Debug, Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    failures: Vec<String>,
    /// Each ring that ran, and its duration.
    rings: Vec<(String, Duration)>,
}

impl Tally {
    /// Runs a ring under its heading and times it.
    pub fn ring(&mut self, name: &str, body: impl FnOnce(&mut Tally)) {
        say(&format!("── {name}"));
        let (started, failed) = (Instant::now(), self.failed);
        body(self);
        let (verdict, duration) = (if self.failed == failed { "ok" } else { "FAILED" }, started.elapsed());
        say(&format!("── {name}: {verdict}, {:.1} s", duration.as_secs_f64()));
        self.rings.push((name.to_owned(), duration));
    }

    pub fn pass(&mut self, name: &str) {
        say(&format!("   ok: {name}"));
        self.passed += 1;
    }

    pub fn fail(&mut self, name: &str, why: &str) {
        say(&format!("   FAILED: {name}\n{why}"));
        self.failed += 1;
        self.failures.push(name.to_owned());
    }

    pub fn skip(&mut self, name: &str, why: &str) {
        say(&format!("   skipped: {name}: {why}"));
        self.skipped += 1;
    }

    /// Adds what a test runner counted.
    pub fn add(&mut self, name: &str, passed: u64, failed: u64) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            self.failures.push(format!("{name} ({failed})"));
        }
    }

    /// Prints the rings' durations and what failed.
    pub fn report(&self) {
        let durations: Vec<String> =
            self.rings.iter().map(|(name, duration)| format!("{name} {:.0} s", duration.as_secs_f64())).collect();
        say(&format!("durations: {}", durations.join(", ")));
        if !self.failures.is_empty() {
            say(&format!("failed: {}", self.failures.join(", ")));
        }
    }

    /// The last line of a run.
    pub fn summary(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
