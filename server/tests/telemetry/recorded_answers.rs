//! Recorded answers of a real Loki.

use clawker_monitor::telemetry::TelemetrySource as _;
use monitor_core::telemetry::{Owner, Sender};

use super::store::{Store, ok, telemetry};

fn recorded(name: &str) -> String {
    let path = format!("{}/tests/fixtures/loki/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}

fn dev() -> Owner {
    Owner::new(Some("demo"), Some("dev"))
}

#[tokio::test]
async fn events_are_read_from_recorded_lines() {
    let loki = Store::start(|_| ok(recorded("range-streams-tool-events.json"))).await;
    let events = telemetry(loki.port, 1).events(&Sender::real(dev()), None, 100).await.expect("events");
    let said: Vec<&str> = events.iter().map(|event| event.summary.as_str()).collect();
    assert_eq!(said.len(), 5);
    assert_eq!((said[0], events[0].failed), ("Write · /workspace/demo/b.py · 10 ms", false));
    assert_eq!((said[4], events[4].failed), ("Bash · exit 3 · ShellError · 25 ms", true));
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
        let refused = telemetry(loki.port, prometheus.port).events(&Sender::real(dev()), None, 10).await;
        assert_eq!(refused, Err(words.into()));
    }
}
