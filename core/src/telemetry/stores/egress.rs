//! Combines Loki's answers about one owner's outgoing connections.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::telemetry::{
    Destination, Egress, Owner, Target,
    series::{Sample, label},
};

/// Maximum number of destinations in a list.
const MOST_DESTINATIONS: usize = 200;

/// Loki's answers about the connections of one owner.
#[derive(Debug, Clone, Default)]
pub struct EgressAnswers {
    /// `queries::egress::allowed`.
    pub allowed: Vec<Sample>,
    /// `queries::egress::denied`.
    pub denied: Vec<Sample>,
    /// `queries::egress::unresolved`.
    pub unresolved: Vec<Sample>,
}

/// The addresses of an owner, from the answer to `queries::egress::address_map`. An address that was assigned to another
/// owner later belongs to that owner.
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

/// Combines the answers for these addresses.
pub fn egress(addresses: Vec<String>, answers: &EgressAnswers) -> Egress {
    let mut destinations: BTreeMap<Target, Destination> = BTreeMap::new();
    let mut add = |samples: &[Sample], field: fn(&mut Destination) -> &mut u64| {
        for sample in samples {
            let target = target(sample);
            let destination = destinations.entry(target.clone()).or_insert_with(|| Destination::new(target));
            *field(destination) += sample.value.round().max(0.0) as u64;
        }
    };
    add(&answers.allowed, |destination| &mut destination.allowed);
    add(&answers.denied, |destination| &mut destination.denied);
    add(&answers.unresolved, |destination| &mut destination.unresolved);
    let mut destinations: Vec<Destination> = destinations.into_values().collect();
    destinations.sort_by_key(|destination| {
        let blocked = destination.denied + destination.unresolved;
        (blocked == 0, Reverse(blocked + destination.allowed), destination.target.clone())
    });
    destinations.truncate(MOST_DESTINATIONS);
    Egress { addresses, destinations }
}

/// The server name comes before the `Host` of a request, which is inside of the connection. Names are compared without
/// case and without the trailing dot of DNS; the root of DNS is `.`.
fn target(sample: &Sample) -> Target {
    let named = |field| label(&sample.labels, field).filter(|name| !matches!(*name, "" | "-"));
    match named("domain").or_else(|| named("request_host")) {
        Some(".") => Target::Host(".".to_owned()),
        Some(name) => Target::Host(name.trim_end_matches('.').to_ascii_lowercase()),
        None => Target::Unknown(label(&sample.labels, "client_ip").unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
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

    /// `target: allowed denied unresolved`, one per line.
    fn listed(answers: &EgressAnswers) -> String {
        let egress = egress(vec!["172.18.0.5".into()], answers);
        let line = |of: &Destination| format!("{}: {} {} {}\n", of.target, of.allowed, of.denied, of.unresolved);
        egress.destinations.iter().map(line).collect()
    }

    #[test]
    fn blocked_destinations_come_first_and_those_without_a_name_are_listed() {
        let from = ("client_ip", "172.18.0.5");
        let answers = EgressAnswers {
            allowed: vec![
                sample(&[("domain", "api.anthropic.com"), from], 900.0),
                sample(&[("request_host", "API.anthropic.com"), from], 1.0),
                sample(&[("domain", "github.com"), ("request_host", "github.com"), from], 4.0),
            ],
            denied: vec![
                sample(&[("domain", "github.com"), ("request_host", "github.com"), from], 2.0),
                sample(&[("domain", ""), ("request_host", "evil.example"), from], 3.0),
                sample(&[from], 5.0),
                sample(&[("domain", "-"), ("client_ip", "fd00::5")], 1.0),
            ],
            unresolved: vec![sample(&[("domain", "Evil.example.")], 30.0), sample(&[("domain", ".")], 1.0)],
        };
        insta::assert_snapshot!(listed(&answers), @"
        evil.example: 0 3 30
        github.com: 4 2 0
        unknown from 172.18.0.5: 0 5 0
        .: 0 0 1
        unknown from fd00::5: 0 1 0
        api.anthropic.com: 901 0 0
        ");
    }
}
