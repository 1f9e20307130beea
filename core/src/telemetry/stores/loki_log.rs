//! Reads from Loki's log whose events it discarded. Its counters say how many and why, but not whose.
//!
//! Loki logs a refused entry as logfmt with its stream's labels. Read in Loki's source, not run: `pkg/distributor/writefailures/manager.go`
//! (`msg="write operation failed" details=…`, at most `write_failures_logging.rate` bytes a second, 1 kB by default) and
//! `pkg/validation/validate.go` (`stream '…' has structured metadata too large`, `Max entry size '…' bytes exceeded for
//! stream '…'`, `entry for stream '…' has timestamp too old`).

use std::collections::BTreeMap;

use crate::telemetry::{CLAUDE_CODE_SERVICE, Owner};

/// The senders of the discarded events that these lines name, with how many each, by Loki's reason.
pub fn discarded_from<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<Owner, BTreeMap<String, u64>> {
    let mut senders: BTreeMap<Owner, BTreeMap<String, u64>> = BTreeMap::new();
    for (owner, reason) in lines.filter_map(sender) {
        *senders.entry(owner).or_default().entry(reason.to_owned()).or_default() += 1;
    }
    senders
}

/// What a message contains, and the name of its reason in Loki's counter.
const REASONS: [(&str, &str); 7] = [
    ("structured metadata too large", "structured_metadata_too_large"),
    ("too many structured metadata", "structured_metadata_too_many"),
    ("ax entry size", "line_too_long"),
    ("timestamp too old", "greater_than_max_sample_age"),
    ("timestamp too new", "too_far_in_future"),
    ("too far behind", "too_far_behind"),
    ("er stream rate limit exceeded", "per_stream_rate_limit"),
];

/// The sender of the discarded event that this line is about, and the reason; `None` for all other lines.
fn sender(line: &str) -> Option<(Owner, &'static str)> {
    let (_, details) = line.split_once("msg=\"write operation failed\" details=")?;
    let reason = REASONS.into_iter().find(|(text, _)| details.contains(text)).map_or("unknown", |(_, reason)| reason);
    let (_, labels) = details.split_once("stream '{")?;
    let (labels, _) = labels.split_once("}'")?;
    // The quotes are escaped, because the whole message is a quoted value.
    let labels = labels.replace("\\\"", "\"");
    let value = |name: &str| {
        let start = labels.find(&format!("{name}=\"")).filter(|at| *at == 0 || labels[..*at].ends_with([' ', ',']))?;
        let rest = &labels[start + name.len() + 2..];
        rest.split_once('"').map(|(value, _)| value)
    };
    let is_ours = value("service_name") == Some(CLAUDE_CODE_SERVICE);
    is_ours.then(|| (Owner::new(value("project"), value("agent")), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_read_from_the_streams_labels() {
        let line = |details: &str| {
            format!(
                r#"level=error ts=2026-11-28T21:00:00Z caller=manager.go:50 component=distributor path=write msg="write operation failed" details="{details}" org_id=fake"#
            )
        };
        let stream = r#"{agent=\"dev\", project=\"demo\", service_name=\"claude-code\"}"#;
        let lines = [
            line(&format!(
                "stream '{stream}' has structured metadata too large: '192270' bytes, limit: '65536' bytes."
            )),
            line(&format!("Max entry size '262144' bytes exceeded for stream '{stream}' while adding an entry")),
            line(r#"entry for stream '{service_name=\"envoy\"}' has timestamp too old: 2026-11-01"#),
            line(r#"entry for stream '{agent=\"solo\", service_name=\"claude-code\"}' has timestamp too new: 2027"#),
            line("Ingestion rate limit exceeded for user fake"),
            r#"level=info msg="Loki started""#.to_owned(),
        ];
        let count = |reason: &str| (reason.to_owned(), 1);
        let expected = [
            (Owner::new(None, Some("solo")), [count("too_far_in_future")].into()),
            (
                Owner::new(Some("demo"), Some("dev")),
                [count("line_too_long"), count("structured_metadata_too_large")].into(),
            ),
        ]
        .into();
        assert_eq!(discarded_from(lines.iter().map(String::as_str)), expected);
    }
}
