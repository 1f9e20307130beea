//! Simulations against a stand-in collector that refuses some requests.

use std::{collections::BTreeMap, time::Duration};

use axum::http::StatusCode;
use clawker_monitor::simulate::{Report, RetryPolicy, Simulation};
use monitor_core::{error::StackError, simulation::EventTotals, timestamp::Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    bodies::INTERVALS,
    collector::{Collector, Received, added_up, forgotten, labels, points, records},
    recorded::Series,
};

/// 10 hours of work in a second. The command line does not allow such a rate.
const RATE: f64 = 36_000.0;

pub fn simulation(collector: &Collector, hours: u64) -> Simulation {
    Simulation {
        seed: 1,
        agents: 5,
        rate: RATE,
        duration: Some(Duration::from_secs_f64(hours as f64 * 3600.0 / RATE)),
        intervals: INTERVALS,
        endpoints: collector.endpoints(),
        retry_policy: RetryPolicy { first_delay: Duration::from_millis(5), ..RetryPolicy::default() },
    }
}

pub async fn play(simulation: &Simulation) -> Report {
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    simulation.run(begun, |_| {}, CancellationToken::new()).await.expect("it plays")
}

/// The sum of a metric over the series that have these labels.
fn sum(sums: &BTreeMap<Series, f64>, metric: &str, having: &[(&str, &str)]) -> f64 {
    let has = |labels: &BTreeMap<String, String>| {
        having.iter().all(|(label, value)| labels.get(*label).is_some_and(|found| found == value))
    };
    sums.iter().filter(|((name, labels), _)| name == metric && has(labels)).map(|(_, value)| value).sum()
}

/// The ledger's sum of a metric over the series that have these labels.
pub struct Truth<'a> {
    pub metric: &'static str,
    pub having: Vec<(&'a str, &'a str)>,
    pub sum: f64,
}

/// Every sum in the report.
pub fn truths(report: &Report) -> Vec<Truth<'_>> {
    let mut truths = Vec::new();
    for agent in &report.agents {
        let metrics = &agent.metrics;
        let whose = [("project", agent.project.as_str()), ("agent", agent.agent.as_str())];
        let lines = "claude_code_lines_of_code_count_total";
        let tokens = "claude_code_token_usage_tokens_total";
        for (metric, kind, amount, parts) in [
            ("claude_code_session_count_total", "", metrics.session_count, 1.0),
            ("claude_code_commit_count_total", "", metrics.commits, 1.0),
            ("claude_code_pull_request_count_total", "", metrics.pull_requests, 1.0),
            ("claude_code_code_edit_tool_decision_total", "", metrics.edit_decisions, 1.0),
            ("claude_code_cost_usage_USD_total", "", metrics.cost_micro_usd, 1e6),
            ("claude_code_active_time_seconds_total", "", metrics.active_ms, 1e3),
            (lines, "added", metrics.lines_added, 1.0),
            (lines, "removed", metrics.lines_removed, 1.0),
            (tokens, "input", metrics.tokens.input, 1.0),
            (tokens, "output", metrics.tokens.output, 1.0),
            (tokens, "cacheRead", metrics.tokens.cache_read, 1.0),
            (tokens, "cacheCreation", metrics.tokens.cache_creation, 1.0),
        ] {
            let mut having = whose.to_vec();
            having.extend((!kind.is_empty()).then_some(("type", kind)));
            truths.push(Truth { metric, having, sum: amount as f64 / parts });
        }
    }
    truths
}

/// Tolerates floating-point errors, which stay far below a micro-dollar.
pub fn same(found: f64, truth: f64) -> bool {
    (found - truth).abs() < 1e-7
}

/// Compares the ledger's metrics with the received points, summed as the collector does.
fn check_metrics(report: &Report, received: &Received) {
    let arrived = points(received);
    let sums = added_up(&arrived);
    for Truth { metric, having, sum: truth } in truths(report) {
        let found = sum(&sums, metric, &having);
        assert!(same(found, truth), "{metric}{having:?} is {found}, the ledger says {truth}");
    }
    assert_eq!(report.total.metrics.points, arrived.len() as u64);
    assert!(report.total.metrics.cost_micro_usd > 0 && report.total.metrics.active_ms > 0);
}

