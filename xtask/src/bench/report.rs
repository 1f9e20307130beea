//! Writes `docs/BENCHMARKS.md`: each measurement beside its budget.

use std::{fmt::Write as _, process::Command};

use anyhow::Result;

use super::{Measured, browser::Page, commands::Commands, real::Figures};
use crate::step::run_quietly;

pub struct Sizes {
    pub binary: u64,
    pub wasm: u64,
}

/// The budget of each command as a fraction of Compose's time, in the order of `commands::VERBS`.
const SHARES: [Option<f64>; 4] = [None, None, Some(0.15), Some(0.8)];

/// The budget of `up` as a multiple of the raw Engine bound.
const UP_TO_BOUND: f64 = 1.05;

/// First paint of Dockge, from the design. Our budget is 40% of it.
const DOCKGE_FIRST_PAINT_MS: f64 = 676.0;

pub fn render(runs: usize, commands: &Commands, first_answer: &Measured, page: &Page, sizes: &Sizes) -> Result<String> {
    let date = run_quietly(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut text = format!(
        "# Benchmarks\n\nMeasured on {} with `cargo xtask bench --runs {runs}`: {cores} cores, medians of {runs} rounds \
         that alternate with Docker Compose 2.40.3 on the same files, images and Engine; {}. The six services are \
         stand-ins, so what is measured is the panel and the Engine, not the services.\n\n\
         `up` waits until all six services answer that they are ready; `docker compose up -d` does not wait.\n\n\
         | command | clawker-monitor | docker compose | share | budget | |\n|---|---:|---:|---:|---:|---|\n",
        date.trim(),
        page.chromium,
    );
    for (verb, budget) in commands.verbs.iter().zip(SHARES) {
        let (ours, peer) = (verb.ours.median(), verb.peer.median());
        let share = ours / peer;
        let (allowed, verdict) = match budget {
            Some(budget) => (format!("{budget:.2}"), verdict(share, budget)),
            None => ("–".to_owned(), ""),
        };
        writeln!(text, "| {} | {ours:.0} ms | {peer:.0} ms | {share:.2} | {allowed} | {verdict} |", verb.name)?;
    }
    if let Some(up) = commands.verbs.first() {
        let (ours, bound) = (up.ours.median(), commands.bound.median());
        let share = ours / bound;
        write!(
            text,
            "\nThe raw Engine bound: the same six containers created and started through the API two at a time, and \
             nothing else.\n\n| command | clawker-monitor | raw bound | share | budget | |\n\
             |---|---:|---:|---:|---:|---|\n\
             | {} | {ours:.0} ms | {bound:.0} ms | {share:.2} | {UP_TO_BOUND:.2} | {} |\n",
            up.name,
            verdict(share, UP_TO_BOUND),
        )?;
    }
    text.push_str("\n| what | measured | budget | |\n|---|---:|---:|---|\n");
    let mut row = |name: &str, measured: f64, budget: f64, unit: &str| {
        let verdict = verdict(measured, budget);
        let digits = usize::from(measured < 100.0 && unit == "MB");
        writeln!(text, "| {name} | {measured:.digits$} {unit} | {budget:.0} {unit} | {verdict} |")
    };
    row("start to first HTTP 200", first_answer.median(), 100.0, "ms")?;
    row("memory idle, one tab open", page.memory_bytes / 1e6, 25.0, "MB")?;
    row("first page, cold browser, over the wire", page.wire_bytes / 1e3, 300.0, "kB")?;
    row("WebAssembly, brotli", sizes.wasm as f64 / 1e3, 250.0, "kB")?;
    row("first contentful paint", page.first_contentful_paint_ms, 0.4 * DOCKGE_FIRST_PAINT_MS, "ms")?;
    row("Docker event to changed text, p50", page.event_p50_ms, 100.0, "ms")?;
    let name = format!("Docker event to changed text, p95 of {}", page.events);
    row(&name, page.event_p95_ms, 100.0, "ms")?;
    let agents = &page.agents;
    let name = format!("an agent’s event to changed text among {}, p50", agents.crowd);
    row(&name, agents.event_p50_ms, 100.0, "ms")?;
    let name = format!("an agent’s event to changed text among {}, p95 of {}", agents.crowd, agents.events);
    row(&name, agents.event_p95_ms, 100.0, "ms")?;
    row(&format!("a key in the search to the narrowed list of {}", agents.crowd), agents.typing_ms, 100.0, "ms")?;
    row("binary", sizes.binary as f64 / 1e6, 24.0, "MB")?;
    Ok(text)
}

/// Budgets on the real programs, in milliseconds.
const REAL_UP_MS: f64 = 3000.0;
const POINT_TO_PAGE_MS: f64 = 2000.0;
const REFRESH_MS: f64 = 2000.0;
const NUMBERS_MS: f64 = 500.0;

/// The section about the real programs.
pub fn render_real(figures: &Figures) -> Result<String> {
    let mut text = format!(
        "\n## The real programs\n\n{}. A stand-in for Loki is ready as soon as the generated configuration makes the real \
         one ready.\n\n| what | measured | budget | |\n|---|---:|---:|---|\n",
        figures.programs.join(", ")
    );
    let mut row = |name: &str, measured: f64, budget: f64| {
        writeln!(text, "| {name} | {measured:.0} ms | {budget:.0} ms | {} |", verdict(measured, budget))
    };
    let compose = figures.compose_up.median();
    let name = format!("`up` until all six are ready (`docker compose up -d`, which does not wait: {compose:.0} ms)");
    row(&name, figures.up.median(), REAL_UP_MS)?;
    row("a point sent to its number in the page’s stream, p50", figures.point_to_page.median(), POINT_TO_PAGE_MS)?;
    row("the same, p95", figures.point_to_page.p95(), POINT_TO_PAGE_MS)?;
    for load in &figures.loads {
        let (events, queries) = (load.events, load.queries);
        let refresh = load.dashboard.as_secs_f64() * 1000.0;
        let slowest = load.slowest.as_secs_f64() * 1000.0;
        let name = format!(
            "{events} events: one refresh of the dashboard over 24 hours, the sum of {queries} queries to Prometheus \
             (slowest {slowest:.0} ms)"
        );
        row(&name, refresh, REFRESH_MS)?;
        let numbers = load.numbers.as_secs_f64() * 1000.0;
        row(&format!("{events} events: first numbers of `/agents` over 24 hours"), numbers, NUMBERS_MS)?;
    }
    writeln!(
        text,
        "\nLogQL aggregations in one refresh of the dashboard, egress aside: {}.\n\n\
         While `simulate --agents 200 --rate 60` ran:\n\n\
         | service | memory, peak | limit | CPU, mean | |\n|---|---:|---:|---:|---|",
        figures.aggregations
    )?;
    for service in &figures.services {
        writeln!(
            text,
            "| {} | {:.0} MiB | {:.0} MiB | {:.0}% | {} |",
            service.service,
            service.peak_mebibytes,
            service.limit_mebibytes,
            service.cpu_percent,
            if service.was_killed { "**restarted or killed**" } else { "never killed" },
        )?;
    }
    Ok(text)
}

fn verdict(measured: f64, budget: f64) -> &'static str {
    if measured <= budget { "kept" } else { "**missed**" }
}
