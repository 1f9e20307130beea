//! Caches what arrived from each owner, so that only new data has to be queried.

use std::collections::BTreeMap;

use super::numbers::timestamp_from_seconds;
use crate::{
    telemetry::{
        LastSeen, Owner, OwnerLastSeen,
        series::{Sample, label},
    },
    timestamp::Timestamp,
};

/// How long an owner is kept, in milliseconds.
const WEEK_MS: i64 = 7 * 86_400_000;
/// Maximum number of owners; those without data for the longest time are dropped first.
pub const MOST_OWNERS: usize = 10_000;

/// How much older than the last metric the last event has to be, in seconds, before events count as missing. Both are
/// exported every few seconds to minutes.
const EVENTS_AWAY_SECONDS: u64 = 600;

/// The cached state of one owner.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    last_seen: Option<Timestamp>,
    last_event: Option<Timestamp>,
    version: Option<(Timestamp, String)>,
    /// The newest report on managed settings: its time, and whether any were applied.
    managed: Option<(Timestamp, bool)>,
}

impl Known {
    fn has_only_metrics(&self) -> bool {
        let Some(seen) = self.last_seen else { return false };
        self.last_event.is_none_or(|event| seen.seconds_since(event) > EVENTS_AWAY_SECONDS)
    }

    fn last(&self) -> Option<Timestamp> {
        let version = self.version.as_ref().map(|(at, _)| *at);
        self.last_seen.max(version).max(self.managed.map(|(at, _)| at))
    }
}

/// Everything that arrived within a week, by owner.
#[derive(Debug, Clone, Default)]
pub struct LastSeenCache {
    /// By whether the data is simulated, and its owner.
    owners: BTreeMap<(bool, Owner), Known>,
}

impl LastSeenCache {
    /// Adds the answer to `queries::owner_versions_last_seen`.
    pub fn learn_events(&mut self, samples: &[Sample]) {
        for sample in samples {
            let (at, known) = self.seen(sample);
            known.last_event = known.last_event.max(Some(at));
            if let Some(version) = label(&sample.labels, "service_version")
                && known.version.as_ref().is_none_or(|(before, _)| *before <= at)
            {
                known.version = Some((at, version.to_owned()));
            }
        }
    }

    /// Adds the answer to `queries::owners_last_metric`.
    pub fn learn_metrics(&mut self, samples: &[Sample]) {
        for sample in samples {
            self.seen(sample);
        }
    }

    /// Adds the answer to `queries::managed_settings`.
    pub fn learn_managed_settings(&mut self, samples: &[Sample]) {
        for sample in samples {
            let (at, known) = self.seen(sample);
            // An empty list of sources is logged as `[]`.
            let applied = label(&sample.labels, "managed_settings_sources").is_some_and(|sources| sources != "[]")
                || label(&sample.labels, "managed_settings_helper_applied").is_some_and(|helper| helper != "none");
            if known.managed.is_none_or(|(before, _)| before <= at) {
                known.managed = Some((at, applied));
            }
        }
    }

    fn seen(&mut self, sample: &Sample) -> (Timestamp, &mut Known) {
        let at = timestamp_from_seconds(sample.value);
        let simulated = label(&sample.labels, "clawker_simulated") == Some("true");
        let known = self.owners.entry((simulated, Owner::from_labels(&sample.labels))).or_default();
        known.last_seen = known.last_seen.max(Some(at));
        (at, known)
    }

    /// Drops owners without data for a week.
    pub fn forget(&mut self, now: Timestamp) {
        let oldest = Some(Timestamp::from_unix_milliseconds(now.unix_milliseconds() - WEEK_MS));
        self.owners.retain(|_, known| known.last() >= oldest);
        if self.owners.len() > MOST_OWNERS {
            let mut times: Vec<Option<Timestamp>> = self.owners.values().map(Known::last).collect();
            times.sort();
            let oldest = times[times.len() - MOST_OWNERS];
            self.owners.retain(|_, known| known.last() >= oldest);
        }
    }

