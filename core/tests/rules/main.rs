//! Small rules that pages and server share, tested through the public types: jobs, the state of the stack, snapshots,
//! and answers of the stores.

#![cfg(feature = "engine")]

mod agents;
mod job;
mod lifecycle;
mod live;
mod status;
mod stores;

use monitor_core::timestamp::Timestamp;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}
