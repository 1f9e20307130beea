//! The one place that reads the clock.

use monitor_core::timestamp::Timestamp;

/// Now.
pub fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_unix_milliseconds(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
