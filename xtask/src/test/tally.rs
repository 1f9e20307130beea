//! Counting what passed, failed and was skipped, over runners of every kind.

use std::time::Instant;

use crate::step::say;

/// The count so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    failures: Vec<String>,
}

impl Tally {
    /// Runs a ring under its heading and says how long it took.
    pub fn ring(&mut self, name: &str, body: impl FnOnce(&mut Tally)) {
        say(&format!("── {name}"));
        let (started, failed) = (Instant::now(), self.failed);
        body(self);
        let verdict = if self.failed == failed { "ok" } else { "FAILED" };
        say(&format!("── {name}: {verdict}, {:.1} s", started.elapsed().as_secs_f64()));
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

    /// Adds what a runner counted itself.
    pub fn add(&mut self, name: &str, passed: u64, failed: u64, skipped: u64) {
        self.passed += passed;
        self.failed += failed;
        self.skipped += skipped;
        if failed > 0 {
            self.failures.push(format!("{name} ({failed})"));
        }
    }

    pub fn list_failures(&self) {
        if !self.failures.is_empty() {
            say(&format!("failed: {}", self.failures.join(", ")));
        }
    }

    /// The last line of a run.
    pub fn summary(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
