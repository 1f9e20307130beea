use super::*;
use crate::settings::{RawValue, RawValues};

fn settings(values: &[(&str, &str)]) -> Settings {
    let raw = |text: &str| RawValue { text: text.to_owned(), line: None };
    let values: RawValues = values.iter().map(|(key, text)| ((*key).to_owned(), raw(text))).collect();
    Settings::from_values(&values).expect("valid")
}

fn lines(variables: &[Variable]) -> Vec<String> {
    variables.iter().map(|variable| format!("{}={}", variable.name, variable.value)).collect()
}

/// The container of an agent that Clawker created under these settings; variables that it does not set are missing.
fn made_by_clawker(settings: &Settings) -> Vec<String> {
    let variables = environment(settings, "demo", "dev");
    let by_clawker =
        variables.into_iter().filter(|variable| matches!(variable.source, Source::Image | Source::Creation));
    lines(&by_clawker.collect::<Vec<_>>()).into_iter().chain(["PATH=/bin".into(), "API_KEY=secret".into()]).collect()
}

fn private() -> Settings {
    settings(&[
        ("telemetry.log_user_prompts", "false"),
        ("telemetry.log_tool_details", "false"),
        ("telemetry.include_account_uuid", "false"),
        ("telemetry.include_session_id", "false"),
    ])
}

