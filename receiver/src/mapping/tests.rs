use super::*;
use crate::{
    otlp::{
        Encoding, decode,
        messages::{KeyValue, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs},
    },
    records::Event,
};

const RULES: Rules = Rules { now: 1_000_000 * SECOND, oldest: 1000 * SECOND, keep_account: true, keep_spans: true };

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue::new(key, value.to_owned())
}

fn events(resource: &[KeyValue], scope: &str, records: Vec<Vec<KeyValue>>, rules: &Rules) -> Vec<Event> {
    let record = |attributes| LogRecord { time_unix_nano: 5_000_000_000_000, attributes, ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs {
        scope: Some(Scope { name: scope.to_owned(), ..Scope::default() }),
        log_records: records.into_iter().map(record).collect(),
    }];
    let resource = Some(Resource { attributes: resource.to_vec() });
    let request = LogsRequest { resource_logs: vec![ResourceLogs { resource, scope_logs }] };
    let batch = map(Request::Logs(request), b"", rules);
    assert_eq!(batch.rejected.count, 0, "{}", batch.rejected.reason);
    batch.events
}

#[test]
fn the_owner_is_in_the_record_or_the_resource() {
    let resource = [text("project", "p"), text("agent", "from resource"), KeyValue::new(SIMULATED, true)];
    let records = vec![vec![text("agent", "from record"), text("session.id", "s")], vec![]];
    let events = events(&resource, "", records, &RULES);
    let owner = |event: &Event| (event.context.owner.agent.clone().unwrap_or_default(), event.context.session.clone());
    assert_eq!(owner(&events[0]), ("from record".into(), "s".into()));
    assert_eq!(owner(&events[1]), ("from resource".into(), String::new()));
    assert!(events.iter().all(|event| event.context.simulated));
    assert!(events[0].attributes.is_empty(), "what a session has in common is not repeated");
}

#[test]
fn claude_code_is_named_so_whatever_it_calls_itself() {
    let resource = [text("service.name", "my-agent")];
    let service = |scope: &str| events(&resource, scope, vec![vec![]], &RULES)[0].context.service.clone();
    assert_eq!(service("com.anthropic.claude_code.events"), "claude-code");
    assert_eq!(service("other"), "my-agent");
}

#[test]
fn the_account_is_left_out_if_the_settings_say_so() {
    let account = || vec![text("user.account_uuid", "u"), text("user.account_id", "i"), text("user.id", "kept")];
    let keys = |keep_account| {
        let rules = Rules { keep_account, ..RULES };
        let events = events(&account(), "", vec![account()], &rules);
        let of = &events[0];
        of.attributes.iter().chain(&of.context.attributes).map(|attribute| attribute.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(true), ["user.account_uuid", "user.account_id", "user.id"]);
    assert_eq!(keys(false), ["user.id"]);
}

#[test]
fn equal_lines_are_two_events_and_a_repeated_request_is_the_same_two() {
    let records = || vec![vec![text("k", "v")], vec![text("k", "v")], vec![text("k", "w")]];
    let prints = || events(&[], "", records(), &RULES).iter().map(|event| event.print).collect::<Vec<_>>();
    let first = prints();
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    assert_eq!(first, prints());
    let other = events(&[text("project", "p")], "", records(), &RULES);
    assert!(!first.contains(&other[0].print), "the same event of another owner is another event");
}

#[test]
fn times() {
    let time = |given: &[u64]| RULES.time(given);
    assert_eq!(time(&[0, 0]), Ok(RULES.now));
    assert_eq!(time(&[0, 2_000_000_000_000]), Ok(2000 * SECOND));
    assert_eq!(time(&[(RULES.now + MAX_AHEAD) as u64]), Ok(RULES.now + MAX_AHEAD));
    assert!(time(&[(RULES.now + MAX_AHEAD) as u64 + 1]).is_err());
    assert!(time(&[u64::MAX]).is_err());
    assert!(time(&[999 * SECOND as u64]).is_err());
}

#[test]
fn what_events_add_is_what_the_collector_derives() {
    let counts = |attributes: Vec<KeyValue>| {
        let events = events(&[], "", vec![attributes], &RULES);
        let mut lines: Vec<String> = events[0]
            .counts
            .iter()
            .map(|count| {
                let labels = count.series.labels.iter().map(|(key, value)| format!("{key}={value}"));
                format!("{} {} {}", count.series.metric, labels.collect::<Vec<_>>().join(","), count.value)
            })
            .collect();
        lines.sort();
        lines
    };
    let request = vec![
        text("event.name", "api_request"),
        text("model", "m"),
        // As text, as releases before 2.1.122 send numbers.
        text("cost_usd", "0.5"),
        KeyValue::new("input_tokens", 7),
        KeyValue::new("output_tokens", f64::NAN),
        KeyValue::new("duration_ms", 1000),
    ];
    assert_eq!(
        counts(request),
        [
            "clawker.events event.name=api_request 1",
            "clawker.request.cost_usd model=m 0.5",
            "clawker.request.duration.bucket bucket=40,model=m 1",
            "clawker.request.duration.sum model=m 1000",
            "clawker.request.tokens model=m,type=input 7",
        ]
    );
    assert!(bucket_upper_bound(40) >= 1000.0 && bucket_upper_bound(39) < 1000.0);
    let error = vec![text("event.name", "api_error"), KeyValue::new("status_code", 529), KeyValue::new("attempt", 11)];
    assert_eq!(
        counts(error),
        [
            "clawker.events event.name=api_error 1",
            "clawker.request.attempts status_code=529 11",
            "clawker.request.errors status_code=529 1",
        ]
    );
    let tool = vec![text("event.name", "tool_result"), text("tool_name", "Bash"), text("success", "false")];
    assert_eq!(
        counts(tool),
        ["clawker.events event.name=tool_result 1", "clawker.tool.calls success=false,tool_name=Bash 1"]
    );
    assert!(counts(vec![text("cost_usd", "1")]).is_empty());
}

#[test]
fn spans_are_kept_only_if_asked() {
    let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
        "spanId":"eee19b7ec3c1b174","name":"claude_code.tool","startTimeUnixNano":"5000000000000",
        "endTimeUnixNano":"5000000000700","status":{"code":2}},{"traceId":"ab","spanId":"cd"}]}]}]}"#;
    let spans = |keep_spans| {
        let request = decode(Signal::Traces, Encoding::Json, body).expect("it is well-formed");
        map(request, body, &Rules { keep_spans, ..RULES })
    };
    let kept = spans(true);
    assert_eq!((kept.spans.len(), kept.spans[0].duration, kept.spans[0].status), (1, 700, 2));
    assert_eq!(kept.rejected.count, 1);
    assert_eq!(spans(false).len(), 0);
}
