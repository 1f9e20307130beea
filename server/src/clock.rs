//! The one place that reads the clock.

use std::time::SystemTime;

use monitor_core::timestamp::Timestamp;

/// The current time, in whole milliseconds.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_milliseconds(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
