//! Answers of the stores: the times that are read from them.

use monitor_core::telemetry::{Owner, series::Sample, stores::last_seen::LastSeenCache};

use crate::at;

fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
    Sample { labels: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), value }
}

#[test]
fn a_metric_that_arrived_later_than_the_last_event_is_newer() {
    let mut cache = LastSeenCache::default();
    cache.learn_events(&[sample(&[("agent", "dev")], 100.0)]);
    cache.learn_metrics(&[sample(&[("agent", "dev")], 180.0), sample(&[("agent", "other")], 60.0)]);
    let owners = cache.last_seen().owners;
    assert_eq!(owners[&Owner::new(None, Some("dev"))].last_seen, Some(at(180)));
    assert_eq!(owners[&Owner::new(None, Some("other"))].last_seen, Some(at(60)));
}

#[test]
fn of_two_versions_at_the_same_time_the_later_answer_counts() {
    let mut cache = LastSeenCache::default();
    for version in ["2.1.100", "2.1.330"] {
        cache.learn_events(&[sample(&[("agent", "dev"), ("service_version", version)], 100.0)]);
    }
    let owners = cache.last_seen().owners;
    assert_eq!(owners[&Owner::new(None, Some("dev"))].version.as_deref(), Some("2.1.330"));
}
