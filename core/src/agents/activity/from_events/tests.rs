//! What follows from events, in the order in which real releases send them.

use super::*;
use crate::telemetry::series::Labels;

/// An event: seconds after the start, its name, and its fields as `a=b c=d`.
type Line = (f64, &'static str, &'static str);

fn record(index: usize, (at, name, fields): &Line) -> EventRecord {
    let mut labels: Labels = fields
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    labels.insert("event_name".into(), (*name).into());
    labels.insert("event_sequence".into(), index.to_string());
    labels.entry("session_id".into()).or_insert_with(|| "s".into());
    EventRecord { at: (*at * 1e9) as u64, labels }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}

fn told(lines: &[Line], now: i64) -> Option<(ActivityKind, i64)> {
    let mut records: Vec<EventRecord> = lines.iter().enumerate().map(|(index, line)| record(index, line)).collect();
    // Loki returns them newest first.
    records.reverse();
    let found = activity(&records, None, at(now))?;
    assert_eq!(found.evidence.matches('`').count() % 2, 0, "{}", found.evidence);
    assert!(!found.evidence.ends_with('.'), "{}", found.evidence);
    Some((found.kind, found.since.unix_milliseconds() / 1000))
}

/// As recorded from 2.1.330: a call may be decided before its request is logged.
const TURN: [Line; 9] = [
    (100.0, "user_prompt", ""),
    (102.7, "tool_decision", "decision=accept source=config tool_name=Bash tool_use_id=t1"),
    (102.71, "api_request", "query_source=sdk duration_ms=2613"),
    (102.72, "assistant_response", "query_source=sdk"),
    (102.75, "tool_result", "tool_name=Bash tool_use_id=t1 success=true"),
    (103.4, "api_request", "query_source=sdk duration_ms=24"),
    (103.42, "tool_decision", "decision=accept source=config tool_name=Write tool_use_id=t2"),
    (103.43, "tool_result", "tool_name=Write tool_use_id=t2 success=true"),
    (108.6, "api_request", "query_source=sdk duration_ms=5042"),
];

#[test]
fn a_turn_of_a_recent_release_is_followed_from_prompt_to_answer() {
    use ActivityKind::{Idle, PerhapsStuck, WaitingForPerson, Working};
    for (events, now, expected) in [
        (1, 101, Some((Working, 100))),
        (1, 699, Some((Working, 100))),
        // No answer for longer than a request may take.
        (1, 701, Some((PerhapsStuck, 100))),
        (2, 110, Some((Working, 100))),
        (4, 110, Some((Working, 100))),
        (4, 102 + 602, Some((PerhapsStuck, 102))),
        (5, 110, Some((Working, 100))),
        (8, 110, Some((Working, 100))),
        // What follows the answer may be on its way.
        (9, 110, Some((Working, 100))),
        (9, 125, Some((WaitingForPerson, 108))),
        (9, 108 + 3_600, Some((WaitingForPerson, 108))),
        (9, 108 + 3_602, Some((Idle, 108))),
        (2, 102 + 20_000, Some((Idle, 102))),
    ] {
        assert_eq!(told(&TURN[..events], now), expected, "{events} events at {now}");
    }
    assert_eq!(told(&[], 100), None);
    let without_events = |now: i64| activity(&[], Some(at(100)), at(now)).map(|found| found.kind);
    assert_eq!((without_events(200), without_events(20_000)), (None, Some(Idle)));
}

#[test]
fn what_a_release_does_not_send_is_not_guessed() {
    use ActivityKind::{Idle, Working};
    // 2.0.30: neither decisions nor sources of requests.
    let old: [Line; 4] = [
        (100.0, "user_prompt", ""),
        (102.0, "api_request", "duration_ms=2000"),
        (104.0, "tool_result", "tool_name=Bash success=true"),
        (106.0, "api_request", "duration_ms=2000"),
    ];
    assert_eq!(told(&old, 120), Some((Working, 100)));
    assert_eq!(told(&old, 200), None, "a command may be running, or the turn has ended");
    assert_eq!(told(&old, 4_000), Some((Idle, 106)));
    assert_eq!(told(&old[..3], 120), Some((Working, 100)), "the result is sent to the model");
    // A source, but no decisions.
    let silent: [Line; 3] = [old[0], old[2], (106.0, "api_request", "query_source=repl_main_thread duration_ms=2000")];
    assert_eq!(told(&silent, 200), None);
    // Only events that say nothing about a turn.
    assert_eq!(told(&[(100.0, "plugin_loaded", "")], 200), None);
    // A request in the background does not end the turn.
    let title: [Line; 2] = [(100.0, "user_prompt", ""), (101.0, "api_request", "query_source=generate_session_title")];
    assert_eq!(told(&title, 200), Some((Working, 100)));
}

