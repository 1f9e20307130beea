//! Following events: none is skipped and none comes twice, however many have the same timestamp.

use std::sync::{Arc, Mutex};

use clawker_monitor::{clock::now, telemetry::TelemetrySource as _};
use monitor_core::telemetry::{AgentEvent, Owner, Sender};
use serde_json::json;

use super::store::{Answer, Asked, Store, ok, telemetry};

/// Timestamp (in nanoseconds) and number of each event, in Loki's order.
type Events = Arc<Mutex<Vec<(u64, u64)>>>;

/// Answers as Loki does: from `start` (inclusive) to `end` (exclusive), up to the limit, unordered within one
/// timestamp.
fn loki(events: &Events, asked: &Asked) -> Answer {
    let (start, end, limit) = (asked.number("start"), asked.number("end"), asked.number("limit") as usize);
    let mut found: Vec<(u64, u64)> = events.lock().expect("nobody panicked").clone();
    found.retain(|(at, _)| (start..end).contains(at));
    // The sort is stable, so events with equal timestamps keep their order.
    found.sort_by_key(|(at, _)| *at);
    if asked.parameters["direction"] == "backward" {
        found.reverse();
    }
    found.truncate(limit);
    let streams: Vec<_> = found
        .iter()
        .map(|(at, number)| {
            let labels = json!({ "event_name": "tool_result", "event_sequence": number.to_string() });
            json!({ "stream": labels, "values": [[at.to_string(), "claude_code.tool_result"]] })
        })
        .collect();
    ok(json!({ "status": "success", "data": { "resultType": "streams", "result": streams } }).to_string())
}

fn number(event: &AgentEvent) -> u64 {
    event.id.split('-').nth(1).and_then(|text| text.parse().ok()).expect("an id holds the number")
}

/// Groups of that many events with equal timestamps, one millisecond apart, in reverse order within each group.
fn crowds(sizes: &[u64]) -> Vec<(u64, u64)> {
    let begin = (now().unix_milliseconds() as u64 - 60_000) * 1_000_000;
    let mut events = Vec::new();
    for (index, size) in sizes.iter().enumerate() {
        let first = events.len() as u64;
        events.extend((first..first + size).rev().map(|number| (begin + index as u64 * 1_000_000, number)));
    }
    events
}

#[tokio::test]
async fn no_event_is_skipped_and_none_comes_twice() {
    for (sizes, limit) in [
        (vec![1; 30], 7),
        (vec![1, 300, 1, 1, 300, 2], 50),
        (vec![1, 400], 1),
        (vec![1, 149, 1, 150, 1, 151, 3], 50),
        (vec![3; 400], 100),
        (vec![2, 4000, 2], 1000),
    ] {
        let events: Events = Arc::default();
        let all = crowds(&sizes);
        let shown = Arc::clone(&events);
        let store = Store::start(move |asked| loki(&shown, asked)).await;
        let telemetry = telemetry(store.port, 1);
        let sender = Sender::default();
        // The first event exists when the reader starts; the others arrive in two portions.
        let half = all.iter().position(|(at, _)| *at > all[all.len() / 2].0).unwrap_or(all.len());
        *events.lock().expect("nobody panicked") = all[..1].to_vec();
        let mut seen = telemetry.events(&sender, None, limit).await.expect("events");
        for portion in [&all[..half], &all[..]] {
            *events.lock().expect("nobody panicked") = portion.to_vec();
            loop {
                let next = telemetry.events(&sender, seen.last(), limit).await.expect("events");
                assert!(next.len() <= limit as usize);
                if next.is_empty() {
                    break;
                }
                seen.extend(next);
                assert!(seen.len() <= all.len(), "{sizes:?} by {limit}: events come twice");
            }
        }
        let first = number(&seen[0]);
        let numbers: Vec<u64> = seen.iter().map(number).collect();
        let expected: Vec<u64> = (first..all.len() as u64).collect();
        assert_eq!(numbers, expected, "{sizes:?} by {limit}");
    }
}

#[tokio::test]
async fn without_a_start_the_last_events_are_returned_oldest_first() {
    let events: Events = Arc::new(Mutex::new(crowds(&[1; 50])));
    let store = Store::start(move |asked| loki(&events, asked)).await;
    let last = telemetry(store.port, 1).events(&Sender::default(), None, 20).await.expect("events");
    assert_eq!(last.iter().map(number).collect::<Vec<_>>(), (30..50).collect::<Vec<u64>>());
    assert_eq!(
        store.asked()[0].query(),
        r#"{service_name="claude-code"} | project="" | agent="" | clawker_simulated="""#
    );
}

#[tokio::test]
async fn a_week_without_events_is_queried_once() {
    let events: Events = Arc::default();
    let shown = Arc::clone(&events);
    let store = Store::start(move |asked| loki(&shown, asked)).await;
    let telemetry = telemetry(store.port, 1);
    for _ in 0..3 {
        assert_eq!(telemetry.events(&Sender::default(), None, 20).await, Ok(Vec::new()));
    }
    let spans: Vec<u64> =
        store.asked().iter().map(|asked| (asked.number("end") - asked.number("start")) / 1_000_000_000).collect();
    assert_eq!(spans[0], 604_800 + 600);
    assert!(spans[1..].iter().all(|span| *span < 900), "{spans:?}");
    *events.lock().expect("nobody panicked") = crowds(&[1, 2]);
    assert_eq!(
        telemetry.events(&Sender::default(), None, 20).await.expect("events").len(),
        3,
        "the first ones are seen"
    );
}

#[tokio::test]
async fn the_newest_events_of_everybody_take_one_query_and_a_cut_off_answer_hides_no_gap() {
    let begin = (now().unix_milliseconds() as u64 - 10_000) * 1_000_000;
    let events: Events = Arc::new(Mutex::new((0..3).map(|number| (begin + number, number)).collect()));
    let shown = Arc::clone(&events);
    let store = Store::start(move |asked| loki(&shown, asked)).await;
    let telemetry = telemetry(store.port, 1);
    let owner = Owner::default();
    let known = async || telemetry.recent_events().await.expect("an answer").of(&owner, false).len();
    assert_eq!(known().await, 3);
    assert_eq!(known().await, 3, "callers share an answer");
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].query().contains("| keep project, agent") && asked[0].parameters["direction"] == "backward");
    assert!(asked[0].number("limit") <= 5_000, "Loki refuses more");
    // More than one answer holds: what came before is not known to be complete.
    *events.lock().expect("nobody panicked") = (0..3_000).map(|number| (begin + 1_000 + number, number)).collect();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let recent = telemetry.recent_events().await.expect("an answer");
    assert!(recent.of(&owner, false).iter().all(|event| event.at >= begin + 2_000), "only the newest are kept");
}
