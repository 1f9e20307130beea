//! A real Prometheus with data of simulated agents. The panel's queries must return the ledger's numbers: across idle
//! gaps and collector restarts, with and without Loki.

use std::sync::Arc;
use std::{collections::BTreeMap, fmt::Write as _, process::Command, time::Duration};

use clawker_monitor::{
    clock::now,
    simulate::{Report, RetryPolicy, Simulation},
    telemetry::{StackStores, StackTelemetry, TelemetrySource as _},
};
use monitor_core::{
    service::Service,
    simulation::Intervals,
    telemetry::{Numbers, OwnerNumbers, Range, Tokens},
    timestamp::Timestamp,
};
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Collector, points},
    machine::program,
    real_prometheus::{Prometheus, free_port},
    recorded::{Delta, Series},
    store::{Store, running},
};

/// 10 hours in a second.
const RATE: f64 = 36_000.0;
/// How long the agents work, in seconds. It fits into the range of 6 hours.
const WORK: f64 = 3.0 * 3600.0;
const SCRAPE: f64 = 15.0;

/// A simulation, with timestamps as if it had just ended.
struct Played {
    report: Report,
    deltas: Vec<Delta>,
    begin: f64,
    end: f64,
}

async fn played() -> Played {
    let collector = Collector::start(|_| None).await;
    let simulation = Simulation {
        seed: 1,
        agents: 5,
        rate: RATE,
        duration: Some(Duration::from_secs_f64(WORK / RATE)),
        intervals: Intervals { metrics_ms: 10_000, logs_ms: 5000 },
        endpoints: collector.endpoints(),
        retry_policy: RetryPolicy::default(),
    };
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    let report = simulation.run(begun, |_| {}, CancellationToken::new()).await.expect("it plays");
    let arrived = points(&collector.received());
    // The timestamps are compressed by the rate; this restores them.
    let first = arrived.iter().map(|arrived| arrived.delta.time).fold(f64::INFINITY, f64::min);
    let last = arrived.iter().map(|arrived| arrived.delta.time).fold(0.0, f64::max);
    let end = (now().unix_milliseconds() / 1000) as f64;
    let begin = end - ((last - first) * RATE).ceil() - SCRAPE;
    let deltas =
        arrived.into_iter().map(|arrived| Delta { time: begin + (arrived.delta.time - first) * RATE, ..arrived.delta });
    Played { report, deltas: deltas.collect(), begin, end }
}

/// The samples that Prometheus would have scraped. At each of `restarts` the collector restarts after a scrape: it
/// loses every sum and exposes a series again once it gets new data.
fn scraped(played: &Played, restarts: &[f64]) -> Vec<(f64, BTreeMap<Series, f64>)> {
    let mut scrapes = Vec::new();
    let (mut sums, mut next, mut last) = (BTreeMap::<Series, f64>::new(), 0, f64::NEG_INFINITY);
    let mut deltas: Vec<&Delta> = played.deltas.iter().collect();
    deltas.sort_by(|one, other| one.time.total_cmp(&other.time));
    let mut time = (played.begin - 600.0).floor();
    let uptime: Series = (
        "otelcol_process_uptime_seconds_total".to_owned(),
        [("job".to_owned(), "otel-collector-self".to_owned())].into(),
    );
    let mut started = time - 3600.0;
    while time <= played.end {
        if let Some(restart) = restarts.iter().find(|restart| (last..time).contains(*restart)) {
            sums.clear();
            started = *restart;
        }
        while let Some(delta) = deltas.get(next).filter(|delta| delta.time <= time) {
            *sums.entry(delta.series.clone()).or_insert(0.0) += delta.value;
            next += 1;
        }
        sums.insert(uptime.clone(), time - started);
        scrapes.push((time, sums.clone()));
        (last, time) = (time, time + SCRAPE);
    }
    scrapes
}

