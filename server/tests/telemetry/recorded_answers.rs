//! Recorded answers of a real Loki, read as the numbers of the recorded sessions.

use clawker_monitor::telemetry::TelemetrySource as _;
use monitor_core::{
    telemetry::{Owner, Range, Tokens},
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use super::store::{Answer, Asked, EMPTY, Store, ok, refusal, telemetry};

fn recorded(name: &str) -> String {
    let path = format!("{}/tests/fixtures/loki/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}

/// The recording has tool calls by tool, and failed ones separately. The panel gets both with one query, by `success`.
fn tools() -> String {
    let results = |name: &str| -> Value {
        let body: Value = serde_json::from_str(&recorded(name)).expect("JSON");
        body["data"]["result"].clone()
    };
    let (mut all, mut failed) = (results("instant-tool-calls.json"), results("instant-tool-failures.json"));
    // 4 of the 8 calls of `Bash` failed.
    all[0]["metric"]["success"] = "true".into();
    all[0]["value"][1] = "4".into();
    all[1]["metric"]["success"] = "true".into();
    failed[0]["metric"]["success"] = "false".into();
    let results = [all.as_array().expect("a list").as_slice(), failed.as_array().expect("a list")].concat();
    json!({ "status": "success", "data": { "resultType": "vector", "result": results } }).to_string()
}

/// Answers a query with what was recorded for it.
fn loki(asked: &Asked) -> Answer {
    let query = asked.query();
    let has = |text: &str| query.contains(text);
    match asked.path.as_str() {
        "/loki/api/v1/query_range" if query.starts_with('{') => ok(recorded("range-streams-tool-events.json")),
        "/loki/api/v1/query_range" if has("cost_usd") => ok(recorded("range-cost-matrix.json")),
        "/loki/api/v1/query_range" => ok(EMPTY.replace("vector", "matrix")),
        "/loki/api/v1/query" => ok(match () {
            () if has("cost_usd") => recorded("instant-cost-by-agent.json"),
            () if has("output_tokens") => recorded("instant-tokens-by-agent.json"),
            () if has("\"tool_result\"") => tools(),
            () if query.starts_with("count by") => recorded("instant-sessions.json"),
            () if has("managed_settings") => EMPTY.to_owned(),
            () if query.starts_with("max_over_time") => recorded("instant-last-seen.json"),
            () => EMPTY.to_owned(),
        }),
        _ => refusal(404, "404 page not found"),
    }
}

fn dev() -> Owner {
    Owner::new(Some("demo"), Some("dev"))
}

fn last() -> Option<Timestamp> {
    Timestamp::from_rfc3339("2026-11-22T06:53:14Z")
}

#[tokio::test]
async fn recorded_answers_are_read_as_the_ledgers_numbers() {
    let (loki, prometheus) = (Store::start(loki).await, Store::empty().await);
    let numbers = telemetry(loki.port, prometheus.port).numbers(Range::Hour).await;
    assert_eq!(numbers.missing, []);
    let [mine] = numbers.owners.as_slice() else { panic!("one owner: {:?}", numbers.owners) };
    assert_eq!((&mine.owner, mine.simulated, mine.last_seen), (&dev(), false, last()));
    assert_eq!((mine.cost_micro_usd, mine.sessions), (Some(140_482), Some(4)));
    assert_eq!(mine.tokens, Some(Tokens { output: 1309, ..Tokens::default() }));
    assert_eq!((mine.tool_calls, mine.tool_failures), (Some(12), Some(4)));
    assert_eq!((mine.active_seconds, mine.lines_added), (Some(0), Some(0)));
    assert_eq!((mine.cost_over_time.len(), mine.events_over_time.len()), (30, 30));
}

#[tokio::test]
async fn last_seen_and_events_are_read_from_recorded_lines() {
    let (loki, prometheus) = (Store::start(loki).await, Store::empty().await);
    let telemetry = telemetry(loki.port, prometheus.port);
    let heard = telemetry.last_seen().await.expect("an answer");
    assert_eq!(heard.owners.len(), 1);
    assert_eq!(heard.owners[&dev()].last_seen, last());
    let events = telemetry.events(&dev(), None, 100).await.expect("events");
    let said: Vec<&str> = events.iter().map(|event| event.summary.as_str()).collect();
    assert_eq!(said.len(), 5);
    assert_eq!((said[0], events[0].failed), ("Write · /workspace/demo/b.py · 10 ms", false));
    assert_eq!((said[4], events[4].failed), ("Bash · exit 3 · ShellError · 25 ms", true));
    let sessions = telemetry.sessions(&dev(), Range::Day).await.expect("sessions");
    assert!(sessions.is_empty(), "the recorded answers name no session");
}

#[tokio::test]
async fn recorded_errors_are_reported_in_lokis_words() {
    let prometheus = Store::empty().await;
    for (file, words) in [
        ("error-parse.txt", "HTTP 400: parse error at line 1, col 15: syntax error: unexpected (, expecting , or )"),
        (
            "error-range-too-long.txt",
            "HTTP 400: the query time range exceeds the limit (query length: 7800h0m0s, limit: 30d1h)",
        ),
    ] {
        let loki = Store::start(move |_| (400, Default::default(), recorded(file).into())).await;
        let refused = telemetry(loki.port, prometheus.port).events(&dev(), None, 10).await;
        assert_eq!(refused, Err(words.into()));
    }
}
