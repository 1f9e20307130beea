//! Stores that fail in different ways. Only what they would have answered is missing.

use clawker_monitor::{clock::now, telemetry::TelemetrySource as _};
use monitor_core::{
    service::Service,
    telemetry::{self, Missing, Owner, Range, Sender},
};

use super::{
    real_prometheus::free_port,
    store::{Answer, EMPTY, Store, ok, refusal, running, telemetry},
};
use clawker_monitor::telemetry::Dashboards as _;

fn sample(labels: &str, value: &str) -> String {
    EMPTY.replace("[]", &format!(r#"[{{"metric":{{{labels}}},"value":[1,"{value}"]}}]"#))
}

const DEV: &str = r#""project":"demo","agent":"dev""#;

/// Failing responses, each with the expected error message.
fn ways() -> Vec<(Answer, &'static str)> {
    vec![
        (refusal(500, ""), "HTTP 500"),
        (refusal(500, "too many outstanding requests\nand a trace"), "HTTP 500: too many outstanding requests"),
        (
            refusal(422, r#"{"status":"error","errorType":"execution","error":"many-to-many"}"#),
            "HTTP 422: many-to-many",
        ),
        (refusal(302, ""), "HTTP 302"),
        (ok("<html>"), "unexpected response: expected value at line 1 column 1"),
        (ok(r#"{"status":"success"}"#), "unexpected response: no `data` field"),
        (ok(vec![b' '; 17 * 1024 * 1024]), "an answer of more than 16 MiB"),
    ]
}

#[tokio::test]
async fn a_failed_query_costs_only_its_columns() {
    for (answer, words) in ways() {
        let prometheus = Store::start(move |asked| match asked.query() {
            query if query.contains("clawker_tool_calls") => answer.clone(),
            query if query.starts_with("count by") => ok(sample(DEV, "4")),
            _ => ok(EMPTY),
        })
        .await;
        let numbers = telemetry(1, prometheus.port).numbers(Range::Day).await;
        let lacks = "tool calls, failures".to_owned();
        assert_eq!(numbers.missing, [Missing { store: telemetry::Store::Prometheus, error: words.into(), lacks }]);
        let mine = &numbers.owners[0];
        assert_eq!((mine.sessions, mine.tool_calls, mine.tool_failures), (Some(4), None, None));
        assert_eq!((mine.cost_micro_usd, mine.active_seconds), (Some(0), Some(0)));
    }
}

#[tokio::test]
async fn without_loki_only_lists_of_events_and_connections_are_missing() {
    for (answer, words) in ways() {
        let loki = Store::start(move |_| answer.clone()).await;
        let prometheus = Store::start(|asked| match asked.query() {
            query if query.starts_with("max by") || query.starts_with("topk(10000, max by") => {
                // Older than a week, it would be forgotten.
                ok(sample(DEV, &(now().unix_milliseconds() / 1000).to_string()))
            }
            query if query.starts_with("count by") => ok(sample(DEV, "4")),
            _ => ok(EMPTY),
        })
        .await;
        let (telemetry, dev) = (telemetry(loki.port, prometheus.port), Owner::new(Some("demo"), Some("dev")));
        let numbers = telemetry.numbers(Range::Day).await;
        assert_eq!((numbers.missing.as_slice(), numbers.owners[0].sessions), (&[][..], Some(4)));
        let heard = telemetry.last_seen().await.expect("Prometheus says who was heard");
        assert!(heard.owners[&dev].last_seen.is_some());
        let sender = Sender::real(dev);
        assert_eq!(telemetry.sessions(&sender, Range::Day).await, Ok(Vec::new()));
        assert!(loki.asked().is_empty(), "no number comes from Loki");
        assert_eq!(telemetry.events(&sender, None, 10).await, Err(words.to_owned()));
        assert_eq!(telemetry.egress(&sender, &["172.18.0.5".into()], Range::Day).await, Err(words.to_owned()));
    }
}

#[tokio::test]
async fn stores_that_are_unreachable_or_stopped_are_named() {
    let (port, loki) = (free_port("127.0.0.1"), Store::empty().await);
    let telemetry = telemetry(loki.port, port);
    let numbers = telemetry.numbers(Range::Day).await;
    let nobody = format!("no answer on port {port}");
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!((missing.store, &missing.error), (telemetry::Store::Prometheus, &nobody));
    assert!(missing.lacks.starts_with("last seen, sessions, estimated cost, tokens,"), "{}", missing.lacks);
    let flow = telemetry.flow().await;
    assert_eq!(flow.error, Some(nobody));
    assert!(flow.hops.len() == 11 && flow.hops.iter().all(|hop| hop.per_second_milli.is_none() && hop.lost.is_none()));
    assert_eq!(telemetry.losses().await, Default::default());

    // Nothing is running: no requests are sent.
    let before = loki.asked().len();
    telemetry.stores().locate(&[]);
    let numbers = telemetry.numbers(Range::Day).await;
    let errors: Vec<&str> = numbers.missing.iter().map(|missing| missing.error.as_str()).collect();
    assert_eq!(errors, ["`prometheus` is not running"]);
    assert_eq!(telemetry.last_seen().await, Err("Prometheus: `prometheus` is not running".to_owned()));
    assert_eq!(loki.asked().len(), before);
    assert!(!telemetry.stores().allow_embedding().await);
}

#[tokio::test]
async fn a_slow_store_times_out() {
    // It accepts connections and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let flow = telemetry(port, port).flow().await;
    assert_eq!(flow.error, Some(format!("no answer on port {port} within 2 s")));
}

#[tokio::test]
async fn grafanas_headers_decide_whether_it_can_be_embedded() {
    for (policy, allowed) in [("frame-ancestors 'self' http://127.0.0.1:*", true), ("frame-ancestors 'none'", false)] {
        let grafana = Store::start(move |asked| {
            assert!(asked.path.starts_with("/d-solo/claude-code-monitoring/"), "{}", asked.path);
            let mut answer = ok("<html>");
            answer.1.insert("content-security-policy", policy.parse().expect("a header"));
            answer
        })
        .await;
        let telemetry = telemetry(1, 1);
        telemetry.stores().locate(&[running(Service::Grafana, grafana.port)]);
        assert_eq!(telemetry.stores().allow_embedding().await, allowed);
        assert_eq!(telemetry.stores().allow_embedding().await, allowed);
        assert_eq!(grafana.asked().len(), 1, "its word is taken for a while");
    }
}