/// The samples as input of `promtool tsdb create-blocks-from openmetrics`.
fn history(scrapes: &[(f64, BTreeMap<Series, f64>)]) -> String {
    let mut values: BTreeMap<&Series, Vec<(f64, f64)>> = BTreeMap::new();
    for (time, sums) in scrapes {
        for (series, value) in sums {
            values.entry(series).or_default().push((*time, *value));
        }
    }
    let (mut page, mut family) = (String::new(), "");
    for ((name, labels), samples) in values {
        if family != name {
            family = name;
            let _ = writeln!(page, "# TYPE {} counter", name.trim_end_matches("_total"));
        }
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        for (time, value) in samples {
            let _ = writeln!(page, "{name}{{{}}} {value} {time}", labels.join(","));
        }
    }
    page + "# EOF\n"
}

struct Filled {
    telemetry: StackTelemetry,
    _prometheus: Prometheus,
    _loki: Store,
    _folder: tempfile::TempDir,
}

/// A telemetry source with a Prometheus that has these samples and a Loki that is empty or not running.
async fn filled(scrapes: &[(f64, BTreeMap<Series, f64>)], loki_runs: bool) -> Filled {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("samples.txt"), history(scrapes)).expect("a file");
    let filled = Command::new(program("MONITOR_TEST_PROMTOOL"))
        .current_dir(folder.path())
        .args(["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"])
        .output()
        .expect("promtool starts");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    std::fs::write(folder.path().join("prometheus.yaml"), "scrape_configs: []\n").expect("a file");
    let port = free_port("127.0.0.1");
    let address = format!("127.0.0.1:{port}");
    let arguments = [
        "--config.file=prometheus.yaml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
    ];
    let prometheus = Prometheus::start(folder.path(), &address, &arguments).await.expect("it starts");
    let (loki, telemetry) =
        (Store::empty().await, StackTelemetry::new(Arc::new(StackStores::new(None).expect("a client"))));
    let mut services = vec![running(Service::Prometheus, port)];
    services.extend(loki_runs.then(|| running(Service::Loki, loki.port)));
    telemetry.stores().locate(&services);
    Filled { telemetry, _prometheus: prometheus, _loki: loki, _folder: folder }
}

/// The agents by project and name.
fn by_name(numbers: &Numbers) -> BTreeMap<(&str, &str), &OwnerNumbers> {
    let named = |of: &OwnerNumbers| (of.owner.project.is_some(), of.owner.agent.is_some());
    assert!(numbers.owners.iter().all(|of| of.simulated && named(of) == (true, true)), "{:?}", numbers.owners);
    numbers
        .owners
        .iter()
        .map(|of| {
            let name = (of.owner.project.as_deref().unwrap_or_default(), of.owner.agent.as_deref().unwrap_or_default());
            (name, of)
        })
        .collect()
}

/// Active time and lines, which only Prometheus knows.
fn check_counters(report: &Report, numbers: &Numbers) {
    let found = by_name(numbers);
    assert_eq!(found.len(), report.agents.len());
    for agent in &report.agents {
        let (mine, truth) = (found[&(agent.project.as_str(), agent.agent.as_str())], &agent.metrics);
        let seconds = (truth.active_ms as f64 / 1000.0).round() as u64;
        assert_eq!(mine.active_seconds, Some(seconds), "{}", agent.agent);
        assert_eq!(mine.lines_added, Some(truth.lines_added), "{}", agent.agent);
        assert_eq!(mine.lines_removed, Some(truth.lines_removed), "{}", agent.agent);
    }
}

