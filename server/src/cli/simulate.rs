//! `simulate`: agents that are not there, before the real collector; at the end, the ledger of what it took.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use monitor_core::{
    error::StackError,
    settings::Settings,
    simulation::{AgentLedger, EventTotals, Intervals, MetricTotals},
    timestamp::format_duration,
};
use tokio_util::sync::CancellationToken;

use super::{OutputOptions, output, serve::stop_signal};
use crate::{
    clock::now,
    docker::{endpoint_from_environment, host_of_published_ports},
    installation::Installation,
    simulate::{Endpoints, Patience, Progress, Report, Simulation},
};

/// Without a terminal, progress is a line in so many seconds.
const LINE_EVERY_SECONDS: u64 = 60;

#[derive(Debug, Clone, Args)]
pub(super) struct SimulateOptions {
    /// How many agents; half of them run Claude Code 2.1.330, the others 2.1.100 and 2.0.30.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    agents: u32,
    /// How much faster than people work: 60 squeezes an hour into a minute, pauses and timestamps alike.
    #[arg(long, value_name = "R", default_value_t = 1.0, value_parser = rate)]
    rate: f64,
    /// The same seed plays the same.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How long, as `90s`, `10m` or `2h` on the clock; without it, until interrupted.
    #[arg(long = "for", value_name = "D", value_parser = duration)]
    lasts: Option<Duration>,
    /// Another collector, as `http://127.0.0.1:4318`; the paths of the settings are appended.
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn simulate(options: SimulateOptions) -> Result<(), StackError> {
    let settings = Installation::from_environment()?.configuration.settings()?;
    let simulation = simulation(&options, &settings);
    let bar = ProgressBar::with_draw_target(
        None,
        match options.output.json {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        },
    );
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut seconds = 0;
    let tell = |progress: Progress| {
        let words = progress_words(&progress);
        if bar.is_hidden() && !options.output.json && seconds % LINE_EVERY_SECONDS == 0 {
            output::note(&words);
        }
        bar.set_message(words);
        bar.tick();
        seconds += 1;
    };
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        stop_signal().await;
        interrupted.cancel();
    });
    let outcome = simulation.run(now(), tell, stop).await;
    bar.finish_and_clear();
    let report = outcome?;
    match options.output.json {
        true => output::json(&report),
        false => ledger(&report),
    }
    Ok(())
}

fn simulation(options: &SimulateOptions, settings: &Settings) -> Simulation {
    let remote_host = endpoint_from_environment(|name| std::env::var(name).ok())
        .ok()
        .and_then(|engine| host_of_published_ports(&engine));
    Simulation {
        seed: options.seed,
        agents: options.agents,
        rate: options.rate,
        lasts: options.lasts,
        intervals: Intervals {
            metrics_ms: settings.telemetry.metric_export_interval.count().into(),
            logs_ms: settings.telemetry.logs_export_interval.count().into(),
        },
        endpoints: Endpoints::new(settings, remote_host, options.endpoint.as_deref()),
        patience: Patience::default(),
    }
}

/// `12 min of work, 84 requests, $0.9431, 2 lost (HTTP 503)`.
fn progress_words(progress: &Progress) -> String {
    let Progress { simulated_ms, requests, total } = progress;
    let lost = requests.refused + requests.unanswered;
    let mut words = format!(
        "{} of work, {} requests, {}",
        format_duration(simulated_ms / 1000),
        requests.accepted,
        dollars(total.events.cost_micro_usd)
    );
    if lost > 0 {
        let reason = requests.last_loss.clone().unwrap_or_default();
        words.push_str(&format!(", {lost} lost ({reason})"));
    }
    words
}

const HEADINGS: [&str; 15] = [
    "PROJECT", "AGENT", "VERSION", "SESSIONS", "PROMPTS", "COST", "INPUT", "OUTPUT", "CACHED", "TOOLS", "FAILED",
    "ACTIVE", "LINES", "COMMITS", "PRS",
];

/// Cost, tokens, prompts and tools are those of the events, the rest of the metrics: where the two differ, it is said.
fn ledger(report: &Report) {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(report.agents.iter().map(|AgentLedger { project, agent, version, metrics, events }| {
        row([project, agent, version], metrics, events)
    }));
    rows.push(row(["total", "", ""], &report.total.metrics, &report.total.events));
    let widths: Vec<usize> =
        (0..HEADINGS.len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default()).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0..3 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        output::line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    let requests = &report.requests;
    output::line(&format!(
        "{} of work by seed {}, marked {}: {} requests accepted, {} tried again, {} refused, {} unanswered.",
        format_duration(report.simulated_ms / 1000),
        report.seed,
        report.mark,
        requests.accepted,
        requests.retries,
        requests.refused,
        requests.unanswered
    ));
    let (metered, told) = (report.total.metrics.cost_micro_usd, report.total.events.cost_micro_usd);
    if metered != told {
        output::line(&format!("The accepted metrics say {}, the accepted events {}.", dollars(metered), dollars(told)));
    }
}

fn row(names: [&str; 3], metrics: &MetricTotals, events: &EventTotals) -> [String; HEADINGS.len()] {
    let [project, agent, version] = names.map(str::to_owned);
    let sessions = metrics.sessions.union(&events.sessions).count();
    [
        project,
        agent,
        version,
        sessions.to_string(),
        events.prompts.to_string(),
        dollars(events.cost_micro_usd),
        events.tokens.input.to_string(),
        events.tokens.output.to_string(),
        (events.tokens.cache_read + events.tokens.cache_creation).to_string(),
        events.tool_calls.to_string(),
        events.tool_failures.to_string(),
        format!("{}.{:03} s", metrics.active_ms / 1000, metrics.active_ms % 1000),
        format!("+{} -{}", metrics.lines_added, metrics.lines_removed),
        metrics.commits.to_string(),
        metrics.pull_requests.to_string(),
    ]
}

/// All six decimals: the ledger is exact.
fn dollars(micro_usd: u64) -> String {
    format!("${}.{:06}", micro_usd / 1_000_000, micro_usd % 1_000_000)
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match (0.1..=1000.0).contains(&rate) {
        true => Ok(rate),
        false => Err("from 0.1 to 1000".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a whole number and its unit are expected, as `90s`, `10m` or `2h`".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    match number {
        0 => Err("longer than nothing".into()),
        _ => Ok(Duration::from_secs(u64::from(number) * seconds)),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(text.to_owned()),
        _ => Err("an address of the form `http://HOST:PORT` is expected".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("90s", Some(90)), ("10m", Some(600)), ("2h", Some(7200)), ("1d", Some(86_400))] {
            assert_eq!(duration(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
        for text in ["", "10", "m", "0s", "-1s", "1.5h", "5µ", "99999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_played_is_refused_at_once() {
        for (text, good) in [("1", true), ("0.1", true), ("60", true), ("0", false), ("nan", false), ("1e9", false)] {
            assert_eq!(rate(text).is_ok(), good, "{text}");
        }
        for (text, good) in
            [("http://[::1]:4318", true), ("https://c.example", false), ("http://", false), ("c:1", false)]
        {
            assert_eq!(endpoint(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn cost_is_written_to_the_last_millionth() {
        assert_eq!(dollars(45_159), "$0.045159");
        assert_eq!(dollars(12_000_001), "$12.000001");
    }
}
