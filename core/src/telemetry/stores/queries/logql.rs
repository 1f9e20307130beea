//! Builds LogQL queries in forms that Loki answers exactly. Only the firewall's logs are counted with them, here and on
//! the dashboard; what agents did is counted in Prometheus.
//!
//! Rules that apply to all of them: no `| json`, because an event's fields are structured metadata; `event_name` is
//! compared as a whole, because `api_request` is also a prefix of `api_request_body`; labels are compared after the
//! pipe, which finds them as labels and, in older data, as metadata; outside `sum(…)`, `by` belongs to the range
//! aggregation, or Loki creates a series for every line.

/// Number of lines within the range, grouped by these labels.
pub fn count(lines: &str, range: &str, by: &str) -> String {
    format!("sum{} (count_over_time({lines} [{range}]))", by_labels(by))
}

/// Time of the last matching line within the range, in seconds since 1970, grouped by these labels.
pub fn last_seen(lines: &str, range: &str, by: &str) -> String {
    format!(
        "max_over_time({lines} | label_format ts=`{{{{ __timestamp__ | unixEpoch }}}}` | unwrap ts | __error__=\"\" [{range}]){}",
        by_labels(by),
    )
}

/// Quotes a string for LogQL and PromQL.
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

/// A quoted regular expression that matches exactly these values.
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

pub(super) fn by_labels(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!(" by ({labels})") }
}