    /// The current state of all owners.
    pub fn last_seen(&self) -> LastSeen {
        let told = |known: &Known| OwnerLastSeen {
            last_seen: known.last_seen,
            metrics_only: known.has_only_metrics(),
            version: known.version.as_ref().map(|(_, version)| version.clone()),
            managed_settings_at: known.managed.filter(|(_, applied)| *applied).map(|(at, _)| at),
        };
        let of = |simulated: bool| {
            let own = self.owners.iter().filter(move |((other, _), _)| *other == simulated);
            own.map(|((_, owner), known)| (owner.clone(), told(known))).collect()
        };
        LastSeen { owners: of(false), simulated: of(true), incomplete: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
    }

    fn dev() -> Owner {
        Owner::new(None, Some("dev"))
    }

    #[test]
    fn the_newest_report_wins_in_any_order() {
        let mut cache = LastSeenCache::default();
        cache.learn_events(&[
            sample(&[("agent", "dev"), ("service_version", "2.1.330")], 200.0),
            sample(&[("agent", "dev"), ("service_version", "2.1.100")], 100.0),
            sample(&[], 50.0),
        ]);
        cache.learn_events(&[sample(&[("agent", "dev"), ("service_version", "2.0.30")], 150.0)]);
        cache.learn_metrics(&[sample(&[("agent", "dev")], 180.0)]);
        let last_seen = cache.last_seen();
        let expected = OwnerLastSeen {
            last_seen: Some(timestamp_from_seconds(200.0)),
            metrics_only: false,
            version: Some("2.1.330".into()),
            managed_settings_at: None,
        };
        assert_eq!(last_seen.owners[&dev()], expected);
        assert_eq!(
            last_seen.owners[&Owner::default()].last_seen,
            Some(timestamp_from_seconds(50.0)),
            "what was not tagged is seen as well"
        );
    }

    #[test]
    fn events_are_missing_if_metrics_go_on_without_them() {
        for (event, metric, metrics_only) in
            [(Some(100.0), 700.0, false), (Some(100.0), 701.0, true), (Some(900.0), 100.0, false), (None, 100.0, true)]
        {
            let mut cache = LastSeenCache::default();
            cache.learn_metrics(&[sample(&[("agent", "dev")], metric)]);
            cache.learn_events(&event.map(|at| sample(&[("agent", "dev")], at)).into_iter().collect::<Vec<_>>());
            assert_eq!(cache.last_seen().owners[&dev()].metrics_only, metrics_only, "{event:?} {metric}");
        }
    }

    #[test]
    fn simulated_data_is_kept_apart() {
        let mut cache = LastSeenCache::default();
        cache.learn_metrics(&[sample(&[("agent", "dev"), ("clawker_simulated", "true")], 200.0)]);
        let LastSeen { owners, simulated, .. } = cache.last_seen();
        assert!(owners.is_empty());
        assert_eq!(simulated[&dev()].last_seen, Some(timestamp_from_seconds(200.0)));
    }

    #[test]
    fn managed_settings_are_reported_if_the_newest_event_has_them() {
        let said = |sources, helper, at| {
            let own = [("agent", "dev"), ("managed_settings_sources", sources)];
            sample(&[&own[..], &[("managed_settings_helper_applied", helper)]].concat(), at)
        };
        for (words, expected) in [
            (vec![said("[]", "none", 10.0)], None),
            (vec![said("[\"file\"]", "none", 10.0)], Some(10.0)),
            (vec![said("[]", "remote", 10.0)], Some(10.0)),
            (vec![said("[\"file\"]", "none", 10.0), said("[]", "none", 20.0)], None),
            (vec![said("[]", "none", 20.0), said("[\"file\"]", "none", 30.0)], Some(30.0)),
        ] {
            let mut cache = LastSeenCache::default();
            cache.learn_managed_settings(&words);
            assert_eq!(
                cache.last_seen().owners[&dev()].managed_settings_at,
                expected.map(timestamp_from_seconds),
                "{words:?}"
            );
        }
    }

    #[test]
    fn silent_owners_are_dropped_after_a_week_and_the_cache_is_bounded() {
        let mut cache = LastSeenCache::default();
        cache.learn_events(&[sample(&[("agent", "dev")], 1000.0)]);
        cache.forget(timestamp_from_seconds(1000.0 + 604_800.0));
        assert_eq!(cache.last_seen().owners.len(), 1);
        cache.forget(timestamp_from_seconds(1001.0 + 604_800.0));
        assert!(cache.last_seen().owners.is_empty());
        let many: Vec<Sample> = (0..12_000)
            .map(|number| sample(&[("agent", number.to_string().as_str())], f64::from(number) + 1.0))
            .collect();
        cache.learn_events(&many);
        cache.forget(timestamp_from_seconds(0.0));
        let last_seen = cache.last_seen();
        assert_eq!(last_seen.owners.len(), 10_000);
        assert!(!last_seen.owners.contains_key(&Owner::new(None, Some("1999"))));
    }
}
