//! How far a build is: numbered stages with their durations.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::step::say;

/// Stages shorter than this are not worth a line.
const WORTH_MENTIONING: Duration = Duration::from_secs(1);

pub struct Stages {
    build: &'static str,
    total: usize,
    /// What was done and how long it took.
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    pub fn new(build: &'static str, total: usize) -> Stages {
        Stages { build, total, done: Vec::new() }
    }

    /// Runs a stage between its announcement and its duration.
    pub fn run<T>(&mut self, name: &'static str, stage: impl FnOnce() -> Result<T>) -> Result<T> {
        say(&format!("[{}/{}] {name} ({} build)", self.done.len() + 1, self.total, self.build));
        let started = Instant::now();
        let outcome = stage()?;
        self.done.push((name, started.elapsed()));
        Ok(outcome)
    }

    /// Says where the time went, unless nothing had to be done.
    pub fn finish(self) {
        if let Some(summary) = self.summary() {
            say(&summary);
        }
    }

    fn summary(&self) -> Option<String> {
        let total: Duration = self.done.iter().map(|(_, duration)| *duration).sum();
        let long = self.done.iter().filter(|(_, duration)| *duration >= WORTH_MENTIONING);
        let parts: Vec<String> =
            long.map(|(name, duration)| format!("{name} {:.0} s", duration.as_secs_f64())).collect();
        (!parts.is_empty()).then(|| format!("built in {:.0} s: {}", total.as_secs_f64(), parts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_the_stages_that_took_time() {
        let with = |milliseconds: [u64; 2]| {
            let mut stages = Stages::new("quick", 2);
            stages.done = ["one", "two"].into_iter().zip(milliseconds.map(Duration::from_millis)).collect();
            stages.summary()
        };
        assert_eq!(with([61_000, 200]).as_deref(), Some("built in 61 s: one 61 s"));
        assert_eq!(with([200, 300]), None);
    }
}
