//! Words and numbers as people read them. Integers only: the machinery that prints floating point is heavy in a browser.

use monitor_core::{
    status::Usage,
    timestamp::{Timestamp, duration_words},
};

/// Bytes with one unit, decimal as Docker prints them: `980 kB`, `41 MB`, `1.4 GB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", tenths(count / 100_000_000)),
    }
}

/// A share of one core: `1.2 %`.
pub fn cpu(usage: Usage) -> String {
    format!("{} %", tenths((usage.cpu_percent.max(0.0) * 10.0 + 0.5) as u64))
}

fn tenths(count: u64) -> String {
    format!("{}.{}", count / 10, count % 10)
}

/// `14 s ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.seconds_since(then) {
        0..5 => "just now".into(),
        seconds => format!("{} ago", duration_words(seconds)),
    }
}

/// Small numbers as words, as in the middle of a sentence.
pub fn count(number: usize) -> String {
    const WORDS: [&str; 11] = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).into())
}

/// `Five of six services are ready.`
pub fn ready_of(ready: usize, all: usize) -> String {
    let verb = if ready == 1 { "is" } else { "are" };
    sentence(&format!("{} of {} services {verb} ready", count(ready), count(all)))
}

/// `Loki`, `Loki and Jaeger`, `Loki, Jaeger and Grafana`.
pub fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).into(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Begins with a capital and ends with a full stop.
pub fn sentence(text: &str) -> String {
    let mut whole = text.to_owned();
    // ASCII suffices for sentences written here, and needs no tables.
    if let Some(first) = whole.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !whole.ends_with(['.', ':', '!', '?']) {
        whole.push('.');
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_bear_a_unit_that_keeps_them_short() {
        for (count, words) in [(0, "0 B"), (980_500, "980 kB"), (41_900_000, "41 MB"), (1_449_000_000, "1.4 GB")] {
            assert_eq!(bytes(count), words);
        }
        for (cpu_percent, words) in [(0.0, "0.0 %"), (1.16, "1.2 %"), (103.0, "103.0 %")] {
            assert_eq!(cpu(Usage { cpu_percent, memory_bytes: 0 }), words);
        }
    }

    #[test]
    fn sentences_are_whole() {
        for (text, whole) in [("the port is taken", "The port is taken."), ("Done.", "Done."), ("wrong:", "Wrong:")] {
            assert_eq!(sentence(text), whole);
        }
        assert_eq!(list(&["Loki", "Jaeger", "Grafana"]), "Loki, Jaeger and Grafana");
    }

    #[test]
    fn the_last_seconds_are_just_now() {
        let then = Timestamp::from_unix_milliseconds(0);
        assert_eq!(ago(then, Timestamp::from_unix_milliseconds(4_000)), "just now");
        assert_eq!(ago(then, Timestamp::from_unix_milliseconds(14_000)), "14 s ago");
    }
}
