//! Details of one owner: sessions and outgoing connections.

use std::collections::BTreeMap;

use super::numbers::timestamp_from_seconds;
use crate::telemetry::{
    Domain, Egress, Owner, Session,
    series::{Sample, label},
};

/// Maximum number of domains in a list.
const MOST_DOMAINS: usize = 200;

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

/// The addresses of an owner, from the answer to `queries::address_map`. An address that was assigned to another owner
/// later belongs to that owner.
pub fn addresses(of: &Owner, map: &[Sample]) -> Vec<String> {
    let mut newest: BTreeMap<&str, &Sample> = BTreeMap::new();
    for sample in map {
        let Some(address) = label(&sample.labels, "client_ip") else { continue };
        let known = newest.entry(address).or_insert(sample);
        if sample.value > known.value {
            *known = sample;
        }
    }
    let mine = newest.into_iter().filter(|(_, sample)| Owner::from_labels(&sample.labels) == *of);
    mine.map(|(address, _)| address.to_owned()).collect()
}

/// Combines the answers to `queries::connections` and `queries::unresolved` for these addresses.
pub fn egress(addresses: Vec<String>, connections: &[Sample], unresolved: &[Sample]) -> Egress {
    let mut domains: BTreeMap<&str, Domain> = BTreeMap::new();
    let named = connections.iter().map(|sample| (sample, true)).chain(unresolved.iter().map(|sample| (sample, false)));
    for (Sample { labels, value }, connected) in named {
        let Some(name) = label(labels, "domain").map(|name| name.trim_end_matches('.')) else { continue };
        let domain = domains.entry(name).or_insert_with(|| Domain { name: name.to_owned(), ..Domain::default() });
        let count = value.round().max(0.0) as u64;
        match (connected, label(labels, "proto")) {
            (true, Some("deny")) => domain.denied += count,
            (true, _) => domain.allowed += count,
            (false, _) => domain.unresolved += count,
        }
    }
    let mut domains: Vec<Domain> = domains.into_values().collect();
    let blocked = |domain: &Domain| domain.denied + domain.unresolved;
    domains.sort_by_key(|domain| {
        let all = blocked(domain) + domain.allowed;
        (blocked(domain) == 0, std::cmp::Reverse(all), domain.name.clone())
    });
    domains.truncate(MOST_DOMAINS);
    Egress { addresses, domains }
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

    #[test]
    fn an_address_belongs_to_its_latest_owner() {
        let map = [
            sample(&[("project", "demo"), ("agent", "dev"), ("client_ip", "172.18.0.5")], 10.0),
            sample(&[("agent", "other"), ("client_ip", "172.18.0.5")], 20.0),
            sample(&[("project", "demo"), ("agent", "dev"), ("client_ip", "172.18.0.6")], 5.0),
        ];
        let dev = Owner::new(Some("demo"), Some("dev"));
        assert_eq!(addresses(&dev, &map), ["172.18.0.6"]);
        assert_eq!(addresses(&Owner::new(None, Some("other")), &map), ["172.18.0.5"]);
    }

    #[test]
    fn blocked_domains_come_first() {
        let of = |domain, proto| [("domain", domain), ("proto", proto)];
        let connections = [
            sample(&of("api.anthropic.com", "tls"), 900.0),
            sample(&of("api.anthropic.com", "http"), 1.0),
            sample(&of("evil.example", "deny"), 2.0),
        ];
        let unresolved = [sample(&[("domain", "nowhere.example.")], 30.0)];
        let egress = egress(vec!["172.18.0.5".into()], &connections, &unresolved);
        let names: Vec<&str> = egress.domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, ["nowhere.example", "evil.example", "api.anthropic.com"]);
        assert_eq!((egress.domains[2].allowed, egress.domains[1].denied, egress.domains[0].unresolved), (901, 2, 30));
    }
}
