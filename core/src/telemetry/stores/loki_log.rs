//! Reads from Loki's log whose events it discarded. Its counters say how many and why, but not whose.
//!
//! Loki logs a refused entry as logfmt with its stream's labels. Read in Loki's source, not run: `pkg/distributor/writefailures/manager.go`
//! (`msg="write operation failed" details=…`, at most `write_failures_logging.rate` bytes a second, 1 kB by default) and
//! `pkg/validation/validate.go` (`stream '…' has structured metadata too large`, `Max entry size '…' bytes exceeded for
//! stream '…'`, `entry for stream '…' has timestamp too old`).

use std::collections::BTreeMap;

use crate::telemetry::{CLAUDE_CODE_SERVICE, Owner};

/// The senders of the discarded events that these lines name, with how many each.
pub fn discarded_from<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<Owner, u64> {
    let mut senders = BTreeMap::new();
    for owner in lines.filter_map(sender) {
        *senders.entry(owner).or_default() += 1;
    }
    senders
}

/// The sender of the discarded event that this line is about; `None` for all other lines.
fn sender(line: &str) -> Option<Owner> {
    let (_, details) = line.split_once("msg=\"write operation failed\" details=")?;
    let (_, labels) = details.split_once("stream '{")?;
    let (labels, _) = labels.split_once("}'")?;
    // The quotes are escaped, because the whole message is a quoted value.
    let labels = labels.replace("\\\"", "\"");
    let value = |name: &str| {
        let start = labels.find(&format!("{name}=\"")).filter(|at| *at == 0 || labels[..*at].ends_with([' ', ',']))?;
        let rest = &labels[start + name.len() + 2..];
        rest.split_once('"').map(|(value, _)| value)
    };
    (value("service_name") == Some(CLAUDE_CODE_SERVICE)).then(|| Owner::new(value("project"), value("agent")))
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
        let expected = [(Owner::new(None, Some("solo")), 1), (Owner::new(Some("demo"), Some("dev")), 2)].into();
        assert_eq!(discarded_from(lines.iter().map(String::as_str)), expected);
    }
}
