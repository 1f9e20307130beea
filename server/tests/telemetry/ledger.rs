//! What simulated agents sent in a stand-in for Prometheus that evaluates the panel's queries. The numbers must equal
//! those of the ledger, to the last token and micro-dollar, from metrics as well as from events.

use clawker_monitor::{clock::now, telemetry::TelemetrySource as _};
use monitor_core::{
    simulation::AgentLedger,
    telemetry::{Owner, OwnerNumbers, Range, Sender, Session, Tokens},
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use super::{
    promql::{Samples, evaluate},
    sent::{Sends, Sent, last_events, played, sent},
    store::{Answer, Asked, EMPTY, Store, ok, telemetry},
};

/// Answers as Prometheus does.
fn prometheus(samples: &Samples, asked: &Asked) -> Answer {
    let milliseconds = |name: &str| (asked.parameters[name].parse::<f64>().expect("seconds") * 1000.0).round() as i64;
    let times: Vec<i64> = if asked.path == "/api/v1/query" {
        vec![milliseconds("time")]
    } else {
        (milliseconds("start")..=milliseconds("end")).step_by(milliseconds("step") as usize).collect()
    };
    let answers = match evaluate(asked.query(), samples, &times) {
        Ok(answers) => answers,
        // The services' own counters are not there.
        Err(_) => return ok(EMPTY),
    };
    let mut result: Vec<Value> = Vec::new();
    for (at, vector) in answers {
        for (labels, value) in vector {
            let value = json!([at as f64 / 1000.0, value.to_string()]);
            result.push(json!({ "metric": labels, "value": value, "values": [value] }));
        }
    }
    ok(json!({ "status": "success", "data": { "resultType": "any", "result": result } }).to_string())
}

pub fn check_requests(mine: &OwnerNumbers, agent: &AgentLedger) {
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
    assert_eq!(mine.sessions, Some(truth.sessions.len() as u64), "{name}");
    // Each step is rounded separately.
    assert!(mine.cost_over_time.iter().sum::<u64>().abs_diff(truth.cost_micro_usd) <= Range::STEPS, "{name}");
}

pub fn check_events(mine: &OwnerNumbers, agent: &AgentLedger) {
    let (truth, name) = (&agent.events, &agent.agent);
    assert_eq!((mine.tool_calls, mine.tool_failures), (Some(truth.tool_calls), Some(truth.tool_failures)), "{name}");
    assert_eq!(mine.events_over_time.iter().sum::<u64>(), truth.records, "{name}");
}

pub fn check_metrics(mine: &OwnerNumbers, agent: &AgentLedger) {
    let (truth, name) = (&agent.metrics, &agent.agent);
    let seconds = (truth.active_ms as f64 / 1000.0).round() as u64;
    assert_eq!(mine.active_seconds, Some(seconds), "{name}");
    assert_eq!((mine.lines_added, mine.lines_removed), (Some(truth.lines_added), Some(truth.lines_removed)), "{name}");
}

pub fn check_sessions(sessions: &[Session], agent: &AgentLedger) {
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
async fn the_numbers_agree_with_the_ledger_whatever_an_agent_sends() {
    let (report, received) = played(4).await;
    for sends in [Sends::Both, Sends::Events, Sends::Metrics] {
        let all = sent(&received, sends);
        let (mut samples, last) = (Samples::default(), last_events(&all));
        for Sent { name, labels, at, value } in all {
            samples.add(&name, labels, at, value);
        }
        let store = Store::start(move |asked| prometheus(&samples, asked)).await;
        let telemetry = telemetry(1, store.port);
        let numbers = telemetry.numbers(Range::Day).await;
        assert_eq!(numbers.missing, [], "{sends:?}: Loki is not asked");
        assert_eq!(numbers.owners.len(), report.agents.len());
        let heard = telemetry.last_seen().await.expect("an answer");
        for agent in &report.agents {
            let owner = Owner { project: Some(agent.project.clone()), agent: Some(agent.agent.clone()) };
            let mine = numbers.owners.iter().find(|of| of.owner == owner).expect("everybody is there");
            check_requests(mine, agent);
            let seen = &heard.simulated[&owner];
            if sends == Sends::Metrics {
                assert!(seen.last_seen.is_some(), "{owner:?}");
            } else {
                check_events(mine, agent);
                assert_eq!(mine.last_seen, Some(Timestamp::from_unix_milliseconds(last[&owner] * 1000)));
                assert_eq!(seen.version.as_deref(), Some(agent.version));
                let sender = Sender { owner: owner.clone(), simulated: true };
                check_sessions(&telemetry.sessions(&sender, Range::Day).await.expect("sessions"), agent);
                let real = telemetry.sessions(&Sender::real(owner), Range::Day).await;
                assert_eq!(real, Ok(Vec::new()), "they are not those of a real agent with the same tags");
            }
            if sends != Sends::Events {
                check_metrics(mine, agent);
            }
        }
        let total: u64 = numbers.owners.iter().filter_map(|of| of.cost_micro_usd).sum();
        assert!(total > 1_000_000 && total == report.total.events.cost_micro_usd, "{total}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_events_say_the_same_until_one_of_them_stops() {
    let (_, received) = played(4).await;
    let end = now().unix_milliseconds();
    // Agents are compared, simulated ones are not; so these pass for real ones.
    let all: Vec<Sent> = sent(&received, Sends::Both)
        .into_iter()
        .map(|mut sent| {
            sent.labels.remove("clawker_simulated");
            sent
        })
        .collect();
    let is_metric = |sent: &Sent| sent.name.contains("claude_code_") || sent.name.ends_with("clawker_last_metric");
    let hour_ago = end - 3_600_000;
    for (lost, metrics_say_less) in [
        (Box::new(|_: &Sent| false) as Box<dyn Fn(&Sent) -> bool>, None),
        (Box::new(move |sent: &Sent| is_metric(sent) && sent.at > hour_ago), Some(true)),
        (Box::new(move |sent: &Sent| !is_metric(sent) && sent.at > hour_ago), Some(false)),
    ] {
        let mut samples = Samples::default();
        for Sent { name, labels, at, value } in all.iter().filter(|sent| !lost(sent)) {
            samples.add(name, labels.clone(), *at, *value);
        }
        let store = Store::start(move |asked| prometheus(&samples, asked)).await;
        let found = telemetry(1, store.port).losses().await.mismatches;
        assert_eq!(found.is_empty(), metrics_say_less.is_none(), "{found:?}");
        for (owner, mismatch) in found {
            assert_eq!(Some(mismatch.metrics_say_less), metrics_say_less, "{owner:?}");
            assert!(mismatch.beyond_long_intervals, "{owner:?}: an hour is more than the longest interval");
            let last = mismatch.last_arrived.expect("some arrived").unix_milliseconds();
            assert!((hour_ago - 1_800_000..=hour_ago).contains(&last), "{owner:?}: {last} {hour_ago}");
        }
    }
}