/// The numbers for which Prometheus is the fallback.
fn check_stand_in(report: &Report, numbers: &Numbers) {
    let found = by_name(numbers);
    for agent in &report.agents {
        let (mine, truth) = (found[&(agent.project.as_str(), agent.agent.as_str())], &agent.metrics);
        assert_eq!(mine.cost_micro_usd, Some(truth.cost_micro_usd), "{}", agent.agent);
        let tokens = Tokens {
            input: truth.tokens.input,
            output: truth.tokens.output,
            cache_read: truth.tokens.cache_read,
            cache_creation: truth.tokens.cache_creation,
        };
        assert_eq!(mine.tokens, Some(tokens), "{}", agent.agent);
        assert_eq!(mine.sessions, Some(truth.sessions.len() as u64), "{}", agent.agent);
        assert_eq!((mine.tool_calls, mine.last_seen), (None, None));
    }
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!(missing.error, "`loki` is not running");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_numbers_agree_with_the_ledger_with_and_without_loki() {
    let played = played().await;
    let scrapes = scraped(&played, &[]);
    let with_loki = filled(&scrapes, true).await;
    let numbers = with_loki.telemetry.numbers(Range::SixHours).await;
    assert_eq!(numbers.missing, []);
    check_counters(&played.report, &numbers);
    // Loki is reachable and empty.
    assert!(numbers.owners.iter().all(|of| of.cost_micro_usd == Some(0) && of.sessions == Some(0)));

    let without = filled(&scrapes, false).await;
    for range in [Range::SixHours, Range::Day, Range::Week] {
        let numbers = without.telemetry.numbers(range).await;
        check_counters(&played.report, &numbers);
        check_stand_in(&played.report, &numbers);
    }
    // Every agent was last seen when its counters last changed, with the 10-minute resolution of a first query.
    let heard = without.telemetry.last_seen().await.expect("an answer");
    assert_eq!(heard.owners.len(), played.report.agents.len());
    for (owner, heard) in &heard.owners {
        let mine = |delta: &&Delta| delta.series.1.get("agent") == owner.agent.as_ref();
        let mine = |delta: &&Delta| mine(delta) && delta.series.1.get("project") == owner.project.as_ref();
        let last = played.deltas.iter().filter(mine).map(|delta| delta.time).fold(0.0, f64::max);
        let said = heard.last_seen.expect("a moment").unix_milliseconds() as f64 / 1000.0;
        assert!((last - 60.0..last + 630.0).contains(&said), "{owner:?}: {said}, really {last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn a_shorter_range_counts_only_what_happened_in_it() {
    let played = played().await;
    let scrapes = scraped(&played, &[]);
    let filled = filled(&scrapes, false).await;
    let numbers = filled.telemetry.numbers(Range::Hour).await;
    let end = numbers.at.unix_milliseconds() as f64 / 1000.0;
    let at = |time: f64| scrapes.iter().rev().find(|(scrape, _)| *scrape <= time).map(|(_, sums)| sums);
    let (now, before) = (at(end).expect("a scrape"), at(end - 3600.0).expect("a scrape"));
    let mut truth: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for (series, value) in now {
        if series.0 == "claude_code_cost_usage_USD_total" {
            let grown = value - before.get(series).copied().unwrap_or_default();
            *truth.entry((&series.1["project"], &series.1["agent"])).or_default() += grown;
        }
    }
    truth.retain(|_, cost| *cost > 1e-9);
    assert!(!truth.is_empty());
    let found = by_name(&numbers);
    for (name, cost) in &truth {
        assert_eq!(found[name].cost_micro_usd, Some((cost * 1e6).round() as u64), "{name:?}");
    }
    let whole: u64 = played.report.agents.iter().map(|agent| agent.metrics.cost_micro_usd).sum();
    let part: u64 = numbers.owners.iter().filter_map(|of| of.cost_micro_usd).sum();
    assert!(part > 0 && part < whole, "{part} of {whole}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn counts_from_before_a_collector_restart_are_kept() {
    let played = played().await;
    for restarts in [vec![0.5], vec![0.2, 0.7], vec![0.25, 0.5, 0.75]] {
        let restarts: Vec<f64> = restarts.iter().map(|part| played.begin + WORK * part).collect();
        let scrapes = scraped(&played, &restarts);
        let filled = filled(&scrapes, false).await;
        let numbers = filled.telemetry.numbers(Range::SixHours).await;
        check_counters(&played.report, &numbers);
        check_stand_in(&played.report, &numbers);
    }
}