#[test]
fn an_agent_gets_the_variables_of_its_image_and_its_creation() {
    insta::assert_snapshot!(lines(&environment(&Settings::default(), "demo", "dev")).join("\n"), @"
    CLAUDE_CODE_ENABLE_TELEMETRY=1
    OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
    OTEL_METRICS_EXPORTER=otlp
    OTEL_LOGS_EXPORTER=otlp
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-collector:4318/v1/metrics
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4318/v1/logs
    OTEL_METRICS_INCLUDE_ACCOUNT_UUID=true
    OTEL_METRICS_INCLUDE_SESSION_ID=true
    OTEL_LOGS_EXPORT_INTERVAL=5000
    OTEL_METRIC_EXPORT_INTERVAL=10000
    OTEL_LOG_TOOL_DETAILS=1
    OTEL_LOG_USER_PROMPTS=1
    OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev
    ");
    let elsewhere = settings(&[("otel_collector_endpoint", "https://otel.example/"), ("loki_port", "3101")]);
    let found = lines(&environment(&elsewhere, "", "dev"));
    assert!(found.contains(&"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://otel.example/v1/logs".to_owned()), "{found:?}");
    assert!(found.contains(&"OTEL_RESOURCE_ATTRIBUTES=agent=dev".to_owned()), "{found:?}");
    assert!(found.contains(&"CLAWKER_LOKI_PORT=3101".to_owned()), "{found:?}");
}

#[test]
fn disabled_options_are_listed_ready_to_copy() {
    insta::assert_snapshot!(agent_env(&environment(&private(), "demo", "dev")), @r#"
    agent:
      env:
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf"
        OTEL_METRICS_EXPORTER: "otlp"
        OTEL_LOGS_EXPORTER: "otlp"
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://otel-collector:4318/v1/metrics"  # where metrics go
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://otel-collector:4318/v1/logs"  # where events go
        OTEL_METRICS_INCLUDE_ACCOUNT_UUID: "false"  # the Anthropic account ID; Clawker omits it, which does not disable it
        OTEL_METRICS_INCLUDE_SESSION_ID: "false"  # the session ID; Clawker omits it, which does not disable it
        OTEL_LOGS_EXPORT_INTERVAL: "5000"  # milliseconds
        OTEL_METRIC_EXPORT_INTERVAL: "10000"  # milliseconds
        OTEL_LOG_TOOL_DETAILS: "0"  # commands, file names, inputs, errors
        OTEL_LOG_USER_PROMPTS: "0"  # prompts and Claude's answers
    "#);
    insta::assert_snapshot!(env_file(&environment(&private(), "demo", "dev")), @"
    OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
    OTEL_METRICS_EXPORTER=otlp
    OTEL_LOGS_EXPORTER=otlp
    # where metrics go
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-collector:4318/v1/metrics
    # where events go
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4318/v1/logs
    # the Anthropic account ID; Clawker omits it, which does not disable it
    OTEL_METRICS_INCLUDE_ACCOUNT_UUID=false
    # the session ID; Clawker omits it, which does not disable it
    OTEL_METRICS_INCLUDE_SESSION_ID=false
    # milliseconds
    OTEL_LOGS_EXPORT_INTERVAL=5000
    # milliseconds
    OTEL_METRIC_EXPORT_INTERVAL=10000
    # commands, file names, inputs, errors
    OTEL_LOG_TOOL_DETAILS=0
    # prompts and Claude's answers
    OTEL_LOG_USER_PROMPTS=0
    ");
}

#[test]
fn a_container_made_by_clawker_differs_only_in_omitted_variables_with_a_default_of_on() {
    assert_eq!(differences(&made_by_clawker(&Settings::default()), &Settings::default(), "demo", "dev"), []);
    let names: Vec<String> =
        differences(&made_by_clawker(&private()), &private(), "demo", "dev").into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["OTEL_METRICS_INCLUDE_ACCOUNT_UUID", "OTEL_METRICS_INCLUDE_SESSION_ID"]);
}

#[test]
fn a_container_from_older_settings_or_without_telemetry_differs() {
    let mut container = made_by_clawker(&settings(&[("otel_collector_port", "14318")]));
    container.push("CLAUDE_CODE_ENABLE_TELEMETRY=0".to_owned());
    let found = differences(&container, &Settings::default(), "demo", "dev");
    let shown: Vec<String> = found
        .iter()
        .map(|it| format!("{}: {:?} -> {:?}", it.name, it.found.as_deref(), it.wanted.as_deref()))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    CLAUDE_CODE_ENABLE_TELEMETRY: Some("0") -> Some("1")
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: Some("http://otel-collector:14318/v1/metrics") -> Some("http://otel-collector:4318/v1/metrics")
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: Some("http://otel-collector:14318/v1/logs") -> Some("http://otel-collector:4318/v1/logs")
    "#);
}

#[test]
fn equivalent_values_are_not_a_difference() {
    let container: Vec<String> = made_by_clawker(&private())
        .into_iter()
        .chain(
            [
                "OTEL_METRICS_INCLUDE_ACCOUNT_UUID=0",
                "OTEL_METRICS_INCLUDE_SESSION_ID=False",
                "OTEL_LOG_USER_PROMPTS=no",
                "OTEL_LOG_TOOL_DETAILS=",
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta",
                "OTEL_RESOURCE_ATTRIBUTES=team=x,agent=dev,project=demo",
            ]
            .map(str::to_owned),
        )
        .collect();
    assert_eq!(differences(&container, &private(), "demo", "dev"), []);
}

#[test]
fn only_telemetry_variables_are_shown_without_secrets() {
    let container: Vec<String> = made_by_clawker(&Settings::default())
        .into_iter()
        .chain(
            [
                "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer hush",
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS=x=hush",
                "OTEL_EXPORTER_OTLP_CLIENT_KEY=hush",
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://me:hush@otel.example/v1/logs?token=hush",
                "OTEL_EXPORTER_OTLP_ENDPOINT=https://hush@otel.example",
                "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE=hush",
                "ANTHROPIC_API_KEY=hush",
                "XOTEL_A=hush",
            ]
            .map(str::to_owned),
        )
        .collect();
    let found = differences(&container, &Settings::default(), "demo", "dev");
    assert_eq!(found.len(), 5, "{found:#?}");
    let all = format!("{found:?}");
    assert!(!all.contains("hush") && !all.contains("ANTHROPIC") && !all.contains("PASSPHRASE"), "{all}");
    assert!(all.contains("https://(set, not shown)@otel.example/v1/logs?(set, not shown)"), "{all}");
}
