//! Every number that comes out of the real stores is the one that the simulator sent, while programs are killed and
//! stores are away.

use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::Duration,
};

use monitor_core::service::Service;
use serde_json::Value;

use crate::{
    stack::{Stack, run, wait_for},
    table::record,
};

/// How far a number that is derived from events may be off. Own metrics and events themselves may not be off at all.
const DERIVED_TOLERANCE: f64 = 0.001;

/// A number of the ledger, and the query that must answer it.
#[derive(Clone)]
struct Comparison {
    /// With its unit.
    what: String,
    store: Service,
    query: String,
    sent: f64,
    /// Multiplies the answer, which makes it a whole number like the ledger's.
    scale: f64,
    tolerance: f64,
}

/// All comparisons with a ledger's totals.
fn comparisons(total: &Value) -> Vec<Comparison> {
    let mut all = own_metrics(&total["metrics"]);
    all.extend(events(&total["events"]));
    all.extend(derived(&total["events"]));
    all.extend(by_agent(&total["metrics"], &total["events"]));
    all
}

fn own_metrics(sent: &Value) -> Vec<Comparison> {
    [
        ("cost, millionths of a dollar", "claude_code_cost_usage_USD_total", "", &sent["cost_micro_usd"], 1e6),
        ("input tokens", "claude_code_token_usage_tokens_total", r#",type="input""#, &sent["tokens"]["input"], 1.0),
        ("output tokens", "claude_code_token_usage_tokens_total", r#",type="output""#, &sent["tokens"]["output"], 1.0),
        (
            "tokens read from the cache",
            "claude_code_token_usage_tokens_total",
            r#",type="cacheRead""#,
            &sent["tokens"]["cache_read"],
            1.0,
        ),
        (
            "tokens written to the cache",
            "claude_code_token_usage_tokens_total",
            r#",type="cacheCreation""#,
            &sent["tokens"]["cache_creation"],
            1.0,
        ),
        ("sessions", "claude_code_session_count_total", "", &sent["session_count"], 1.0),
        ("active time, ms", "claude_code_active_time_seconds_total", "", &sent["active_ms"], 1e3),
        ("lines added", "claude_code_lines_of_code_count_total", r#",type="added""#, &sent["lines_added"], 1.0),
        ("lines removed", "claude_code_lines_of_code_count_total", r#",type="removed""#, &sent["lines_removed"], 1.0),
        ("commits", "claude_code_commit_count_total", "", &sent["commits"], 1.0),
        ("pull requests", "claude_code_pull_request_count_total", "", &sent["pull_requests"], 1.0),
        ("edit decisions", "claude_code_code_edit_tool_decision_total", "", &sent["edit_decisions"], 1.0),
    ]
    .map(|(what, metric, matcher, sent, scale)| Comparison {
        what: format!("own metrics in Prometheus: {what}"),
        store: Service::Prometheus,
        query: sum(metric, matcher),
        sent: sent.as_f64().unwrap(),
        scale,
        tolerance: 0.0,
    })
    .into()
}

fn events(sent: &Value) -> Vec<Comparison> {
    let count = |what: String, matcher: &str, sent: f64| Comparison {
        what: format!("events in Loki: {what}"),
        store: Service::Loki,
        query: format!("sum (count_over_time({{service_name=\"claude-code\"}}{matcher} [6h]))"),
        sent,
        scale: 1.0,
        tolerance: 0.0,
    };
    let mut all = vec![count("all".to_owned(), "", sent["records"].as_f64().unwrap())];
    for (name, number) in sent["by_event"].as_object().unwrap() {
        all.push(count(format!("`{name}`"), &format!(" | event_name=\"{name}\""), number.as_f64().unwrap()));
    }
    all
}

fn derived(sent: &Value) -> Vec<Comparison> {
    let tokens: f64 = sent["tokens"].as_object().unwrap().values().filter_map(Value::as_f64).sum();
    [
        ("events", "clawker_events", "", sent["records"].as_f64().unwrap(), 1.0),
        ("cost, millionths of a dollar", "clawker_request_cost_usd", "", sent["cost_micro_usd"].as_f64().unwrap(), 1e6),
        ("tokens", "clawker_request_tokens", "", tokens, 1.0),
        ("tool calls", "clawker_tool_calls", "", sent["tool_calls"].as_f64().unwrap(), 1.0),
        (
            "failed tool calls",
            "clawker_tool_calls",
            r#",success="false""#,
            sent["tool_failures"].as_f64().unwrap(),
            1.0,
        ),
        (
            "rejected tool calls",
            "clawker_tool_decisions",
            r#",decision="reject""#,
            sent["rejections"].as_f64().unwrap(),
            1.0,
        ),
        ("failed requests", "clawker_request_errors", "", sent["api_errors"].as_f64().unwrap(), 1.0),
    ]
    .map(|(what, metric, matcher, sent, scale)| Comparison {
        what: format!("derived metrics in Prometheus: {what}"),
        store: Service::Prometheus,
        query: sum(metric, matcher),
        sent,
        scale,
        tolerance: DERIVED_TOLERANCE,
    })
    .into()
}

/// The series by agent, of which all totals are asked. One point of an agent is lost if another of its sessions sends one
/// in the same millisecond.
fn by_agent(metrics: &Value, events: &Value) -> Vec<Comparison> {
    [own_metrics(metrics), derived(events)]
        .concat()
        .into_iter()
        .map(|comparison| Comparison {
            what: comparison.what.replace("metrics in Prometheus", "metrics by agent"),
            query: comparison.query.replace("sum_over_time(", "sum_over_time(agent_"),
            ..comparison
        })
        .collect()
}

fn sum(metric: &str, matcher: &str) -> String {
    format!("sum (sum_over_time({metric}{{temporality=\"delta\"{matcher}}}[6h]))")
}

/// What the store answers. No series is 0.
fn found(stack: &Stack, comparison: &Comparison) -> Result<f64, String> {
    let path = if comparison.store == Service::Loki { "/loki/api/v1/query" } else { "/api/v1/query" };
    let data = stack.ask(comparison.store, path, &[("query", &comparison.query)])?;
    let number = data["result"][0]["value"][1].as_str().map_or(Ok(0.0), str::parse::<f64>);
    Ok((number.map_err(|error| error.to_string())? * comparison.scale).round())
}

/// Fails with every number that is not what was sent.
fn differences(stack: &Stack, all: &[Comparison]) -> Result<Vec<f64>, String> {
    let (mut numbers, mut wrong) = (Vec::new(), Vec::new());
    for comparison in all {
        let number = found(stack, comparison)?;
        if (number - comparison.sent).abs() > comparison.sent * comparison.tolerance {
            wrong.push(format!("{}: sent {}, found {number}", comparison.what, comparison.sent));
        }
        numbers.push(number);
    }
    if wrong.is_empty() { Ok(numbers) } else { Err(wrong.join("\n")) }
}

/// Waits until the stores have everything that the ledger names, and records it.
pub fn compare(test: &str, stack: &Stack, report: &Value, seconds: u64) {
    let all = comparisons(&report["total"]);
    let numbers = wait_for("numbers differ", seconds, || differences(stack, &all));
    // Nothing that is still on its way may be added to it.
    thread::sleep(Duration::from_secs(3));
    let later = differences(stack, &all).unwrap_or_else(|wrong| panic!("too much arrived:\n{wrong}"));
    assert_eq!(numbers.len(), later.len());
    for (comparison, number) in all.iter().zip(later) {
        record(test, &comparison.what, comparison.sent, number);
    }
}

/// The simulator while it runs.
pub struct Simulator {
    child: Child,
    report: PathBuf,
}

impl Simulator {
    fn start(stack: &Stack, arguments: &[&str]) -> Simulator {
        let report = stack.folder.path().join("ledger.json");
        let mut command = stack.command(&["simulate", "--json"]);
        let child = command.args(arguments).stdout(File::create(&report).unwrap()).spawn().unwrap();
        Simulator { child, report }
    }

    fn signal(&self, name: &str) {
        run(Command::new("kill").args(["-s", name, &self.child.id().to_string()]));
    }

    /// Lets nothing be sent meanwhile, and waits until everything that was sent is answered. Whether a request counts
    /// that was cut off in the middle, no ledger could tell.
    fn while_silent(&self, act: impl FnOnce()) {
        self.signal("STOP");
        thread::sleep(Duration::from_millis(300));
        act();
        self.signal("CONT");
    }

    /// Waits for its end and reads the ledger.
    fn finish(mut self) -> Value {
        assert!(self.child.wait().unwrap().success());
        let report: Value = serde_json::from_str(&std::fs::read_to_string(&self.report).unwrap()).unwrap();
        eprintln!("{}", report["requests"]);
        report
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait().map(drop)).ok();
    }
}

/// Sends with the simulator and returns the ledger.
pub fn simulate(stack: &Stack, arguments: &[&str]) -> Value {
    Simulator::start(stack, arguments).finish()
}

/// `kill -9`.
fn kill(service: Service) {
    run(Command::new("docker").args(["kill", "--signal", "KILL", service.name()]));
}

/// The Engine does not restart what was killed through it.
fn start(service: Service) {
    run(Command::new("docker").args(["start", service.name()]));
}

#[test]
#[ignore = "needs the Docker Engine, the stand-in images and the real programs; run by cargo xtask test"]
fn every_total_equals_the_ledger_though_programs_are_killed() {
    let stack = Stack::start("");
    // An hour in the long mode.
    let outage = std::env::var("MONITOR_TEST_OUTAGE").map_or(20, |seconds| seconds.parse::<u64>().unwrap());
    let length = format!("{}s", 60 + outage + outage / 4);
    // Ten times life's speed for an hour: at sixty times, the collector's queues are full before it is over, and refuse.
    let rate = if outage > 60 { "10" } else { "60" };
    let simulator = Simulator::start(&stack, &["--agents", "8", "--rate", rate, "--for", &length]);
    let kill_collector = || {
        thread::sleep(Duration::from_secs(4));
        simulator.while_silent(|| kill(Service::OtelCollector));
        start(Service::OtelCollector);
    };
    let pass = |seconds: u64| thread::sleep(Duration::from_secs(seconds));
    (0..4).for_each(|_| kill_collector());
    pass(3);
    // Each is away for the same time, first one alone, then both, then the other one alone.
    kill(Service::Loki);
    pass(outage / 4);
    kill(Service::Prometheus);
    pass(outage - outage / 4);
    start(Service::Loki);
    pass(outage / 4);
    start(Service::Prometheus);
    // While what was kept is being sent.
    (0..4).for_each(|_| kill_collector());
    let report = simulator.finish();
    assert!(report["total"]["events"]["records"].as_u64().unwrap() > 500, "{report}");
    let title = format!("eight `kill -9` of the collector, one each of Loki and Prometheus, each away for {outage} s");
    // What was kept meanwhile has to arrive.
    compare(&title, &stack, &report, 120 + outage / 4);
}

#[test]
fn the_ledger_and_the_queries_name_the_same_numbers() {
    let number = Value::from(1);
    let total: Value = serde_json::json!({
        "metrics": {
            "cost_micro_usd": number, "tokens": { "input": 1, "output": 1, "cache_read": 1, "cache_creation": 1 },
            "session_count": 1, "active_ms": 1, "lines_added": 1, "lines_removed": 1, "commits": 1,
            "pull_requests": 1, "edit_decisions": 1,
        },
        "events": {
            "records": 1, "tokens": { "input": 1 }, "cost_micro_usd": 1, "tool_calls": 1, "tool_failures": 1,
            "rejections": 1, "api_errors": 1, "by_event": { "api_request": 1 },
        },
    });
    let all = comparisons(&total);
    let by: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut by, comparison| {
        *by.entry(comparison.what.split(':').next().unwrap()).or_default() += 1;
        by
    });
    let expected = [
        ("derived metrics by agent", 7),
        ("derived metrics in Prometheus", 7),
        ("events in Loki", 2),
        ("own metrics by agent", 12),
        ("own metrics in Prometheus", 12),
    ];
    assert_eq!(by, BTreeMap::from(expected));
    assert!(all.iter().all(|comparison| comparison.sent > 0.0));
}
