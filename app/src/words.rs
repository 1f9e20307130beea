//! Numbers and short texts as the screen shows them. Integers only: printing floating point needs code that would make
//! the WebAssembly much larger.

pub use monitor_core::count::exact;
use monitor_core::{
    status::Usage,
    timestamp::{Timestamp, format_duration},
};

/// Formats bytes with one decimal unit, like Docker: `980 kB`, `41 MB`, `1.4 GB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", tenths(count / 100_000_000)),
    }
}

/// Formats the share of one core: `1.2%`.
pub fn cpu(usage: Usage) -> String {
    format!("{}%", tenths((usage.cpu_percent.max(0.0) * 10.0 + 0.5) as u64))
}

fn tenths(count: u64) -> String {
    format!("{}.{}", count / 10, count % 10)
}

/// Formats a count briefly: `319`, `8,412`, `12.3 k`, `1.6 M`. Rounds down, so it never shows more than there is.
pub fn compact(count: u64) -> String {
    let (unit, letter) = match count {
        0..10_000 => return exact(count),
        10_000..1_000_000 => (1_000, "k"),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "G"),
    };
    let whole = count / unit;
    match whole {
        0..100 => format!("{} {letter}", tenths(count / (unit / 10))),
        _ => format!("{} {letter}", exact(whole)),
    }
}

/// Formats millionths of a dollar, rounded to the cent: `$3.41`.
pub fn dollars(micro_usd: u64) -> String {
    match (micro_usd + 5_000) / 10_000 {
        0 if micro_usd > 0 => "< $0.01".into(),
        cents => format!("${}.{:02}", exact(cents / 100), cents % 100),
    }
}

/// Formats millionths of a dollar in full: `$3.412345`.
pub fn dollars_exact(micro_usd: u64) -> String {
    format!("${}.{:06}", exact(micro_usd / 1_000_000), micro_usd % 1_000_000)
}

/// Formats a share, rounded to tenths of a percent: `1.4%`. `None` where `whole` is 0.
pub fn percent(part: u64, whole: u64) -> Option<String> {
    let per_mille = (u128::from(part) * 1_000 + u128::from(whole) / 2).checked_div(u128::from(whole))?;
    Some(match per_mille {
        0 if part > 0 => "< 0.1%".into(),
        _ if per_mille % 10 == 0 => format!("{}%", per_mille / 10),
        _ => format!("{}.{}%", per_mille / 10, per_mille % 10),
    })
}

/// Formats the time since `then`: `14 s ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.seconds_since(then) {
        0..5 => "just now".into(),
        seconds => format!("{} ago", format_duration(seconds)),
    }
}

/// Formats a count with its noun: `1 row`, `2 rows`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `5 of 6 services are ready.`
pub fn ready_of(ready: usize, all: usize) -> String {
    let verb = if ready == 1 { "is" } else { "are" };
    format!("{ready} of {all} services {verb} ready.")
}

/// Joins names: `Loki`, `Loki and Jaeger`, `Loki, Jaeger, and Grafana`.
pub fn join_names(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).into(),
        [one, other] => format!("{one} and {other}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}

/// Capitalizes the first letter and adds a period where there is none.
pub fn sentence(text: &str) -> String {
    let mut whole = text.to_owned();
    // The sentences are ASCII at their start, so the tables for other letters are not needed.
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
    fn bytes_and_cpu_have_a_unit() {
        for (count, words) in [(0, "0 B"), (980_500, "980 kB"), (41_900_000, "41 MB"), (1_449_000_000, "1.4 GB")] {
            assert_eq!(bytes(count), words);
        }
        for (cpu_percent, words) in [(0.0, "0.0%"), (1.16, "1.2%"), (103.0, "103.0%")] {
            assert_eq!(cpu(Usage { cpu_percent, memory_bytes: 0 }), words);
        }
    }

    #[test]
    fn counts_have_a_short_form_and_an_exact_form() {
        for (count, short, all) in [
            (0, "0", "0"),
            (9_999, "9,999", "9,999"),
            (12_399, "12.3 k", "12,399"),
            (402_000, "402 k", "402,000"),
            (999_999, "999 k", "999,999"),
            (1_660_000, "1.6 M", "1,660,000"),
            (5_000_000, "5.0 M", "5,000,000"),
            (1_009_999, "1.0 M", "1,009,999"),
            (1_234_567_890_123, "1,234 G", "1,234,567,890,123"),
        ] {
            assert_eq!((compact(count).as_str(), exact(count).as_str()), (short, all));
        }
    }

    #[test]
    fn small_amounts_of_money_are_not_shown_as_zero() {
        for (micro_usd, short, all) in [
            (0, "$0.00", "$0.000000"),
            (4_999, "< $0.01", "$0.004999"),
            (3_415_000, "$3.42", "$3.415000"),
            (1_234_567_890, "$1,234.57", "$1,234.567890"),
        ] {
            assert_eq!((dollars(micro_usd).as_str(), dollars_exact(micro_usd).as_str()), (short, all));
        }
    }

    #[test]
    fn shares_are_percentages() {
        for (part, whole, words) in
            [(0, 0, None), (0, 9, Some("0%")), (3, 212, Some("1.4%")), (1, 5_000, Some("< 0.1%")), (5, 5, Some("100%"))]
        {
            assert_eq!(percent(part, whole).as_deref(), words, "{part} of {whole}");
        }
    }

    #[test]
    fn sentences_have_a_capital_and_a_period() {
        for (text, whole) in [("the port is taken", "The port is taken."), ("Done.", "Done."), ("wrong:", "Wrong:")] {
            assert_eq!(sentence(text), whole);
        }
        for (names, joined) in [
            (&["Loki"][..], "Loki"),
            (&["Loki", "Jaeger"], "Loki and Jaeger"),
            (&["Loki", "Jaeger", "Grafana"], "Loki, Jaeger, and Grafana"),
        ] {
            assert_eq!(join_names(names), joined);
        }
    }

    #[test]
    fn the_last_5_seconds_are_just_now() {
        let then = Timestamp::from_unix_milliseconds(0);
        assert_eq!(ago(then, Timestamp::from_unix_milliseconds(4_000)), "just now");
        assert_eq!(ago(then, Timestamp::from_unix_milliseconds(14_000)), "14 s ago");
    }
}
