//! The file: versions, damage, locks, and what is no longer kept.

use std::{fs, io::Write as _, path::Path, time::Duration};

use monitor_core::telemetry::{Owner, Sender};
use monitor_receiver::store::{OpenError, Options, Reader, Store};

use super::{
    client::{PROTOBUF, Send},
    server::{NOW, OPTIONS, Server},
    telemetry::{encoded, event},
};

async fn send(server: &Server, numbers: std::ops::Range<u64>) -> u16 {
    let body = encoded("s", numbers.map(event).collect());
    Send::post("/v1/logs", PROTOBUF, body).to(server.http).await.expect("an answer").status
}

fn count(file: &Path) -> u64 {
    Reader::open(file).expect("a reader").count_events().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_receivers_never_write_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let first = Store::open(&file, OPTIONS).expect("it can be opened");
    let second = Store::open(&file, OPTIONS).expect_err("it is in use");
    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    assert!(second.to_string().ends_with("telemetry.db` is in use by another receiver"), "{second}");
    drop(first);
    Store::open(&file, OPTIONS).expect("it is free again");
}

/// Prompts are nobody else's business.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("telemetry");
    let server = Server::start(&inner.join("telemetry.db")).await;
    assert_eq!(send(&server, 0..10).await, 200);
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    let files: Vec<_> = fs::read_dir(&inner).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(files.len(), 4, "the file, its log, the log's index, and the lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_file_and_those_of_others_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    drop(Store::open(&file, OPTIONS).expect("it can be opened"));
    let change = |file: &Path, statement: &str| {
        let connection = rusqlite::Connection::open(file).expect("it can be opened");
        connection.execute_batch(statement).expect("it can be changed");
    };
    change(&file, "PRAGMA user_version = 99");
    let bytes = fs::read(&file).expect("a file");
    let error = Store::open(&file, OPTIONS).expect_err("it is newer");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version of clawker-monitor"), "{error}");
    assert_eq!(fs::read(&file).expect("a file"), bytes);

    let other = folder.path().join("other.db");
    change(&other, "CREATE TABLE cookies (a)");
    let error = Store::open(&other, OPTIONS).expect_err("it is not ours");
    assert!(matches!(error, OpenError::NotOurs(_)), "{error}");

    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let error = Store::open(&inner, OPTIONS).expect_err("it is a folder");
    assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_file_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    fs::write(&file, "this is not a database, but it is long enough to look like one".repeat(100)).expect("a file");
    let store = Store::open(&file, OPTIONS).expect("a new one is begun");
    let aside = store.set_aside().expect("it says where").to_owned();
    assert!(aside.to_string_lossy().contains("telemetry.db.corrupt-"), "{}", aside.display());
    assert!(fs::read(&aside).expect("a file").starts_with(b"this is not"));
    drop(store);
    assert_eq!(count(&file), 0);
}

/// Damage that is found while it is written to.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_becomes_corrupt_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    assert_eq!(send(&server, 0..3000).await, 200);
    server.stop().await;
    // Everything but the first page and the tables' roots.
    let length = fs::metadata(&file).expect("a file").len();
    let mut damaged = fs::OpenOptions::new().write(true).open(&file).expect("a file");
    std::io::Seek::seek(&mut damaged, std::io::SeekFrom::Start(4096)).expect("it is longer");
    damaged.write_all(&vec![0xa5; usize::try_from(length).expect("it is small") - 4096]).expect("it can be written");
    drop(damaged);
    let server = Server::start(&file).await;
    let mut statuses = Vec::new();
    for round in 0..3 {
        statuses.push(send(&server, round * 10..round * 10 + 10).await);
    }
    assert!(statuses[0] == 503 || server.store.set_aside().is_some(), "{statuses:?}");
    assert_eq!(statuses[1..], [200, 200]);
    server.stop().await;
    assert!(count(&file) >= 20);
    let names: Vec<String> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().any(|name| name.contains(".corrupt-")), "{names:?}");
}

async fn until(what: &str, is_done: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is_done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_are_deleted_and_new_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let server = Server::start(&file).await;
    assert_eq!(send(&server, 0..9000).await, 200);
    server.stop().await;
    // An event happens every millisecond, from an hour ago.
    let options = Options { keep_events: Some(3_600_000_000_000 - 8_500_000_000), keep_metrics: Some(1), ..OPTIONS };
    let server = Server::start_with(&file, options, Default::default()).await;
    until("old events are deleted", || count(&file) == 500).await;
    let rejected = send(&server, 1..2).await;
    assert_eq!((rejected, count(&file)), (200, 500), "an old event is not stored again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_data_is_deleted_beyond_a_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let options = Options { max_bytes: Some(1_000_000), ..OPTIONS };
    let server = Server::start_with(&file, options, Default::default()).await;
    for round in 0..10 {
        assert_eq!(send(&server, round * 2000..(round + 1) * 2000).await, 200);
    }
    server.stop().await;
    let server = Server::start_with(&file, options, Default::default()).await;
    until("the oldest events are deleted", || (1..12_000).contains(&count(&file))).await;
    let dev = Sender::real(Owner::new(Some("demo"), Some("dev")));
    let last = Reader::open(&file).expect("a reader").events(&dev, None, 1).expect("they can be read");
    assert_eq!(last[0].place.at, event(19_999).time_unix_nano as i64);
    assert!(NOW > last[0].place.at);
    server.stop().await;
}
