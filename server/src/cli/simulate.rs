//! `simulate`: sends a collector what simulated agents export, then prints a ledger of what it accepted.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use monitor_core::{
    count::exact,
    error::StackError,
    settings::Settings,
    simulation::{AgentLedger, EventTotals, Intervals, MetricTotals},
    timestamp::format_duration,
};
use tokio_util::sync::CancellationToken;

use super::{OutputOptions, output::Output, printable::Printable, serve::stop_signal, terminal};
use crate::{
    clock::now,
    docker::{endpoint_from_environment, host_of_published_ports},
    installation::Installation,
    simulate::{Endpoints, Progress, Report, RetryPolicy, Simulation},
};

/// How often progress is printed if standard error is not a terminal.
const PROGRESS_INTERVAL_SECONDS: u64 = 60;

#[derive(Debug, Clone, Args)]
pub(super) struct SimulateOptions {
    /// How many agents. Half of them run Claude Code 2.1.330, the others 2.1.100 and 2.0.30.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    agents: u32,
    /// How much faster than real time: 60 squeezes an hour into a minute, including pauses and timestamps.
    #[arg(long, value_name = "R", default_value_t = 1.0, value_parser = parse_rate)]
    rate: f64,
    /// The same seed gives the same simulation.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How long to run, for example `90s`, `10m` or `2h`. Runs until interrupted by default.
    #[arg(long = "for", value_name = "D", value_parser = parse_duration)]
    duration: Option<Duration>,
    /// The collector to send to, for example `http://127.0.0.1:4318`. The paths from the settings are appended.
    #[arg(long, value_name = "URL", value_parser = parse_endpoint)]
    endpoint: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

pub(super) async fn simulate(options: SimulateOptions, output: &Output) -> Result<(), StackError> {
    let settings = Installation::from_environment()?.configuration.settings()?;
    let simulation = simulation(&options, &settings);
    let bar = ProgressBar::with_draw_target(
        None,
        if output.is_json() || !terminal::is_capable() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        },
    );
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut seconds = 0;
    let show_progress = |progress: Progress| {
        let line = describe_progress(&progress);
        if bar.is_hidden() && !output.is_json() && seconds % PROGRESS_INTERVAL_SECONDS == 0 {
            output.note(&line);
        }
        bar.set_message(Printable::line(&line).to_string());
        bar.tick();
        seconds += 1;
    };
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        stop_signal().await;
        interrupted.cancel();
    });
    let outcome = simulation.run(now(), show_progress, stop).await;
    bar.finish_and_clear();
    let report = outcome?;
    if output.is_json() {
        output.document(&report);
    } else {
        print_ledger(output, &report);
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
        duration: options.duration,
        intervals: Intervals {
            metrics_ms: settings.telemetry.metric_export_interval.count().into(),
            logs_ms: settings.telemetry.logs_export_interval.count().into(),
        },
        endpoints: Endpoints::new(settings, remote_host, options.endpoint.as_deref()),
        retry_policy: RetryPolicy::default(),
    }
}

/// `12 min simulated, 84 requests, $0.943112, 2 lost (HTTP 503)`.
fn describe_progress(progress: &Progress) -> String {
    let Progress { simulated_ms, requests, total } = progress;
    let lost = requests.refused + requests.unanswered;
    let mut line = format!(
        "{} simulated, {} requests, {}",
        format_duration(simulated_ms / 1000),
        requests.accepted,
        dollars(total.events.cost_micro_usd)
    );
    if lost > 0 {
        let reason = requests.last_loss.clone().unwrap_or_default();
        line.push_str(&format!(", {lost} lost ({reason})"));
    }
    line
}

const HEADINGS: [&str; 15] = [
    "PROJECT",
    "AGENT",
    "VERSION",
    "SESSIONS",
    "PROMPTS",
    "COST",
    "INPUT",
    "OUTPUT",
    "CACHED",
    "TOOL CALLS",
    "FAILED",
    "ACTIVE",
    "LINES",
    "COMMITS",
    "PRS",
];

/// Cost, tokens, prompts and tool calls come from the events, everything else from the metrics. If the costs differ, a
/// last line says so.
fn print_ledger(output: &Output, report: &Report) {
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
        output.line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    let requests = &report.requests;
    output.line(&format!(
        "{} simulated with seed {}, marked {}: {} requests accepted, {} retries, {} refused, {} unanswered.",
        format_duration(report.simulated_ms / 1000),
        report.seed,
        report.mark,
        requests.accepted,
        requests.retries,
        requests.refused,
        requests.unanswered
    ));
    let (from_metrics, from_events) = (report.total.metrics.cost_micro_usd, report.total.events.cost_micro_usd);
    if from_metrics != from_events {
        let (metrics, events) = (dollars(from_metrics), dollars(from_events));
        output.line(&format!("Cost differs: {metrics} in the accepted metrics, {events} in the accepted events."));
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
        exact(events.tokens.input),
        exact(events.tokens.output),
        exact(events.tokens.cache_read + events.tokens.cache_creation),
        events.tool_calls.to_string(),
        events.tool_failures.to_string(),
        format!("{}.{:03} s", metrics.active_ms / 1000, metrics.active_ms % 1000),
        format!("+{} -{}", metrics.lines_added, metrics.lines_removed),
        metrics.commits.to_string(),
        metrics.pull_requests.to_string(),
    ]
}

/// With all six decimals, because the ledger is exact.
fn dollars(micro_usd: u64) -> String {
    format!("${}.{:06}", micro_usd / 1_000_000, micro_usd % 1_000_000)
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("enter a number from 0.1 to 1000".into()),
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || "enter a whole number with its unit, for example `90s`, `10m` or `2h`".to_owned();
    let unit = text.chars().last().ok_or_else(invalid)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(invalid()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| invalid())?;
    match number {
        0 => Err("enter a duration longer than 0".into()),
        _ => Ok(Duration::from_secs(u64::from(number) * seconds)),
    }
}

fn parse_endpoint(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(text.to_owned()),
        _ => Err("enter an address of the form `http://HOST:PORT`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_a_unit() {
        for (text, seconds) in [("90s", Some(90)), ("10m", Some(600)), ("2h", Some(7200)), ("1d", Some(86_400))] {
            assert_eq!(parse_duration(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
        for text in ["", "10", "m", "0s", "-1s", "1.5h", "5µ", "99999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_and_endpoints_are_validated() {
        for (text, good) in [("1", true), ("0.1", true), ("60", true), ("0", false), ("nan", false), ("1e9", false)] {
            assert_eq!(parse_rate(text).is_ok(), good, "{text}");
        }
        for (text, good) in
            [("http://[::1]:4318", true), ("https://c.example", false), ("http://", false), ("c:1", false)]
        {
            assert_eq!(parse_endpoint(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn costs_have_six_decimals() {
        assert_eq!(dollars(45_159), "$0.045159");
        assert_eq!(dollars(12_000_001), "$12.000001");
    }
}
