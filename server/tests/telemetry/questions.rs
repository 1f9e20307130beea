//! How often each query is sent, and its text.

use std::collections::BTreeMap;

use clawker_monitor::telemetry::TelemetrySource as _;
use futures::future::join_all;
use monitor_core::{
    service::Service,
    telemetry::{Owner, Range, Sender},
};
use serde_json::{Value, json};

use super::{
    grammar::problems,
    store::{Asked, EMPTY, Store, ok, refusal, running, telemetry},
};

/// How often each query was sent.
fn counted(asked: &[Asked]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for asked in asked {
        *counts.entry((asked.path.clone(), asked.query().to_owned())).or_default() += 1;
    }
    counts
}

/// The queries for the numbers of one range.
const NUMBERS: usize = 9;
/// The queries for when agents were last seen.
const LAST_SEEN: usize = 3;
/// The queries for losses, rates and queues, and those that compare metrics with events.
const FLOW: usize = 4 + 8;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_tabs_send_each_query_once() {
    let (loki, prometheus) = (Store::empty().await, Store::empty().await);
    let telemetry = telemetry(loki.port, prometheus.port);
    let all = join_all((0..20).map(|_| async {
        futures::join!(telemetry.numbers(Range::Day), telemetry.last_seen(), telemetry.losses(), telemetry.flow())
    }));
    all.await;
    let (of_loki, of_prometheus) = (counted(&loki.asked()), counted(&prometheus.asked()));
    assert_eq!(
        (of_loki.len(), of_prometheus.len()),
        (0, NUMBERS + LAST_SEEN + FLOW),
        "{of_loki:#?} {of_prometheus:#?}"
    );
    for (question, count) in of_loki.iter().chain(&of_prometheus) {
        assert_eq!(*count, 1, "{question:?}");
    }
    // Another range needs other queries.
    telemetry.numbers(Range::Hour).await;
    assert_eq!(counted(&prometheus.asked()).len(), 2 * NUMBERS + LAST_SEEN + FLOW);
}

#[tokio::test]
async fn the_first_query_covers_a_week_and_later_ones_only_what_is_new() {
    let (first, second, loki) = (Store::empty().await, Store::empty().await, Store::empty().await);
    let telemetry = telemetry(loki.port, first.port);
    telemetry.last_seen().await.expect("an answer");
    // A store with a new address is queried at once, not when the cached answer expires.
    telemetry.stores().locate(&[running(Service::Loki, loki.port), running(Service::Prometheus, second.port)]);
    telemetry.last_seen().await.expect("an answer");
    let windows = |store: &Store| -> Vec<u64> {
        let window = |asked: &Asked| {
            let (_, rest) = asked.query().rsplit_once('[').expect("a range");
            rest.split_once('s').expect("seconds").0.parse().expect("a number")
        };
        let mut windows: Vec<u64> = store.asked().iter().map(window).collect();
        windows.sort();
        windows
    };
    assert_eq!(windows(&first), [604_800; 3]);
    let later = windows(&second);
    assert!(later.len() == 3 && later.iter().all(|window| (120..180).contains(window)), "{later:?}");
    assert!(loki.asked().is_empty());
}

/// Every query that is sent to Loki, for owners with unusual names.
async fn everything_asked_of_loki() -> Vec<String> {
    // One IP address, so that the firewall's logs are queried too.
    let address = r#"[{"metric":{"agent":"a","client_ip":"172.18.0.5"},"value":[1,"1"]}]"#;
    let loki = Store::start(move |asked| match asked.query() {
        query if query.contains("agent_map") => ok(EMPTY.replace("[]", address)),
        _ => ok(EMPTY),
    })
    .await;
    let telemetry = telemetry(loki.port, 1);
    telemetry.recent_events().await.expect("an answer");
    let owner = |project: Option<&str>, agent: Option<&str>| Owner {
        project: project.map(str::to_owned),
        agent: agent.map(str::to_owned),
    };
    for owner in [
        owner(Some("demo"), Some("dev")),
        owner(None, Some("a")),
        owner(None, None),
        owner(Some("c++_(old) \"x\" \\ `y` | z"), Some("été\n{}")),
    ] {
        let sender = Sender::real(owner);
        telemetry.egress(&sender, &["fd00::5".into()], Range::Hour).await.expect("an answer");
        telemetry.events(&sender, None, 100).await.expect("an answer");
    }
    loki.asked().iter().map(|asked| asked.query().to_owned()).collect()
}

#[tokio::test]
#[ignore = "needs Grafana's LogQL grammar; run by cargo xtask test"]
async fn grafanas_grammar_parses_every_loki_query() {
    let asked = everything_asked_of_loki().await;
    assert!(asked.len() >= 16, "{} questions", asked.len());
    let questions: Vec<Value> = asked.iter().map(|query| json!({ "place": "asked", "expression": query })).collect();
    let problems = problems(&Value::Array(questions));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test]
async fn connections_are_queried_by_the_known_ip_addresses() {
    let (loki, sender) = (Store::empty().await, Sender::real(Owner::new(None, Some("a"))));
    let source = telemetry(loki.port, 1);
    let nowhere = source.egress(&sender, &[], Range::Hour).await.expect("an answer");
    assert!(nowhere.addresses.is_empty() && loki.asked().len() == 1, "without an address there is nothing to ask for");
    let addresses = ["172.18.0.5".to_owned()];
    let egress = source.egress(&sender, &addresses, Range::Hour).await.expect("an answer");
    assert_eq!(egress.addresses, addresses);
    let asked: Vec<String> = loki.asked().iter().skip(2).map(|asked| asked.query().to_owned()).collect();
    assert_eq!(asked.len(), 3, "allowed, denied, not resolved");
    assert!(asked.iter().all(|query| query.contains(r#"client_ip=~"172\\.18\\.0\\.5""#)), "{asked:?}");
    let simulated = Sender { simulated: true, ..sender.clone() };
    assert_eq!(source.egress(&simulated, &addresses, Range::Hour).await, Ok(Default::default()), "nobody connects");
    // The query for the firewall's map fails.
    let loki = Store::start(|_| refusal(500, "no")).await;
    assert_eq!(telemetry(loki.port, 1).egress(&sender, &addresses, Range::Hour).await, Err("HTTP 500: no".into()));
}
