//! A point in time: RFC 3339 on the wire, arithmetic inside. Never reads a clock.
//!
//! The calendar is implemented here because a date library would add all its formats to the WebAssembly.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time in UTC, with millisecond precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    unix_milliseconds: i64,
}

impl Timestamp {
    /// Converts milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_unix_milliseconds(unix_milliseconds: i64) -> Self {
        Timestamp { unix_milliseconds }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_milliseconds(self) -> i64 {
        self.unix_milliseconds
    }

    /// Parses RFC 3339 as Docker writes it (`2026-11-22T07:12:56.123456789Z`). `None` for anything else, and for the
    /// year 1, which Docker uses for "never".
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        let [year, month, day] = numbers(date, '-')?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let (time, rest) = (rest.get(..8)?, rest.get(8..)?);
        let [hour, minute, second] = numbers(time, ':')?;
        let (fraction, offset) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?),
            None => ("0", rest),
        };
        let offset_minutes = match offset {
            "Z" | "z" => 0,
            _ => {
                let [hours, minutes] = numbers(offset.get(1..).filter(|rest| rest.len() == 5)?, ':')?;
                let minutes = hours * 60 + minutes;
                if offset.starts_with('-') {
                    -minutes
                } else if offset.starts_with('+') {
                    minutes
                } else {
                    return None;
                }
            }
        };
        let valid = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60
            && !fraction.is_empty();
        if !valid || year <= 1 {
            return None;
        }
        let milliseconds =
            fraction.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
        Some(Timestamp { unix_milliseconds: seconds * 1000 + milliseconds })
    }

    /// Formats as `2026-11-22T07:12:56.123Z`.
    pub fn to_rfc3339(self) -> String {
        let (days, within) =
            (self.unix_milliseconds.div_euclid(86_400_000), self.unix_milliseconds.rem_euclid(86_400_000));
        let (year, month, day) = date_of(days);
        let (seconds, milliseconds) = (within / 1000, within % 1000);
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{milliseconds:03}Z",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// Whole seconds since `earlier`; 0 if `earlier` is later.
    pub const fn seconds_since(self, earlier: Timestamp) -> u64 {
        let milliseconds = self.unix_milliseconds - earlier.unix_milliseconds;
        if milliseconds > 0 { milliseconds as u64 / 1000 } else { 0 }
    }
}

/// Parses a fixed count of numbers with a separator, and nothing else.
fn numbers<const COUNT: usize>(text: &str, parted_by: char) -> Option<[i64; COUNT]> {
    let mut numbers = [0; COUNT];
    let mut parts = text.split(parted_by);
    for number in &mut numbers {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
const fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let past = year - 1;
    let mut days = past * 365 + past / 4 - past / 100 + past / 400 - 719_162 + day - 1;
    let mut each = 1;
    while each < month {
        days += days_in(year, each);
        each += 1;
    }
    days
}

/// The date of a day since 1970-01-01.
const fn date_of(days: i64) -> (i64, i64, i64) {
    // A year has 365.2425 days on average, so the estimate is off by at most one.
    let mut year = 1970 + days * 10_000 / 3_652_425;
    while days_before(year, 1, 1) > days {
        year -= 1;
    }
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    let mut rest = days - days_before(year, 1, 1);
    while rest >= days_in(year, month) {
        rest -= days_in(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// Formats a duration: `12 s`, `3 min`, `2 h 14 min`, `5 d 3 h`.
pub fn format_duration(seconds: u64) -> String {
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
    fn timestamps_round_trip() {
        let moment = Timestamp::from_unix_milliseconds(1_795_331_576_123);
        assert_eq!(moment.to_rfc3339(), "2026-11-22T07:12:56.123Z");
        assert_eq!(Timestamp::from_rfc3339(&moment.to_rfc3339()), Some(moment));
    }

    #[test]
    fn dockers_nanoseconds_and_its_never_are_parsed() {
        let moment = Timestamp::from_rfc3339("2026-11-22T07:12:56.123456789Z");
        assert_eq!(moment, Some(Timestamp::from_unix_milliseconds(1_795_331_576_123)));
        assert_eq!(Timestamp::from_rfc3339("0001-01-01T00:00:00Z"), None);
        assert_eq!(Timestamp::from_rfc3339("yesterday"), None);
    }

    #[test]
    fn the_calendar_is_correct_at_its_edges() {
        for (text, unix_seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2024-12-31T23:59:59Z", 1_735_689_599),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("2026-11-22T09:12:56+02:00", 1_795_331_576),
            ("2026-11-21T22:42:56-08:30", 1_795_331_576),
        ] {
            let moment = Timestamp::from_unix_milliseconds(unix_seconds * 1000);
            assert_eq!(Timestamp::from_rfc3339(text), Some(moment), "{text}");
            assert_eq!(Timestamp::from_rfc3339(&moment.to_rfc3339()), Some(moment), "{text}");
        }
        for text in ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", ""]
        {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
        for days in -800_000..800_000 {
            let (year, month, day) = date_of(days);
            assert_eq!(days_before(year, month, day), days);
        }
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        for (seconds, words) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (8040, "2 h 14 min"), (442_800, "5 d 3 h")]
        {
            assert_eq!(format_duration(seconds), words);
        }
    }
}
