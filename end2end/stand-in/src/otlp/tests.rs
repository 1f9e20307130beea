use saphyr::{LoadableYamlNode as _, YamlOwned};

use super::{
    messages::{Resource, ResourceLogs, Scope, ScopeLogs},
    *,
};

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(Value::String(value.to_owned())) }) }
}

fn record(at: u64, attributes: Vec<KeyValue>) -> LogRecord {
    let body = Some(AnyValue { value: Some(Value::String("claude_code.user_prompt".to_owned())) });
    LogRecord { time_unix_nano: at, body, attributes, ..LogRecord::default() }
}

fn request(records: Vec<LogRecord>) -> LogsRequest {
    let attributes =
        vec![attribute("service.name", "claude-code"), attribute("agent", "dev"), attribute("os.type", "l")];
    let scope = Some(Scope { name: "events".to_owned(), ..Scope::default() });
    let scope_logs = vec![ScopeLogs { scope, log_records: records }];
    LogsRequest { resource_logs: vec![ResourceLogs { resource: Some(Resource { attributes }), scope_logs }] }
}

fn limits(text: &str) -> Limits {
    Limits::read(&YamlOwned::load_from_str(text).expect("YAML")[0])
}

#[test]
fn a_record_becomes_an_entry_with_labels_and_metadata_under_lokis_names() {
    let limits = limits(
        "limits_config:\n  otlp_config:\n    resource_attributes:\n      attributes_config:\n        - action: index_label\n          \
         attributes: [project, agent]\n",
    );
    let sent = request(vec![record(7, vec![attribute("session.id", "s"), attribute("agent", "dev")])]);
    let received = receive(sent, &limits).expect("accepted");
    assert_eq!(received.pushed.len(), 1);
    let entry = &received.pushed[0];
    assert_eq!((entry.at, entry.line.as_str()), (7, "claude_code.user_prompt"));
    let label = |name: &str| entry.labels.get(name).map(String::as_str);
    assert_eq!((label("session_id"), label("os_type"), label("scope_name")), (Some("s"), Some("l"), Some("events")));
    assert_eq!((label("agent"), label("agent_extracted")), (Some("dev"), Some("dev")));
    assert_eq!(label("detected_level"), Some("unknown"));
}

#[test]
fn only_the_entry_beyond_a_limit_is_discarded_with_lokis_words() {
    let long = "x".repeat(70_000);
    let many = (0..130).map(|n| attribute(&format!("a{n}"), "1")).collect();
    let line =
        LogRecord { body: Some(AnyValue { value: Some(Value::String("y".repeat(300_000))) }), ..record(4, Vec::new()) };
    let sent = request(vec![
        record(1, vec![attribute("prompt", &long)]),
        record(2, vec![attribute("prompt", "short")]),
        record(3, many),
        line,
    ]);
    let received = receive(sent, &Limits::default()).expect("the others are stored");
    assert_eq!(received.pushed.iter().map(|pushed| pushed.at).collect::<Vec<_>>(), [2]);
    let reasons: Vec<&str> = received.discarded.iter().map(|discarded| discarded.reason).collect();
    assert_eq!(reasons, ["structured_metadata_too_large", "structured_metadata_too_many", "line_too_long"]);
    let message = &received.discarded[0].message;
    assert!(
        message.starts_with(
            "stream '{service_name=\"claude-code\"}' has structured metadata too large: '70038' bytes, limit: '65536'"
        ),
        "{message}"
    );
}

#[test]
fn a_message_over_four_megabytes_is_refused_as_a_whole_unless_the_configuration_allows_it() {
    let prompts = |count: u64| {
        request((0..count).map(|n| record(n + 1, vec![attribute("prompt", &"x".repeat(60_000))])).collect())
    };
    assert!(receive(prompts(69), &Limits::default()).is_ok());
    let (status, message) = receive(prompts(70), &Limits::default()).expect_err("too large");
    assert_eq!(status, "503 Service Unavailable");
    assert!(
        message.contains("grpc: received message larger than max (") && message.contains("vs. 4194304)"),
        "{message}"
    );
    let wide = limits("server:\n  grpc_server_max_recv_msg_size: 104857600\n");
    assert_eq!(receive(prompts(200), &wide).expect("accepted").pushed.len(), 200);
}

#[test]
fn loki_is_ready_after_15_seconds_unless_the_configuration_says_otherwise() {
    assert_eq!(limits("server: {}").ready_after.as_secs(), 15);
    // The scheduler's ring waits as long as the ingester.
    assert_eq!(limits("ingester: {lifecycler: {min_ready_duration: 0s}}").ready_after.as_secs(), 15);
    let both = "ingester: {lifecycler: {min_ready_duration: 0s}}\nquery_scheduler: {use_scheduler_ring: false}\n";
    assert_eq!(limits(both).ready_after.as_secs(), 0);
    let sizes = limits("limits_config: {max_structured_metadata_size: 1MB, max_line_size: 2048}");
    assert_eq!((sizes.metadata_bytes, sizes.line_bytes), (1 << 20, 2048));
}

#[test]
fn the_generated_configuration_lifts_the_limits_that_would_lose_events() {
    use monitor_core::{files, settings::Settings, stack::HostFacts};
    let facts = HostFacts { directory: "/m".to_owned(), docker_socket: "/s".to_owned() };
    let files = files::render(&Settings::default(), &facts);
    let file = files.iter().find(|file| file.name == "loki-config.yaml").expect("Loki's file");
    let limits = limits(&file.contents);
    assert_eq!((limits.message_bytes, limits.ready_after.as_secs()), (100 << 20, 0));
    assert_eq!((limits.metadata_bytes, limits.metadata_entries), (1 << 20, 256));
    assert!(limits.index_labels.iter().any(|name| name == "agent"), "{limits:?}");
}

#[test]
fn json_and_compressed_protobuf_say_the_same() {
    let json = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}},
        {"key":"agent","value":{"stringValue":"dev"}},{"key":"os.type","value":{"stringValue":"l"}}]},
        "scopeLogs":[{"scope":{"name":"events"},"logRecords":[{"timeUnixNano":"7","body":{"stringValue":"claude_code.user_prompt"},
        "attributes":[{"key":"n","value":{"intValue":"3"}}]}]}]}]}"#;
    let number = KeyValue { key: "n".to_owned(), value: Some(AnyValue { value: Some(Value::Int(3)) }) };
    let expected = request(vec![record(7, vec![number])]);
    let mut sent = Request::new("POST", "/otlp/v1/logs", json.to_vec());
    sent.headers.insert("content-type".to_owned(), "application/json".to_owned());
    assert_eq!(decode(&sent).expect("JSON"), expected);

    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut writer, &store(&expected)).expect("memory");
    let mut sent = Request::new("POST", "/otlp/v1/logs", writer.finish().expect("memory"));
    sent.headers.insert("content-type".to_owned(), "application/x-protobuf".to_owned());
    sent.headers.insert("content-encoding".to_owned(), "gzip".to_owned());
    assert_eq!(decode(&sent).expect("protobuf"), expected);
    sent.headers.insert("content-type".to_owned(), "text/plain".to_owned());
    assert_eq!(decode(&sent).expect_err("neither").0, "400 Bad Request");
}