#[test]
fn a_permission_or_a_question_waits_for_the_person_until_it_is_answered() {
    use ActivityKind::{WaitingForPerson, Working};
    let asked: [Line; 4] = [
        (100.0, "user_prompt", ""),
        (102.0, "api_request", "query_source=repl_main_thread duration_ms=2000"),
        (103.0, "hook_execution_start", "hook_event=Notification"),
        (200.0, "tool_decision", "decision=accept source=user_temporary tool_name=Bash tool_use_id=t1"),
    ];
    assert_eq!(told(&asked[..2], 160), Some((WaitingForPerson, 102)));
    assert_eq!(told(&asked[..3], 104), Some((WaitingForPerson, 103)));
    assert_eq!(told(&asked[..3], 20_000), Some((WaitingForPerson, 103)), "it still asks");
    assert_eq!(told(&asked, 201), Some((Working, 100)));
    let question: [Line; 2] =
        [asked[0], (103.0, "tool_decision", "decision=accept tool_name=AskUserQuestion tool_use_id=t1")];
    assert_eq!(told(&question, 5_000), Some((WaitingForPerson, 103)));
    for (source, now, kind) in [
        ("user_abort", 104, WaitingForPerson),
        ("user_reject", 120, Working),
        ("user_reject", 170, WaitingForPerson),
        ("hook", 170, Working),
    ] {
        let fields: &'static str = match source {
            "user_abort" => "decision=reject source=user_abort tool_name=Bash",
            "user_reject" => "decision=reject source=user_reject tool_name=Bash",
            _ => "decision=reject source=hook tool_name=Bash",
        };
        let found = told(&[asked[0], (103.0, "tool_decision", fields)], now);
        assert_eq!(found.map(|(kind, _)| kind), Some(kind), "{source} at {now}");
    }
}

#[test]
fn a_failed_request_is_retried_or_given_up() {
    use ActivityKind::{RateLimited, Retrying, WaitingForPerson, Working};
    for (name, fields, now, kind) in [
        ("api_error", "status_code=429 attempt=3", 110, RateLimited),
        ("api_error", "status_code=529 attempt=3", 110, Retrying),
        ("api_error", "status_code=undefined attempt=1", 110, Retrying),
        ("api_error", "status_code=529 attempt=3", 500, WaitingForPerson),
        ("api_error", "status_code=529 attempt=11", 110, WaitingForPerson),
        ("api_error", "status_code=401 attempt=1", 110, WaitingForPerson),
        ("api_retries_exhausted", "status_code=429", 110, WaitingForPerson),
        ("api_error", "status_code=529 attempt=1 query_source=generate_session_title", 110, Working),
    ] {
        let found = told(&[(100.0, "user_prompt", ""), (105.0, name, fields)], now);
        assert_eq!(found.map(|(kind, _)| kind), Some(kind), "{name} {fields} at {now}");
    }
}

#[test]
fn each_kind_of_call_has_its_own_limit_and_a_lost_result_does_not_last() {
    use ActivityKind::{PerhapsStuck, WaitingForPerson, Working};
    for (tool, limit) in [("Read", 120), ("Bash", 600), ("Task", 1_800), ("mcp_tool", 900)] {
        let fields: &'static str = match tool {
            "Read" => "decision=accept tool_name=Read",
            "Bash" => "decision=accept tool_name=Bash",
            "Task" => "decision=accept tool_name=Task",
            _ => "decision=accept tool_name=mcp_tool",
        };
        let lines = [(100.0, "tool_decision", fields)];
        assert_eq!(told(&lines, 100 + limit), Some((Working, 100)), "{tool}");
        assert_eq!(told(&lines, 101 + limit), Some((PerhapsStuck, 100)), "{tool}");
    }
    // A subagent that works is not stuck.
    let task: [Line; 2] = [
        (100.0, "tool_decision", "decision=accept tool_name=Task tool_use_id=t1"),
        (5_000.0, "tool_result", "tool_name=Read tool_use_id=t9"),
    ];
    assert_eq!(told(&task, 5_100), Some((Working, 100)));
    // The next request held the result that was lost.
    let lost: [Line; 2] = [
        (100.0, "tool_decision", "decision=accept tool_name=Bash tool_use_id=t1"),
        (110.0, "api_request", "query_source=sdk duration_ms=2000"),
    ];
    assert_eq!(told(&lost, 200), Some((WaitingForPerson, 110)));
}

#[test]
fn the_newest_session_counts_and_hooks_end_it() {
    use ActivityKind::{Idle, WaitingForPerson, Working};
    let two: [Line; 3] = [
        (100.0, "user_prompt", "session_id=a"),
        (150.0, "user_prompt", "session_id=b"),
        (151.0, "hook_execution_start", "session_id=b hook_event=Stop"),
    ];
    assert_eq!(told(&two[..1], 160), Some((Working, 100)));
    assert_eq!(told(&two, 160), Some((WaitingForPerson, 151)));
    let ended: [Line; 2] = [two[0], (170.0, "hook_execution_start", "session_id=a hook_event=SessionEnd")];
    assert_eq!(told(&ended, 171), Some((Idle, 170)));
}
