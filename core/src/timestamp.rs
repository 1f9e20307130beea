//! A moment, as it travels: RFC 3339 on the wire, arithmetic inside. Never reads a clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    unix_milliseconds: i64,
}

impl Timestamp {
    /// The moment that many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_milliseconds(unix_milliseconds: i64) -> Self {
        Timestamp { unix_milliseconds }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_milliseconds(self) -> i64 {
        self.unix_milliseconds
    }

    /// Reads RFC 3339, as the Engine writes it (`2026-11-22T07:12:56.123456789Z`). `None` for anything else, and for
    /// the year 1, by which the Engine means "never".
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        if moment.year() <= 1 {
            return None;
        }
        let milliseconds = moment.unix_timestamp_nanos() / 1_000_000;
        Some(Timestamp { unix_milliseconds: i64::try_from(milliseconds).ok()? })
    }

    /// `2026-11-22T07:12:56.123Z`.
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.unix_milliseconds) * 1_000_000)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| format!("{} ms after 1970", self.unix_milliseconds))
    }

    /// Whole seconds from `earlier` to this moment; zero when `earlier` is later.
    pub const fn seconds_since(self, earlier: Timestamp) -> u64 {
        let milliseconds = self.unix_milliseconds - earlier.unix_milliseconds;
        if milliseconds > 0 { milliseconds as u64 / 1000 } else { 0 }
    }
}

/// A span of time as people say it: `12 s`, `3 min`, `2 h 14 min`, `5 d 3 h`.
pub fn duration_words(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 60 => format!("{seconds} s"),
        () if minutes < 60 => format!("{minutes} min"),
        () if hours < 24 => format!("{hours} h {} min", minutes % 60),
        () => format!("{days} d {} h", hours % 24),
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::from_rfc3339(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 moment"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let moment = Timestamp::from_unix_milliseconds(1_795_331_576_123);
        assert_eq!(moment.to_rfc3339(), "2026-11-22T07:12:56.123Z");
        assert_eq!(Timestamp::from_rfc3339(&moment.to_rfc3339()), Some(moment));
    }

    #[test]
    fn the_engines_nanoseconds_are_read_and_its_never_is_none() {
        let moment = Timestamp::from_rfc3339("2026-11-22T07:12:56.123456789Z");
        assert_eq!(moment, Some(Timestamp::from_unix_milliseconds(1_795_331_576_123)));
        assert_eq!(Timestamp::from_rfc3339("0001-01-01T00:00:00Z"), None);
        assert_eq!(Timestamp::from_rfc3339("yesterday"), None);
    }

    #[test]
    fn spans_are_said_with_their_two_largest_units() {
        for (seconds, words) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (8040, "2 h 14 min"), (442_800, "5 d 3 h")]
        {
            assert_eq!(duration_words(seconds), words);
        }
    }
}
