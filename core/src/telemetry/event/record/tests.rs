use super::*;
use crate::telemetry::stores::answers::lines;

fn labels(name: &str, pairs: &[(&str, &str)]) -> Labels {
    let own = [("event_name", name), ("service_name", "claude-code"), ("user_id", "7937"), ("session_id", "s")];
    own.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn event(name: &str, pairs: &[(&str, &str)]) -> AgentEvent {
    let line = EventRecord { at: 1_795_330_258_129_000_001, labels: labels(name, pairs) };
    events_in_order(&[line]).remove(0)
}

/// Name, fields, summary, and whether it tells of a failure.
type Row = (&'static str, Vec<(&'static str, &'static str)>, &'static str, bool);

#[test]
fn every_kind_of_event_has_a_summary() {
    let bash = r#"{"bash_command":"git","full_command":"git diff --stat","description":"see"}"#;
    let mcp = r#"{"mcp_server_name":"tickets","mcp_tool_name":"find"}"#;
    let request = [
        ("model", "claude-sonnet-5"),
        ("input_tokens", "12"),
        ("output_tokens", "340"),
        ("cost_usd", "1.23e-02"),
        ("duration_ms", "2310"),
    ];
    let hook = [("hook_name", "PostToolUse:Edit"), ("num_hooks", "1")];
    let cases: Vec<Row> = vec![
        ("user_prompt", vec![("prompt", "Fix  the\n test"), ("prompt_length", "13")], "Fix the test", false),
        ("user_prompt", vec![("prompt", "<REDACTED>"), ("prompt_length", "13")], "13 characters", false),
        ("user_prompt", vec![("command_name", "init"), ("prompt_length", "5")], "/init · 5 characters", false),
        ("assistant_response", vec![("response_length", "812"), ("model", "x")], "812 characters", false),
        (
            "tool_result",
            vec![("tool_name", "Bash"), ("success", "true"), ("duration_ms", "1200"), ("tool_parameters", bash)],
            "Bash · git diff --stat · 1.2 s",
            false,
        ),
        (
            "tool_result",
            vec![
                ("tool_name", "Write"),
                ("success", "false"),
                ("error_type", "ShellError"),
                ("tool_input", r#"{"file_path":"/a.py"}"#),
                ("duration_ms", "7"),
            ],
            "Write · /a.py · ShellError · 7 ms",
            true,
        ),
        (
            "tool_result",
            vec![("tool_name", "mcp_tool"), ("tool_parameters", mcp), ("success", "false")],
            "tickets/find · failed",
            true,
        ),
        (
            "tool_decision",
            vec![("tool_name", "Edit"), ("decision", "reject"), ("source", "user_reject")],
            "Edit · rejected · by user_reject",
            false,
        ),
        ("api_request", request.to_vec(), "claude-sonnet-5 · 12 in, 340 out · $0.0123 estimated · 2.3 s", false),
        (
            "api_error",
            vec![("model", "m"), ("status_code", "529"), ("error", "Overloaded"), ("attempt", "11")],
            "m · HTTP 529 · Overloaded · attempt 11",
            true,
        ),
        (
            "api_error",
            vec![("model", "m"), ("status_code", "undefined"), ("error", "ECONNRESET")],
            "m · ECONNRESET",
            true,
        ),
        (
            "api_retries_exhausted",
            vec![("model", "m"), ("total_attempts", "11"), ("total_retry_duration_ms", "125000")],
            "m · 11 attempts · 2 min 5 s",
            true,
        ),
        ("api_refusal", vec![("model", "m"), ("category", "cyber")], "m · cyber", true),
        ("api_request_body", vec![("model", "m"), ("body_length", "61440")], "m · 61.4 kB", false),
        ("api_response_body", vec![("model", "m"), ("body_length", "640")], "m · 640 B", false),
        (
            "permission_mode_changed",
            vec![("from_mode", "default"), ("to_mode", "plan"), ("trigger", "shift_tab")],
            "default → plan · by shift_tab",
            false,
        ),
        (
            "auth",
            vec![("action", "login"), ("success", "false"), ("error_category", "network")],
            "login · network",
            true,
        ),
        (
            "mcp_server_connection",
            vec![("server_name", "tickets"), ("status", "failed"), ("error_code", "ECONNREFUSED")],
            "tickets · failed · ECONNREFUSED",
            true,
        ),
        (
            "internal_error",
            vec![("error_name", "AbortError"), ("error_code", "ABORT_ERR")],
            "AbortError · ABORT_ERR",
            true,
        ),
        (
            "plugin_installed",
            vec![
                ("plugin_name", "code-review"),
                ("plugin_version", "1.4.0"),
                ("marketplace_name", "official"),
                ("install_trigger", "cli"),
            ],
            "code-review 1.4.0 · official · by cli",
            false,
        ),
        (
            "plugin_loaded",
            vec![("plugin_name", "cc"), ("marketplace_name", "builtin"), ("plugin_scope", "default-bundle")],
            "cc · builtin · default-bundle",
            false,
        ),
        ("skill_activated", vec![("skill_name", "notes"), ("invocation_trigger", "user")], "notes · by user", false),
        ("at_mention", vec![("mention_type", "file"), ("success", "false")], "file · failed", true),
        (
            "hook_registered",
            vec![("hook_event", "PostToolUse"), ("hook_matcher", "Edit|Write")],
            "PostToolUse · Edit|Write",
            false,
        ),
        ("hook_execution_start", hook.to_vec(), "PostToolUse:Edit · 1 hook", false),
        (
            "hook_execution_complete",
            [&hook[..], &[("num_blocking", "1"), ("num_non_blocking_error", "0"), ("total_duration_ms", "40")]]
                .concat(),
            "PostToolUse:Edit · 1 hook · 1 blocked · 40 ms",
            false,
        ),
        (
            "hook_execution_complete",
            [&hook[..], &[("num_non_blocking_error", "2")]].concat(),
            "PostToolUse:Edit · 1 hook · 2 failed",
            true,
        ),
        ("hook_plugin_metrics", vec![("clean", "true"), ("files_checked", "3")], "clean true · files_checked 3", false),
        (
            "compaction",
            vec![
                ("trigger", "auto"),
                ("pre_tokens", "90"),
                ("post_tokens", "9"),
                ("success", "true"),
                ("duration_ms", "99960"),
            ],
            "auto · 90 → 9 tokens · 1 min 39 s",
            false,
        ),
        (
            "subagent_completed",
            vec![("agent_type", "Explore"), ("final_model", "m"), ("total_tool_uses", "4")],
            "Explore · m · 4 tools",
            false,
        ),
        ("feedback_survey", vec![("survey_type", "session"), ("event_type", "appeared")], "session · appeared", false),
        (
            "retention_sweep",
            vec![("result", "complete"), ("period_days", "30"), ("transcripts_deleted", "0"), ("error_count", "2")],
            "complete · keeps 30 days · 2 errors",
            true,
        ),
        (
            "managed_settings_resolved",
            vec![("managed_settings_sources", "[]"), ("managed_settings_trigger", "startup")],
            "no managed settings · by startup",
            false,
        ),
        ("managed_settings_resolved", vec![("managed_settings_sources", "[\"file\"]")], "[\"file\"]", false),
        ("something_new", vec![("colour", "red")], "colour red", false),
        ("something_new", vec![], "", false),
    ];
    for (name, pairs, summary, failed) in &cases {
        let event = event(name, pairs);
        assert_eq!((event.summary.as_str(), event.failed), (*summary, *failed), "{name} {pairs:?}");
    }
    let shown: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    let unsaid: Vec<_> = crate::simulation::EVENTS.into_iter().filter(|name| !shown.contains(name)).collect();
    assert!(unsaid.is_empty(), "no row for {unsaid:?}");
}

#[test]
fn common_attributes_are_not_among_the_fields() {
    let event = event("auth", &[("action", "login"), ("empty", ""), ("os_type", "linux")]);
    assert_eq!(event.fields, [("action".to_owned(), "login".to_owned())]);
    assert_eq!((event.session.as_str(), event.at.to_rfc3339().as_str()), ("s", "2026-11-22T06:50:58.129Z"));
}

#[test]
fn long_texts_are_truncated_at_character_boundaries() {
    let prompt = "é\u{1F980} ".repeat(60_000);
    let event = event("user_prompt", &[("prompt", &prompt)]);
    assert_eq!(event.summary.chars().count(), 200);
    assert!(event.summary.ends_with('…'));
    assert!((1990..=2000).contains(&event.fields[0].1.len()), "{}", event.fields[0].1.len());
    for longest in 4..12 {
        assert!(cut("ééé\u{1F980}\u{1F980}", longest).len() <= longest);
    }
    assert_eq!(shortened(&"x".repeat(200), 200).len(), 200, "what fits is not cut");
}

#[test]
fn events_are_ordered_by_time_and_sequence_without_duplicates() {
    let line = |at, sequence: &str, tool: &str| EventRecord {
        at,
        labels: labels("tool_result", &[("event_sequence", sequence), ("tool_name", tool)]),
    };
    // Of the oldest release no event has a number.
    let lines = [line(2, "9", "c"), line(2, "10", "d"), line(1, "11", "a"), line(2, "", "b"), line(2, "9", "c")];
    let events = events_in_order(&lines);
    let tools: Vec<&str> = events.iter().map(|event| event.summary.as_str()).collect();
    assert_eq!(tools, ["a", "b", "c", "d"]);
    for (event, next) in events.iter().zip(&events[1..]) {
        assert!(
            EventPosition::from_id(&event.id).expect("a place") < EventPosition::from_id(&next.id).expect("a place")
        );
    }
    assert_eq!(EventPosition::from_id(&events[1].id), Some(EventPosition::of(&lines[3])));
    for id in ["", "1", "1-2", "1-2-x", "1-2-3-4"] {
        assert_eq!(EventPosition::from_id(id), None, "{id}");
    }
}

#[test]
fn recorded_events_have_readable_summaries() {
    let body = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../server/tests/fixtures/loki/range-streams-tool-events.json"
    ));
    let events = events_in_order(&lines(body).expect("streams"));
    let said: Vec<String> = events.iter().map(|event| format!("{} {}", event.at.to_rfc3339(), event.summary)).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    2026-11-22T06:50:58.129Z Write · /workspace/demo/b.py · 10 ms
    2026-11-22T06:51:03.227Z Bash · exit 3 · ShellError · 30 ms
    2026-11-22T06:53:09.137Z Bash · echo hello > a.txt && cat a.txt · 35 ms
    2026-11-22T06:53:09.721Z Write · /workspace/demo/b.py · 7 ms
    2026-11-22T06:53:14.805Z Bash · exit 3 · ShellError · 25 ms
    ");
}
