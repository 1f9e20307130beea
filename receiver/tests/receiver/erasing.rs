//! Export and deletion: every event comes out, and what is not meant keeps its numbers to the last unit.

use std::{collections::BTreeMap, path::Path};

use monitor_receiver::{
    Nanoseconds,
    otlp::metrics::CUMULATIVE,
    store::{Amount, Eraser, Reader, Selection, StoredEvent, Window},
};
use serde_json::Value;

use super::{
    client::{JSON, PROTOBUF, Send},
    fixtures::{RELEASES, Recorded, requests},
    server::{NOW, Server},
    telemetry::{counter, encoded, event, point, text},
};

const MINUTE: Nanoseconds = 60_000_000_000;

/// The recorded requests of a release as if another agent had sent them in another session.
fn sent_by(release: &str, agent: &str, session: &str) -> Vec<Recorded> {
    let mut all = requests(release, JSON);
    let recorded = session_of(&all);
    for request in &mut all {
        let body = String::from_utf8(request.body.clone()).expect("it is text");
        let body = body.replace(r#"{"stringValue":"dev"}"#, &format!(r#"{{"stringValue":"{agent}"}}"#));
        request.body = body.replace(&recorded, session).into_bytes();
    }
    all
}

fn session_of(requests: &[Recorded]) -> String {
    let body = String::from_utf8_lossy(&requests[0].body).into_owned();
    let rest = body.split(r#""session.id","value":{"stringValue":""#).nth(1).expect("a session");
    rest.split('"').next().expect("its end").to_owned()
}

async fn send(server: &Server, requests: &[Recorded]) {
    for request in requests {
        let answer = request.send().to(server.http).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn export(reader: &Reader, of: &Selection) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    let add = |event| {
        events.push(event);
        true
    };
    reader.for_each_event(of, add).expect("it can be read");
    events
}

/// Sums by agent, session and series, rounded to a billionth, and without those that are 0.
fn totals(file: &Path, window: Window, by_session: bool) -> BTreeMap<String, i64> {
    let reader = Reader::open(file).expect("a reader");
    let totals = if by_session { reader.totals_by_session(window, None) } else { reader.totals(window) };
    let mut sums = BTreeMap::new();
    for total in totals.expect("they can be read") {
        let key = format!("{:?} {:?} {:?}", total.owner.agent, total.session, total.series);
        *sums.entry(key).or_default() += (total.value * 1e9).round() as i64;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn of_agent(agent: &str) -> Selection {
    Selection { agent: Some(agent.into()), ..Selection::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_every_event_as_it_was_sent() {
    for release in RELEASES {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(&folder.path().join("telemetry.db")).await;
        let recorded = requests(release, JSON);
        send(&server, &recorded).await;
        send(&server, &sent_by(release, "other", "s2")).await;
        let reader = server.store.reader().expect("a reader");
        let exported = export(&reader, &of_agent("dev"));
        let mut sent = 0;
        for request in recorded.iter().filter(|request| request.path == "/v1/logs") {
            let body: Value = serde_json::from_slice(&request.body).expect("it is JSON");
            for record in body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().expect("records") {
                sent += 1;
                let attributes = record["attributes"].as_array().expect("attributes");
                let at = record["timeUnixNano"].as_str().expect("text");
                let is_same = |event: &&StoredEvent| {
                    event.place.at.to_string() == at && {
                        let json = event.to_json();
                        attributes.iter().all(|attribute| {
                            let key = attribute["key"].as_str().expect("text");
                            let found = [&json["attributes"][key], &json["resource"][key]];
                            found.contains(&&plain(&attribute["value"]))
                        })
                    }
                };
                assert_eq!(exported.iter().filter(is_same).count(), 1, "{release}: {record}");
            }
        }
        assert_eq!(exported.len(), sent, "{release}");
        assert_eq!(export(&reader, &Selection::default()).len(), 2 * sent, "{release}");
        assert_eq!(exported[0].to_json()["project"], "demo");
        let session = Selection { session: Some("s2".into()), ..Selection::default() };
        assert_eq!(export(&reader, &session).len(), sent);
        let middle = exported[sent / 2].place.at;
        let until = Selection { to: Some(middle), ..of_agent("dev") };
        let since = Selection { from: Some(middle), ..of_agent("dev") };
        assert_eq!(export(&reader, &until).len() + export(&reader, &since).len(), sent);
        assert!(export(&reader, &of_agent("nobody")).is_empty());
        server.stop().await;
    }
}

/// A value of OTLP's JSON as plain JSON.
fn plain(value: &Value) -> Value {
    let (kind, value) = value.as_object().and_then(|value| value.iter().next()).expect("a value");
    match kind.as_str() {
        "intValue" => {
            value.as_str().map_or_else(|| value.clone(), |text| text.parse::<i64>().expect("a number").into())
        }
        "arrayValue" => value["values"].as_array().expect("a list").iter().map(plain).collect(),
        _ => value.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_agent_leaves_the_others_as_they_were() {
    for release in RELEASES {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("telemetry.db");
        let server = Server::start(&file).await;
        let first = requests(release, JSON);
        send(&server, &first).await;
        let alone = [totals(&file, Window::ALL, false), totals(&file, Window::ALL, true)];
        let seen = Reader::open(&file).expect("a reader").seen(0).expect("it can be read");
        let events = Reader::open(&file).expect("a reader").count_events().expect("a number");
        send(&server, &sent_by(release, "other", "s2")).await;
        // While the receiver is running, which knows both by number.
        let deleted = Eraser::open(&file).expect("it opens").delete(&of_agent("other")).expect("it can be deleted");
        assert_eq!((deleted.events, deleted.owners, deleted.sessions), (events, 1, 1), "{release}");
        assert_eq!([totals(&file, Window::ALL, false), totals(&file, Window::ALL, true)], alone, "{release}");
        assert_eq!(Reader::open(&file).expect("a reader").seen(0).expect("it can be read"), seen);
        // A session of the same agent.
        send(&server, &sent_by(release, "dev", "s3")).await;
        assert_ne!(totals(&file, Window::ALL, false), alone[0]);
        let session = Selection { session: Some("s3".into()), ..Selection::default() };
        Eraser::open(&file).expect("it opens").delete(&session).expect("it can be deleted");
        assert_eq!([totals(&file, Window::ALL, false), totals(&file, Window::ALL, true)], alone, "{release}");
        server.stop().await;
    }
}

/// The receiver remembers agents and sessions by number, and these numbers are gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_agent_that_goes_on_is_a_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    let send = async |numbers: std::ops::Range<u64>| {
        let body = encoded("s", numbers.map(event).collect());
        let answer = Send::post("/v1/logs", PROTOBUF, body).to(server.http).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    send(0..100).await;
    let deleted = Eraser::open(&file).expect("it opens").delete(&Selection::default()).expect("it can be deleted");
    assert_eq!((deleted.events, deleted.owners), (100, 1));
    let reader = Reader::open(&file).expect("a reader");
    assert_eq!(reader.amount(&Selection::default()).expect("a number"), Amount::default());
    assert!(reader.seen(0).expect("it can be read").is_empty());
    send(200..203).await;
    let events = export(&reader, &of_agent("dev"));
    assert_eq!((events.len(), events[0].session.as_str()), (3, "s"));
    let counted = totals(&file, Window::ALL, true);
    assert_eq!(
        counted.iter().find(|(key, _)| key.contains("clawker.events")).map(|(_, sum)| *sum),
        Some(3_000_000_000)
    );
    // What was stored before is not stored again, also if it is sent again.
    send(0..100).await;
    assert_eq!(export(&reader, &of_agent("dev")).len(), 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_every_length_agree_with_what_is_left_of_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    // An event every 7 minutes for 4 days.
    let begin = NOW - 5 * 24 * 60 * MINUTE;
    let at = |number: u64| begin + number as i64 * 7 * MINUTE + 13;
    let records = (0..820).map(|number| {
        let mut record = event(number);
        record.time_unix_nano = at(number) as u64;
        record
    });
    let body = encoded("s", records.collect());
    assert_eq!(Send::post("/v1/logs", PROTOBUF, body).to(server.http).await.expect("an answer").status, 200);
    for (first, last) in [(0, 0), (10, 12), (20, 300), (305, 306), (400, 640), (815, 819)] {
        // The ends are within the minutes of the first and the last event.
        let selection = Selection {
            from: Some(at(first) + 1),
            to: Some(at(last) - 1),
            session: Some("s".into()),
            ..of_agent("dev")
        };
        let selection = if first % 2 == 0 { Selection { session: None, ..selection } } else { selection };
        let selection = if first == last { Selection { to: Some(at(last) + 2), ..selection } } else { selection };
        let deleted = Eraser::open(&file).expect("it opens").delete(&selection).expect("it can be deleted");
        assert_eq!(deleted.events, last - first + 1);
        let reader = Reader::open(&file).expect("a reader");
        for window in [(0, 820), (0, 100), (11, 290), (200, 650), (639, 640), (641, 642)] {
            let (from, to) = (at(window.0), at(window.1));
            let whole = Selection { from: Some(from), to: Some(to), ..Selection::default() }.in_whole_minutes();
            let left = export(&reader, &whole).len() as i64 * 1_000_000_000;
            for by_session in [false, true] {
                let window = Window::touching(from, whole.to.expect("an end") - 1);
                let counted = totals(&file, window, by_session);
                let counted = counted.iter().find(|(key, _)| key.contains("clawker.events")).map_or(0, |(_, sum)| *sum);
                assert_eq!(counted, left, "{first}..{last} {window:?} {by_session}");
            }
        }
    }
    let last = Reader::open(&file).expect("a reader").seen(0).expect("it can be read")[0].last_event;
    assert_eq!(last, Some(at(814)), "the last ones were deleted");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cumulative_counter_counted_before_is_not_counted_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    let send = async |value: f64, at: u64| {
        let body = counter(CUMULATIVE, vec![point(1000, at, value)]);
        let answer = Send::post("/v1/metrics", PROTOBUF, body).to(server.http).await.expect("an answer");
        assert_eq!(answer.status, 200);
    };
    send(50.0, 900).await;
    Eraser::open(&file).expect("it opens").delete(&of_agent("dev")).expect("it can be deleted");
    assert!(totals(&file, Window::ALL, false).is_empty());
    send(53.0, 800).await;
    assert_eq!(totals(&file, Window::ALL, false).into_values().sum::<i64>(), 3_000_000_000);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_no_longer_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    let secret = "a sentence that nobody else says";
    let mut record = event(1);
    record.attributes.push(text("prompt", secret));
    let body = encoded("s", vec![event(0), record]);
    assert_eq!(Send::post("/v1/logs", PROTOBUF, body).to(server.http).await.expect("an answer").status, 200);
    server.stop().await;
    let holds_it = || {
        let bytes = std::fs::read(&file).expect("a file");
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    assert!(holds_it());
    Eraser::open(&file).expect("it opens").delete(&of_agent("dev")).expect("it can be deleted");
    assert!(!holds_it());
}
