//! Questions to Loki about lines, in the forms that Loki answers exactly and quickly. The dashboard asks in the same.
//!
//! Rules kept here, once: no `| json`, because an event's fields are structured metadata; `event_name` is compared
//! whole, because `api_request` is also the beginning of `api_request_body`; labels are compared behind the pipe, which
//! finds them as labels and, in data older than this stack, as metadata; outside `sum(…)`, `by` stands inside, at the
//! range aggregation, or Loki makes a series of every line.

/// How many lines within the range, by these labels.
pub fn count(lines: &str, range: &str, by: &str) -> String {
    format!("sum{} (count_over_time({lines} [{range}]))", by_labels(by))
}

/// The sum of a field within the range, by these labels.
pub fn sum(lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"sum{} (sum_over_time({} [{range}]))"#, by_labels(by), numbers(lines, field))
}

/// The mean of a field within the range, by these labels.
pub fn mean(lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"avg_over_time({} [{range}]){}"#, numbers(lines, field), by_labels(by))
}

/// A quantile of a field within the range, by these labels.
pub fn quantile(share: &str, lines: &str, field: &str, range: &str, by: &str) -> String {
    format!(r#"quantile_over_time({share}, {} [{range}]){}"#, numbers(lines, field), by_labels(by))
}

/// Different sessions within the range, by these labels.
pub fn sessions(lines: &str, range: &str, by: &str) -> String {
    let inner = if by.is_empty() { "session_id".to_owned() } else { format!("{by}, session_id") };
    format!(r#"count{} ({})"#, by_labels(by), count(&format!(r#"{lines} | session_id!="""#), range, &inner))
}

/// When such a line was written last within the range, in seconds since 1970, by these labels.
pub fn last_seen(lines: &str, range: &str, by: &str) -> String {
    format!(
        "max_over_time({lines} | label_format ts=`{{{{ __timestamp__ | unixEpoch }}}}` | unwrap ts | __error__=\"\" [{range}]){}",
        by_labels(by),
    )
}

/// A value as LogQL and PromQL write it between quotes.
pub fn quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for letter in value.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A pattern, between quotes, that matches these values and no others.
pub fn any_of(values: &[String]) -> String {
    let plain = |value: &String| {
        value.chars().fold(String::new(), |mut pattern, letter| {
            if r"\.+*?()|[]{}^$".contains(letter) {
                pattern.push('\\');
            }
            pattern.push(letter);
            pattern
        })
    };
    quoted(&values.iter().map(plain).collect::<Vec<_>>().join("|"))
}

/// Lines that lack the field, or hold no number in it, are left out.
fn numbers(lines: &str, field: &str) -> String {
    format!(r#"{lines} | unwrap {field} | __error__="""#)
}

pub(super) fn by_labels(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!(" by ({labels})") }
}
