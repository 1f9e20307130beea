use super::*;

const HUSH: &str = "hush";

#[test]
fn no_secret_is_shown_wherever_it_is() {
    let variables = [
        "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer hush",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS=x=hush",
        "OTEL_EXPORTER_OTLP_PASSWORD=hush",
        "OTEL_SERVICE_TOKEN=hush",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY=/hush.pem",
        "OTEL_EXPORTER_PROMETHEUS_HOST=hush",
        "OTEL_ANYTHING_NEW=hush",
        "CLAUDE_CODE_OTEL_HEADERS_HELPER=/bin/echo hush",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=me:hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:1/hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:1#hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:1?hush@otel.example:4318",
        r"OTEL_EXPORTER_OTLP_ENDPOINT=http://me:1\hush@otel.example:4318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:hush%40otel.example",
        "OTEL_EXPORTER_OTLP_ENDPOINT=me:hush",
        "OTEL_EXPORTER_OTLP_ENDPOINT=\"http://me:hush@otel.example:4318\"",
        "OTEL_EXPORTER_OTLP_ENDPOINT=https://otel.example/v1/logs;token=hush",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://otel.example/v1/logs?token=hush",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://otel.example/#hush",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://otel.example/hush0123456789012345678901234567890123456789",
        "OTEL_RESOURCE_ATTRIBUTES=project=demo,token=hush",
        "OTEL_RESOURCE_ATTRIBUTES=project=demo;token=hush",
        "OTEL_RESOURCE_ATTRIBUTES=project=https://me:hush@git.example,agent=dev",
        "OTEL_RESOURCE_ATTRIBUTES=hush",
        "OTEL_RESOURCE_ATTRIBUTES='token=hush'",
        "OTEL_RESOURCE_ATTRIBUTES=user:hush@host=1",
        "OTEL_SERVICE_NAME=me:hush@otel.example",
        "OTEL_LOGS_EXPORTER=token=hush",
        "OTEL_EXPORTER_OTLP_PROTOCOL=hush0123456789012345678901234567890123456789",
    ];
    for line in variables {
        let (name, value) = line.split_once('=').expect("a pair");
        let shown = shown(name, value);
        assert!(!shown.contains(HUSH), "{line}: {shown}");
        assert!(shown.contains(NOT_SHOWN), "{line}: {shown}");
    }
}

#[test]
fn what_helps_to_find_a_mistake_is_shown() {
    let unchanged = [
        "CLAUDE_CODE_ENABLE_TELEMETRY=enabled",
        "CLAUDE_CODE_ENABLE_TELEMETRY=\"1\"",
        "OTEL_LOGS_EXPORTER=otlp, console",
        "OTEL_LOGS_EXPORTER=",
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/jsno",
        "OTEL_METRIC_EXPORT_INTERVAL=-1.5",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318/",
        "OTEL_EXPORTER_OTLP_ENDPOINT='http://[::1]:4318'",
        "OTEL_EXPORTER_OTLP_ENDPOINT=otel-collector:4317",
        "OTEL_EXPORTER_OTLP_ENDPOINT=otel-collector",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://otel_1.example:99999/v1/logs",
        "OTEL_SERVICE_NAME=my service",
        "OTEL_RESOURCE_ATTRIBUTES=project=my%20app, agent = dev ,team=한글팀",
    ];
    for line in unchanged {
        let (name, value) = line.split_once('=').expect("a pair");
        assert_eq!(shown(name, value), value, "{line}");
    }
    for (name, value, expected) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://me:x@c.example/v1?k=x#y",
            "https://(set, not shown)@c.example/v1?(set, not shown)",
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example#y", "https://c.example#(set, not shown)"),
        ("OTEL_RESOURCE_ATTRIBUTES", "agent=dev,key=x", "agent=dev,key=(set, not shown)"),
        ("OTEL_SERVICE_TOKEN", "x", "(set, not shown)"),
        ("OTEL_SERVICE_TOKEN", "", ""),
    ] {
        assert_eq!(shown(name, value), expected);
    }
}
