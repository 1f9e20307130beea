//! The lock, with two holders in one process: the kernel treats two open files alike, whoever has them.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{fs, os::unix::fs::PermissionsExt};

use monitor_core::{job::JobKind, timestamp::Timestamp};

use super::*;

fn job(id: u32) -> Job {
    Job::begin(id, JobKind::Up, Timestamp::from_unix_milliseconds(i64::from(id) * 1000))
}

fn acquired(lock: &WorkLock, request: &str) -> HeldLock {
    match lock.try_acquire(request).unwrap() {
        Attempt::Acquired(held) => held,
        Attempt::Busy(record) => panic!("busy with {record:?}"),
    }
}

#[test]
fn one_has_it_and_others_see_who_and_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (WorkLock::new(folder.path()), WorkLock::new(folder.path()));
    assert_eq!(one.read(), None, "there is no file yet");
    let held = acquired(&one, "up");
    held.record(&job(1));
    assert_eq!((one.is_held_here(), two.is_held_here()), (true, false));
    let Attempt::Busy(seen) = two.try_acquire("down").unwrap() else { panic!("two have it") };
    assert_eq!((seen.request.as_str(), seen.job.process), ("up", Some(std::process::id())));
    assert!(two.read().unwrap().job.is_running());

    let done = Job { state: JobState::Done, ..job(1) };
    held.record(&done);
    drop(held);
    assert!(!one.is_held_here());
    assert_eq!(two.read().unwrap().job.state, JobState::Done);
    // The next one keeps the result for those who have not read it yet.
    let next = acquired(&two, "down");
    next.record(&job(2));
    let seen = one.read().unwrap();
    assert_eq!((seen.job.id, seen.previous.map(|job| job.state)), (2, Some(JobState::Done)));
}

#[test]
fn a_holder_that_was_killed_is_not_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let lock = WorkLock::new(folder.path());
    let held = acquired(&lock, "up");
    held.record(&job(1));
    drop(held);
    assert_eq!(lock.read().unwrap().job.state, JobState::Cancelled);
    drop(acquired(&lock, "down"));
}

#[test]
fn a_shorter_record_replaces_a_longer_one() {
    let folder = tempfile::tempdir().unwrap();
    let lock = WorkLock::new(folder.path());
    let held = acquired(&lock, &"long ".repeat(100));
    held.record(&job(1));
    drop(held);
    acquired(&lock, "short").record(&job(2));
    let text = fs::read_to_string(lock.path()).unwrap();
    assert!(serde_json::from_str::<Record>(&text).is_ok(), "{text}");
}

#[test]
fn a_lock_without_a_readable_record_is_an_error_and_not_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (WorkLock::new(folder.path()), WorkLock::new(folder.path()));
    let _held = acquired(&one, "up");
    for text in ["", "{}", "\u{0}\u{1}", "{\"request\":1,\"job\":[[[["] {
        fs::write(one.path(), text).unwrap();
        let error = two.try_acquire("up").unwrap_err();
        assert!(matches!(&error, StackError::LockHeld { path } if path.ends_with("/.lock")), "{error}");
        assert_eq!(two.read(), None);
    }
}

#[test]
fn work_is_not_refused_where_nothing_can_be_locked() {
    let folder = tempfile::tempdir().unwrap();
    let missing = WorkLock::new(&folder.path().join("nowhere"));
    acquired(&missing, "down").record(&job(1));
    assert_eq!(missing.read(), None);
    fs::create_dir(folder.path().join(FILE_NAME)).unwrap();
    let folder_instead = WorkLock::new(folder.path());
    assert!(folder_instead.try_acquire("up").is_err(), "a folder in its place is reported");
    assert_eq!(folder_instead.read(), None);
}

#[test]
fn somebody_elses_file_can_be_locked_but_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let lock = WorkLock::new(folder.path());
    fs::write(lock.path(), "").unwrap();
    fs::set_permissions(lock.path(), fs::Permissions::from_mode(0o444)).unwrap();
    let held = acquired(&lock, "up");
    held.record(&job(1));
    let other = WorkLock::new(folder.path());
    // Root may write it anyway.
    let is_root = fs::metadata(lock.path()).unwrap().len() > 0;
    match other.try_acquire("up") {
        Ok(Attempt::Busy(_)) => assert!(is_root),
        Err(StackError::LockHeld { .. }) => assert!(!is_root),
        other => panic!("{other:?}"),
    }
}
