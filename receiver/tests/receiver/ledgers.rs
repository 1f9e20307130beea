//! Totals equal the ledgers of real releases to the last unit, however the requests arrive.

use monitor_core::telemetry::{Owner, Sender};
use monitor_receiver::{
    mapping::text_of,
    store::{Window, prefer},
};

use super::{
    client::{JSON, PROTOBUF},
    fixtures::{RELEASES, Recorded, ledger, requests, stored},
    server::{OPTIONS, Server},
};

async fn send_all(server: &Server, requests: &[Recorded], change: impl Fn(usize) -> u8) {
    for (place, request) in requests.iter().enumerate() {
        let send = match change(place) {
            0 => request.send(),
            1 => request.send().gzip(),
            2 => request.send().chunked(),
            _ => request.send().gzip().chunked(),
        };
        let answer = send.to(server.http).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some(request.kind));
        assert_eq!(answer.text(), if request.kind == JSON { "{}" } else { "" }, "nothing is rejected");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_release_in_both_encodings() {
    for release in RELEASES {
        for kind in [JSON, PROTOBUF] {
            let folder = tempfile::tempdir().expect("a folder");
            let server = Server::start(&folder.path().join("telemetry.db")).await;
            send_all(&server, &requests(release, kind), |_| 0).await;
            let mut expected = ledger(release);
            let mut found = stored(&server.store.reader().expect("a reader"), &expected);
            if kind == PROTOBUF {
                // Another run of the same script: times differ, and so does what 2.0.30 asks in the background.
                for sums in [&mut expected, &mut found] {
                    sums.retain(|name, _| !name.starts_with("claude_code.active_time"));
                    if release == "2.0.30" {
                        sums.retain(|name, _| name.contains("tool") || name.contains("lines"));
                    }
                    sums.retain(|name, _| !name.contains("plugin_loaded") && !name.contains("retention_sweep"));
                }
            }
            assert_eq!(found, expected, "{release} {kind}");
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posted_twice_in_any_order_compressed_and_in_chunks_with_restarts() {
    for release in RELEASES {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("telemetry.db");
        let recorded = requests(release, JSON);
        let expected = ledger(release);
        for round in 0..6 {
            let server = Server::start(&file).await;
            let mut requests = recorded.clone();
            // Another order each time; in the first round, only some of them.
            let count = requests.len();
            requests.rotate_left(round * 3 % count);
            if round % 2 == 1 {
                requests.reverse();
            }
            requests.truncate(if round == 0 { count / 2 } else { count });
            send_all(&server, &requests, |place| ((place + round) % 4) as u8).await;
            if round > 0 {
                assert_eq!(stored(&server.store.reader().expect("a reader"), &expected), expected, "{release} {round}");
            }
            server.stop().await;
        }
    }
}

/// A collector that forwards may put what it sends again into other requests.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_recognized_in_other_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("telemetry.db")).await;
    let expected = ledger("2.1.100");
    send_all(&server, &requests("2.1.100", JSON), |_| 0).await;
    let all: Vec<serde_json::Value> = requests("2.1.100", JSON)
        .into_iter()
        .filter(|request| request.path == "/v1/logs")
        .flat_map(|request| {
            let body: serde_json::Value = serde_json::from_slice(&request.body).expect("it is JSON");
            body["resourceLogs"].as_array().expect("a list").clone()
        })
        .collect();
    let body = serde_json::json!({ "resourceLogs": all }).to_string();
    let merged = Recorded { path: "/v1/logs", kind: JSON, body: body.into_bytes() };
    send_all(&server, &[merged], |_| 0).await;
    assert_eq!(stored(&server.store.reader().expect("a reader"), &expected), expected);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_metrics_count_else_those_derived() {
    let (own, derived) = ("claude_code.cost.usage", "clawker.request.cost_usd");
    for (paths, expected) in
        [(&["/v1/logs", "/v1/metrics"][..], 0.045159), (&["/v1/logs"], 0.045159), (&["/v1/metrics"], 0.045159)]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(&folder.path().join("telemetry.db")).await;
        let mut requests = requests("2.1.330", JSON);
        requests.retain(|request| paths.contains(&request.path));
        send_all(&server, &requests, |_| 0).await;
        let reader = server.store.reader().expect("a reader");
        for totals in [reader.totals(Window::ALL), reader.totals_by_session(Window::ALL, None)] {
            let sum: f64 = prefer(&totals.expect("it can be read"), own, derived, &["model"]).into_values().sum();
            assert!((sum - expected).abs() < 1e-9, "{paths:?}: {sum}");
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_back_as_they_were_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(
        &folder.path().join("telemetry.db"),
        monitor_receiver::store::Options { keep_account: false, ..OPTIONS },
        Default::default(),
    )
    .await;
    let recorded = requests("2.1.330", JSON);
    send_all(&server, &recorded, |_| 0).await;
    let reader = server.store.reader().expect("a reader");
    let dev = Sender::real(Owner::new(Some("demo"), Some("dev")));
    let events = reader.events(&dev, None, 100).expect("they can be read");
    assert_eq!(events.len(), 18);
    let mut sent = 0;
    for request in recorded.iter().filter(|request| request.path == "/v1/logs") {
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("it is JSON");
        for record in body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().expect("records") {
            sent += 1;
            let attributes = record["attributes"].as_array().expect("attributes");
            let sequence = attributes.iter().find(|attribute| attribute["key"] == "event.sequence").expect("a number");
            let number = sequence["value"]["intValue"].to_string().replace('"', "");
            let is_same = |event: &&monitor_receiver::store::StoredEvent| {
                event.attributes.iter().any(|attribute| attribute.key == "event.sequence" && text(attribute) == number)
            };
            let event = events.iter().find(is_same).expect("it is stored");
            assert_eq!(event.place.at.to_string(), record["timeUnixNano"].as_str().expect("text"));
            assert_eq!(event.service, "claude-code");
            for attribute in attributes {
                let key = attribute["key"].as_str().expect("text");
                let stored = event.attributes.iter().chain(&event.shared).find(|stored| stored.key == key);
                let value = attribute["value"].as_object().expect("a value").values().next().expect("one");
                let expected = match value {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Object(list) => {
                        let values = list["values"].as_array().expect("a list").iter();
                        serde_json::Value::from_iter(values.map(|value| value["stringValue"].clone())).to_string()
                    }
                    other => other.to_string(),
                };
                assert_eq!(stored.map(text), Some(expected), "{key}");
            }
        }
    }
    assert_eq!(sent, 18);
    // From one event to the next.
    let mut place = None;
    let mut walked = Vec::new();
    loop {
        let next = reader.events(&dev, Some(place.unwrap_or(first())), 5).expect("they can be read");
        let Some(last) = next.last() else { break };
        place = Some(last.place);
        walked.extend(next);
    }
    assert_eq!(walked, events);
    server.stop().await;
}

fn first() -> monitor_receiver::store::EventPlace {
    monitor_receiver::store::EventPlace { at: 0, print: 0 }
}

fn text(attribute: &monitor_receiver::otlp::messages::KeyValue) -> String {
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    value.map(|value| text_of(value).into_owned()).unwrap_or_default()
}
