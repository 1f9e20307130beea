//! `cargo xtask bench`: compares the panel with Docker Compose on the same Engine, and measures the panel in Chromium.
//! Writes `docs/BENCHMARKS.md`. Timings are reported, not asserted.

mod bound;
mod browser;
mod commands;
mod real;
mod report;

use anyhow::{Context, Result, ensure};

use crate::{
    build::{self, Build},
    panel::{Home, Panel},
    paths::Paths,
    stand_ins,
    step::{print, say},
    tools,
};

/// Repeated measurements of one duration.
#[derive(Debug, Clone)]
pub struct Measured {
    milliseconds: Vec<f64>,
}

impl Measured {
    pub fn new() -> Measured {
        Measured { milliseconds: Vec::new() }
    }

    pub fn push(&mut self, taken: std::time::Duration) {
        self.milliseconds.push(taken.as_secs_f64() * 1000.0);
    }

    pub fn median(&self) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[odd / 2],
            even => (sorted[even / 2 - 1] + sorted[even / 2]) / 2.0,
        }
    }

    /// The time that 95 of 100 measurements stay below.
    pub fn p95(&self) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * 95).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// Runs every measurement, one after another, because an Engine holds one stack.
pub fn run_all(paths: &Paths, runs: usize) -> Result<()> {
    ensure!(runs > 0, "`--runs` must be at least 1");
    let engine = tools::ensure_free_engine(paths)?;
    let compose = tools::ensure_compose(paths)?;
    tools::ensure_npm_packages(paths)?;
    let chromium = tools::ensure_chromium()?;
    let images = stand_ins::import(paths, &engine)?;
    let binary = build::make(paths, Build::Small)?;

    let settings = stand_ins::settings_with_free_ports(&images)?;
    let home = Home::new("bench", &settings)?;
    say(&format!("{runs} rounds of up, up again, status and down, alternating with Docker Compose"));
    let commands = commands::measure(&home, &binary, &compose, runs)?;

    say("start to the first page");
    let mut first_answer = Measured::new();
    for _ in 0..runs {
        let panel = Panel::start(home.command(&binary)).context("start to the first page")?;
        first_answer.milliseconds.push(panel.first_answer.as_secs_f64() * 1000.0);
    }

    say("the page in Chromium");
    let page = browser::measure(paths, &chromium, &binary)?;
    let sizes =
        report::Sizes { binary: std::fs::metadata(&binary)?.len(), wasm: crate::site::wasm_brotli_bytes(paths)? };
    let figures = tools::real::ensure(paths, Some(&engine))
        .and_then(|programs| real::measure(&programs, &engine, &binary, &compose, runs))
        .inspect_err(|error| say(&format!("the real programs are not measured: {error:#}")))
        .ok();
    let mut text = report::render(runs, &commands, &first_answer, &page, &sizes)?;
    if let Some(figures) = &figures {
        text.push_str(&report::render_real(figures)?);
    }
    let file = paths.root.join("docs/BENCHMARKS.md");
    std::fs::create_dir_all(paths.root.join("docs"))?;
    std::fs::write(&file, &text)?;
    print(&text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        let of = |numbers: &[f64]| Measured { milliseconds: numbers.to_vec() }.median();
        assert_eq!(of(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(of(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(of(&[]).is_nan());
        let hundred = Measured { milliseconds: (1..=100).map(f64::from).collect() };
        assert_eq!(hundred.p95(), 95.0);
    }
}
