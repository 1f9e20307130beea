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

    /// Formats for people, at an offset from UTC in minutes: `2026-11-22 08:12:56 UTC+1`, with 0 `2026-11-22 07:12:56 UTC`.
    pub fn to_words(self, offset_minutes: i32) -> String {
        let shifted = Timestamp { unix_milliseconds: self.unix_milliseconds + i64::from(offset_minutes) * 60_000 };
        let text = shifted.to_rfc3339();
        let (date, time) = text.split_once('T').unwrap_or_default();
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let offset = match (offset_minutes.unsigned_abs() / 60, offset_minutes.unsigned_abs() % 60) {
            (0, 0) => String::new(),
            (hours, 0) => format!("{sign}{hours}"),
            (hours, minutes) => format!("{sign}{hours}:{minutes:02}"),
        };
        // Without the milliseconds and the `Z`.
        let time = time.split_once('.').map_or(time, |(time, _)| time);
        format!("{date} {time} UTC{offset}")
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

/// A part of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPart<'a> {
    /// Text without a time.
    Text(&'a str),
    /// A time.
    Time(Timestamp),
}

/// The length of what `to_rfc3339` writes, in bytes.
const RFC3339_LENGTH: usize = 24;

/// Splits a sentence at the times in it, as `to_rfc3339` writes them. What is in backticks is a literal and stays as it is.
pub fn split_at_times(text: &str) -> Vec<TextPart<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at, mut is_literal) = (0, 0, false);
    while at < text.len() {
        let time = text.get(at..at + RFC3339_LENGTH).filter(|time| !is_literal && time.ends_with('Z'));
        if let Some(time) = time.and_then(Timestamp::from_rfc3339) {
            parts.push(TextPart::Text(&text[start..at]));
            parts.push(TextPart::Time(time));
            at += RFC3339_LENGTH;
            start = at;
        } else {
            is_literal ^= text.as_bytes()[at] == b'`';
            at += 1;
        }
    }
    parts.push(TextPart::Text(&text[start..]));
    parts.retain(|part| *part != TextPart::Text(""));
    parts
}

/// The sentence with its times as people read them, in UTC.
pub fn with_times_in_words(text: &str) -> String {
    let words = |part: TextPart<'_>| match part {
        TextPart::Text(text) => text.to_owned(),
        TextPart::Time(time) => time.to_words(0),
    };
    split_at_times(text).into_iter().map(words).collect()
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
    fn times_for_people_name_their_zone() {
        let moment = Timestamp::from_unix_milliseconds(1_795_331_576_987);
        for (minutes, words) in [
            (0, "2026-11-22 07:12:56 UTC"),
            (60, "2026-11-22 08:12:56 UTC+1"),
            (330, "2026-11-22 12:42:56 UTC+5:30"),
            (-480, "2026-11-21 23:12:56 UTC-8"),
            (-210, "2026-11-22 03:42:56 UTC-3:30"),
        ] {
            assert_eq!(moment.to_words(minutes), words);
        }
    }

    #[test]
    fn a_sentence_is_split_at_its_times_and_literals_stay() {
        let time = "2026-11-22T07:12:56.123Z";
        let text = format!("`a {time}` ended at {time}, „x“ began {time}");
        let moment = Timestamp::from_rfc3339(time).expect("a time");
        assert_eq!(
            split_at_times(&text),
            [
                TextPart::Text(&text[..38]),
                TextPart::Time(moment),
                TextPart::Text(", „x“ began "),
                TextPart::Time(moment),
            ]
        );
        let words = "2026-11-22 07:12:56 UTC";
        assert_eq!(with_times_in_words(&text), format!("`a {time}` ended at {words}, „x“ began {words}"));
        for plain in ["", "no time", "2026-11-22", "2026-13-22T07:12:56.123Z", "한글 2026-11-22T07:12:56.12"] {
            assert_eq!(with_times_in_words(plain), plain);
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