/// Compares the ledger's events with the received records.
fn check_events(report: &Report, received: &Received) {
    let mut found = EventTotals::default();
    for record in records(received) {
        let labels = labels(&record.attributes);
        let number = |key: &str| labels[key].parse::<f64>().expect("a number");
        found.records += 1;
        found.sessions.insert(labels["session_id"].clone());
        *found.by_event.entry(labels["event_name"].clone()).or_default() += 1;
        match labels["event_name"].as_str() {
            "user_prompt" => found.prompts += 1,
            "api_request" => {
                found.cost_micro_usd += (number("cost_usd") * 1e6).round() as u64;
                found.tokens.input += number("input_tokens") as u64;
                found.tokens.output += number("output_tokens") as u64;
                found.tokens.cache_read += number("cache_read_tokens") as u64;
                found.tokens.cache_creation += number("cache_creation_tokens") as u64;
            }
            "api_error" => found.api_errors += 1,
            "tool_decision" if labels["decision"] == "reject" => found.rejections += 1,
            "tool_result" => {
                found.tool_calls += 1;
                found.tool_failures += u64::from(labels["success"] == "false");
                *found.by_tool.entry(labels["tool_name"].clone()).or_default() += 1;
            }
            _ => {}
        }
    }
    assert_eq!(report.total.events, found);
    assert!(found.tool_calls > 0 && found.tool_failures > 0 && found.prompts > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_equals_what_arrived() {
    let collector = Collector::start(|_| None).await;
    let report = play(&simulation(&collector, 3)).await;
    let received = collector.received();
    assert_eq!(report.requests.accepted, received.accepted.len() as u64);
    assert_eq!((report.requests.refused, report.requests.unanswered, report.requests.retries), (0, 0, 0));
    assert!(!report.cut_short);
    assert_eq!(report.simulated_ms, 3 * 3_600_000);
    check_metrics(&report, &received);
    check_events(&report, &received);
    for headers in received.headers {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert!(headers.contains_key("content-length") && !headers.contains_key("content-encoding"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_state_across_gaps_the_collector_would_undercount() {
    let collector = Collector::start(|_| None).await;
    let report = play(&simulation(&collector, 3)).await;
    let sums = forgotten(&points(&collector.received()));
    let cost = sum(&sums, "claude_code_cost_usage_USD_total", &[]);
    let truth = report.total.metrics.cost_micro_usd as f64 / 1e6;
    assert!(cost < truth / 2.0, "{cost} of {truth}: the gaps are not those of real agents");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_requests_are_not_in_the_ledger() {
    // Every 7th request is refused temporarily, every 10th permanently.
    let collector = Collector::start(|number| match number {
        number if number % 10 == 9 => Some(StatusCode::BAD_REQUEST),
        number if number % 7 == 6 => Some(StatusCode::SERVICE_UNAVAILABLE),
        _ => None,
    })
    .await;
    let report = play(&simulation(&collector, 3)).await;
    let received = collector.received();
    let requests = &report.requests;
    assert_eq!(requests.accepted, received.accepted.len() as u64);
    assert!(requests.refused > 10 && requests.retries > 10, "{requests:?}");
    assert_eq!(requests.refused + requests.retries, received.refused, "each refusal is a retry or an end");
    assert_eq!(requests.last_loss.as_deref(), Some("HTTP 400"));
    check_metrics(&report, &received);
    check_events(&report, &received);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_collector_is_tried_five_times() {
    // Every request is refused, so the simulation gives up.
    let collector = Collector::start(|_| Some(StatusCode::TOO_MANY_REQUESTS)).await;
    let simulation = Simulation { agents: 1, duration: Some(Duration::from_millis(2)), ..simulation(&collector, 1) };
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    let outcome = simulation.run(begun, |_| {}, CancellationToken::new()).await;
    let endpoint = collector.endpoints().metrics;
    assert_eq!(outcome, Err(StackError::NoCollector { endpoint, detail: "HTTP 429".into() }));
    let bodies: Vec<_> = collector.received().headers;
    assert!(!bodies.is_empty() && bodies.len() % 5 == 0, "{} tries", bodies.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_ledger() {
    let collector = Collector::start(|_| None).await;
    let simulation = simulation(&collector, 1);
    let (one, other) = (play(&simulation).await, play(&simulation).await);
    assert_eq!(one, other);
    assert_ne!(one.total, play(&Simulation { seed: 2, ..simulation }).await.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_simulation_flushes_and_returns_its_ledger() {
    let collector = Collector::start(|_| None).await;
    let simulation = Simulation { duration: None, ..simulation(&collector, 1) };
    let stop = CancellationToken::new();
    // The progress callback stops it after some requests.
    let teller = stop.clone();
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    let tell = move |progress: clawker_monitor::simulate::Progress| {
        if progress.requests.accepted > 50 {
            teller.cancel();
        }
    };
    let run = tokio::time::timeout(Duration::from_secs(60), simulation.run(begun, tell, stop));
    let report = run.await.expect("it stops within a minute").expect("a ledger");
    assert!(report.cut_short);
    let received = collector.received();
    assert_eq!(report.requests.accepted, received.accepted.len() as u64);
    check_metrics(&report, &received);
    check_events(&report, &received);
}
