//! The events of simulated agents in a stand-in for Loki that evaluates the panel's queries. The numbers must equal
//! those of the ledger, to the last token and micro-dollar.

use std::{collections::BTreeMap, time::Duration};

use clawker_monitor::{
    clock::now,
    otlp::messages::LogsRequest,
    simulate::{Report, RetryPolicy, Simulation},
    telemetry::TelemetrySource as _,
};
use monitor_core::{
    simulation::{AgentLedger, Intervals},
    telemetry::{Owner, OwnerNumbers, Range, Session, Tokens},
    timestamp::Timestamp,
};
use prost::Message as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Collector, Received, labels},
    logql::{Entry, evaluate, parse},
    store::{Answer, Asked, Store, ok, refusal, telemetry},
};

const RATE: f64 = 36_000.0;
const SECOND: u64 = 1_000_000_000;

/// Every record with the attributes of its resource. Timestamps are compressed by the rate and moved so that the last
/// one is now.
fn entries(received: &Received) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (_, body) in received.accepted.iter().filter(|(path, _)| path == "/v1/logs") {
        for of_resource in LogsRequest::decode(body.clone()).expect("OTLP").resource_logs {
            let about = labels(&of_resource.resource.expect("a resource").attributes);
            for record in of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                let mut all = about.clone();
                all.extend(labels(&record.attributes));
                entries.push(Entry { at: record.time_unix_nano, labels: all, line: String::new() });
            }
        }
    }
    let last = entries.iter().map(|entry| entry.at).max().expect("a record");
    let end = now().unix_milliseconds() as u64 * 1_000_000;
    entries.iter_mut().for_each(|entry| entry.at = end - ((last - entry.at) as f64 * RATE) as u64);
    entries
}

fn loki(entries: &[Entry], asked: &Asked) -> Answer {
    let Ok(question) = parse(asked.query()) else { return refusal(400, "parse error") };
    let values = |time: u64| -> Vec<(Value, Value)> {
        let series = evaluate(&question, entries, time);
        series.into_iter().map(|one| (json!(one.labels), json!([time as f64 / 1e9, one.value.to_string()]))).collect()
    };
    let result: Vec<Value> = match asked.path.as_str() {
        "/loki/api/v1/query" => values(asked.number("time"))
            .into_iter()
            .map(|(of, value)| json!({ "metric": of, "value": value }))
            .collect(),
        _ => {
            let step = asked.parameters["step"].trim_end_matches('s').parse::<usize>().expect("seconds");
            let times = (asked.number("start")..=asked.number("end")).step_by(step * SECOND as usize);
            let all = times.flat_map(values);
            all.map(|(of, value)| json!({ "metric": of, "values": [value] })).collect()
        }
    };
    ok(json!({ "status": "success", "data": { "resultType": "any", "result": result } }).to_string())
}

async fn played() -> (Report, Vec<Entry>) {
    let collector = Collector::start(|_| None).await;
    let simulation = Simulation {
        seed: 3,
        agents: 5,
        rate: RATE,
        duration: Some(Duration::from_secs_f64(4.0 * 3600.0 / RATE)),
        intervals: Intervals { metrics_ms: 10_000, logs_ms: 5000 },
        endpoints: collector.endpoints(),
        retry_policy: RetryPolicy::default(),
    };
    let begun = Timestamp::from_unix_milliseconds(1_795_331_576_123);
    let report = simulation.run(begun, |_| {}, CancellationToken::new()).await.expect("it plays");
    (report, entries(&collector.received()))
}

fn check(mine: &OwnerNumbers, agent: &AgentLedger) {
    let (truth, name) = (&agent.events, &agent.agent);
    assert!(mine.simulated, "{name}");
    assert_eq!(mine.cost_micro_usd, Some(truth.cost_micro_usd), "{name}");
    let tokens = Tokens {
        input: truth.tokens.input,
        output: truth.tokens.output,
        cache_read: truth.tokens.cache_read,
        cache_creation: truth.tokens.cache_creation,
    };
    assert_eq!(mine.tokens, Some(tokens), "{name}");
    assert_eq!((mine.tool_calls, mine.tool_failures), (Some(truth.tool_calls), Some(truth.tool_failures)), "{name}");
    assert_eq!(mine.sessions, Some(truth.sessions.len() as u64), "{name}");
    assert_eq!(mine.events_over_time.iter().sum::<u64>(), truth.records, "{name}");
    // Each step is rounded separately.
    assert!(mine.cost_over_time.iter().sum::<u64>().abs_diff(truth.cost_micro_usd) <= Range::STEPS, "{name}");
}

fn check_sessions(sessions: &[Session], agent: &AgentLedger) {
    let truth = &agent.events;
    let sum = |of: fn(&Session) -> u64| sessions.iter().map(of).sum::<u64>();
    assert_eq!(sessions.len(), truth.sessions.len());
    assert!(sessions.iter().all(|session| truth.sessions.contains(&session.id)));
    assert!(sessions.is_sorted_by(|one, next| one.last_seen >= next.last_seen), "the newest first");
    assert_eq!(sum(|session| session.cost_micro_usd), truth.cost_micro_usd);
    assert_eq!(sum(|session| session.output_tokens), truth.tokens.output);
    assert_eq!(sum(|session| session.tool_calls), truth.tool_calls);
    assert_eq!(sum(|session| session.errors), truth.api_errors);
    assert_eq!(sum(|session| session.requests), truth.by_event.get("api_request").copied().unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_from_loki_agree_with_the_ledger() {
    let (report, entries) = played().await;
    let last: BTreeMap<String, u64> = entries.iter().fold(BTreeMap::new(), |mut last, entry| {
        let known: &mut u64 = last.entry(format!("{}/{}", entry.labels["project"], entry.labels["agent"])).or_default();
        *known = (*known).max(entry.at / SECOND);
        last
    });
    let store = Store::start(move |asked| loki(&entries, asked)).await;
    let prometheus = Store::empty().await;
    let telemetry = telemetry(store.port, prometheus.port);
    let numbers = telemetry.numbers(Range::Day).await;
    assert_eq!(numbers.missing, []);
    assert_eq!(numbers.owners.len(), report.agents.len());
    let heard = telemetry.last_seen().await.expect("an answer");
    for agent in &report.agents {
        let owner = Owner { project: Some(agent.project.clone()), agent: Some(agent.agent.clone()) };
        let mine = numbers.owners.iter().find(|of| of.owner == owner).expect("everybody is there");
        check(mine, agent);
        let seconds = last[&format!("{}/{}", agent.project, agent.agent)];
        let moment = Timestamp::from_unix_milliseconds((seconds * 1000) as i64);
        assert_eq!(mine.last_seen, Some(moment));
        assert_eq!(
            (heard.owners[&owner].last_seen, heard.owners[&owner].version.as_deref()),
            (Some(moment), Some(agent.version))
        );
        check_sessions(&telemetry.sessions(&owner, Range::Day).await.expect("sessions"), agent);
    }
    let total: u64 = numbers.owners.iter().filter_map(|of| of.cost_micro_usd).sum();
    assert!(total > 1_000_000 && total == report.total.events.cost_micro_usd, "{total}");
}
