//! The sessions of one owner.

use std::collections::BTreeMap;

use super::numbers::timestamp_from_seconds;
use crate::telemetry::{
    Session,
    series::{Sample, label},
};

/// Prometheus' answers to `queries::SessionQueries`.
#[derive(Debug, Clone)]
pub struct SessionAnswers {
    /// Time of the last event.
    pub last_seen: Vec<Sample>,
    /// Number of events.
    pub counts: Vec<Sample>,
    /// Cost in dollars.
    pub cost: Vec<Sample>,
    /// Output tokens.
    pub output_tokens: Vec<Sample>,
}

/// Combines the answers into sessions, newest first.
pub fn sessions(of: &SessionAnswers) -> Vec<Session> {
    let mut sessions: BTreeMap<&str, Session> = BTreeMap::new();
    let parts = [&of.last_seen, &of.counts, &of.cost, &of.output_tokens];
    for (part, samples) in parts.into_iter().enumerate() {
        for Sample { labels, value } in samples {
            let Some(id) = label(labels, "session_id") else { continue };
            let session = sessions.entry(id).or_insert_with(|| Session { id: id.to_owned(), ..Session::default() });
            let whole = value.round().max(0.0) as u64;
            match (part, label(labels, "event_name")) {
                (0, _) => session.last_seen = session.last_seen.max(Some(timestamp_from_seconds(*value))),
                (1, Some("api_request")) => session.requests += whole,
                (1, Some("api_error")) => session.errors += whole,
                (1, Some("tool_result")) => session.tool_calls += whole,
                (2, _) => session.cost_micro_usd += (value * 1e6).round().max(0.0) as u64,
                (3, _) => session.output_tokens += whole,
                _ => {}
            }
        }
    }
    let mut sessions: Vec<Session> = sessions.into_values().collect();
    sessions.sort_by(|one, other| other.last_seen.cmp(&one.last_seen).then_with(|| one.id.cmp(&other.id)));
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
    }

    #[test]
    fn a_session_combines_all_answers() {
        let of = |id: &'static str, more: &[(&'static str, &'static str)], value| {
            sample(&[&[("session_id", id)], more].concat(), value)
        };
        let answers = SessionAnswers {
            last_seen: vec![of("a", &[], 100.0), of("b", &[], 200.0), of("", &[], 300.0)],
            counts: vec![
                of("a", &[("event_name", "api_request")], 3.0),
                of("a", &[("event_name", "api_error")], 1.0),
                of("a", &[("event_name", "tool_result")], 2.0),
            ],
            cost: vec![of("a", &[], 0.067_741_999_999)],
            output_tokens: vec![of("a", &[], 1309.0)],
        };
        let sessions = sessions(&answers);
        assert_eq!(sessions.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        let expected = Session {
            id: "a".into(),
            last_seen: Some(timestamp_from_seconds(100.0)),
            cost_micro_usd: 67_742,
            requests: 3,
            output_tokens: 1309,
            tool_calls: 2,
            errors: 1,
        };
        assert_eq!(sessions[1], expected);
    }
}
