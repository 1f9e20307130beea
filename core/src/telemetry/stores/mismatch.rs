//! Compares what agents' own metrics say with what their events say.
//!
//! Events arrive every few seconds, metrics up to a minute later, so the two disagree about a window that begins or ends
//! while an agent works. Therefore what the events say about an inner window has to be in the metrics of an outer one,
//! which is longer by `SKEW_SECONDS` at both ends, and the other way round. Agents with long export intervals need a longer
//! skew; only if something differs is it compared again with `LONG_SKEW_SECONDS`.

use std::collections::{BTreeMap, BTreeSet};

use super::numbers::timestamp_from_seconds;
use crate::telemetry::{
    Mismatch, Owner,
    series::{Sample, label},
};

/// The length of the outer window, in seconds.
pub const OUTER_SECONDS: u64 = 86_400;
/// By how much the inner window is shorter at each end, in seconds: several times the default interval of metrics, a minute.
pub const SKEW_SECONDS: u64 = 300;
/// The same for agents with export intervals of up to half an hour.
pub const LONG_SKEW_SECONDS: u64 = 2_100;

/// The share by which the two may differ: what the collector derives has a stated error below it.
const TOLERANCE: f64 = 1.01;
/// Differences up to these are not reported: a cent, and the tokens of about five short requests.
const SMALL_COST: f64 = 0.01;
const SMALL_TOKENS: f64 = 5_000.0;

/// Prometheus' answers about one window, from metrics and from events.
#[derive(Debug, Clone, Default)]
pub struct WindowAnswers {
    /// `queries::compared_cost`.
    pub cost: [Vec<Sample>; 2],
    /// `queries::compared_tokens`.
    pub tokens: [Vec<Sample>; 2],
}

#[derive(Debug, Clone, Copy, Default)]
struct Amounts {
    cost: [f64; 2],
    tokens: [f64; 2],
}

/// The owners whose metrics and events differ. `last_arrived` of each is unknown yet.
pub fn mismatches(inner: &WindowAnswers, outer: &WindowAnswers) -> BTreeMap<Owner, Mismatch> {
    let (inner, outer) = (amounts(inner), amounts(outer));
    let owners: BTreeSet<&Owner> =
        inner.keys().chain(outer.keys()).filter(|owner| **owner != Owner::default()).collect();
    let differ = |owner: &Owner| {
        let of = |window: &BTreeMap<Owner, Amounts>| window.get(owner).copied().unwrap_or_default();
        let (inner, outer) = (of(&inner), of(&outer));
        let lacks = |less: usize, more: usize| {
            outer.cost[less] * TOLERANCE + SMALL_COST < inner.cost[more]
                || outer.tokens[less] * TOLERANCE + SMALL_TOKENS < inner.tokens[more]
        };
        let metrics_say_less = lacks(0, 1);
        let whole = |value: f64| value.round().max(0.0) as u64;
        (metrics_say_less || lacks(1, 0)).then(|| Mismatch {
            metrics_say_less,
            beyond_long_intervals: false,
            cost_by_metrics: whole(outer.cost[0] * 1e6),
            cost_by_events: whole(outer.cost[1] * 1e6),
            tokens_by_metrics: whole(outer.tokens[0]),
            tokens_by_events: whole(outer.tokens[1]),
            last_arrived: None,
        })
    };
    owners.into_iter().filter_map(|owner| Some((owner.clone(), differ(owner)?))).collect()
}

fn amounts(answers: &WindowAnswers) -> BTreeMap<Owner, Amounts> {
    let mut found: BTreeMap<Owner, Amounts> = BTreeMap::new();
    for origin in 0..2 {
        for sample in &answers.cost[origin] {
            found.entry(Owner::from_labels(&sample.labels)).or_default().cost[origin] += sample.value;
        }
        for sample in &answers.tokens[origin] {
            found.entry(Owner::from_labels(&sample.labels)).or_default().tokens[origin] += sample.value;
        }
    }
    found
}

/// Marks those that also differ in the comparison with the long skew, in the same direction.
pub fn mark_beyond_long_intervals(found: &mut BTreeMap<Owner, Mismatch>, long: &BTreeMap<Owner, Mismatch>) {
    for (owner, mismatch) in found {
        let same = |other: &Mismatch| other.metrics_say_less == mismatch.metrics_say_less;
        mismatch.beyond_long_intervals = long.get(owner).is_some_and(same);
    }
}

/// Fills in when the last metric and the last event of each arrived, by owner in seconds since 1970.
pub fn add_last_arrivals(mismatches: &mut BTreeMap<Owner, Mismatch>, metrics: &[Sample], events: &[Sample]) {
    for (owner, mismatch) in mismatches {
        let samples = if mismatch.metrics_say_less { metrics } else { events };
        let is_real = |sample: &&Sample| label(&sample.labels, "clawker_simulated").is_none();
        let mine = samples.iter().filter(is_real).filter(|sample| Owner::from_labels(&sample.labels) == *owner);
        let last = mine.map(|sample| sample.value).fold(0.0, f64::max);
        mismatch.last_arrived = (last > 0.0).then(|| timestamp_from_seconds(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(cost: [f64; 2], tokens: [f64; 2]) -> WindowAnswers {
        let of = |value: f64| vec![Sample { labels: [("agent".to_owned(), "dev".to_owned())].into(), value }];
        WindowAnswers { cost: cost.map(of), tokens: tokens.map(of) }
    }

    #[test]
    fn only_differences_that_delays_do_not_explain_are_reported() {
        let dev = Owner::new(None, Some("dev"));
        let found = |inner: &WindowAnswers, outer: &WindowAnswers| {
            mismatches(inner, outer).get(&dev).map(|mismatch| mismatch.metrics_say_less)
        };
        let none = [0.0, 0.0];
        for (inner, outer, expected) in [
            // The same.
            (window([9.0, 9.0], none), window([10.0, 10.0], none), None),
            // It works right now: metrics of the last minute have not arrived.
            (window([9.0, 9.0], none), window([9.2, 10.0], none), None),
            // Less than 1%.
            (window([9.95, 10.0], none), window([9.95, 10.0], none), None),
            // More than 1%, but only a cent.
            (window([0.0, 0.009], none), window([0.0, 0.009], none), None),
            (window([9.8, 10.0], none), window([9.8, 10.0], none), Some(true)),
            (window([10.0, 0.0], none), window([10.0, 0.0], none), Some(false)),
            // Without costs, tokens are compared.
            (window(none, [0.0, 4_000.0]), window(none, [0.0, 4_000.0]), None),
            (window(none, [0.0, 40_000.0]), window(none, [0.0, 40_000.0]), Some(true)),
        ] {
            assert_eq!(found(&inner, &outer), expected, "{inner:?}\n{outer:?}");
        }
        assert!(mismatches(&WindowAnswers::default(), &WindowAnswers::default()).is_empty());
    }

    #[test]
    fn a_difference_that_a_long_interval_explains_is_told_apart() {
        let (none, outer) = ([0.0, 0.0], window([8.0, 10.0], [0.0, 0.0]));
        for (long, expected) in [(window([7.0, 8.0], none), false), (window([7.0, 9.0], none), true)] {
            let mut found = mismatches(&window([8.0, 9.5], none), &outer);
            mark_beyond_long_intervals(&mut found, &mismatches(&long, &outer));
            assert_eq!(found.values().map(|it| it.beyond_long_intervals).collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn the_last_arrival_of_what_is_missing_is_filled_in() {
        let at = |value: f64| Sample { labels: [("agent".to_owned(), "dev".to_owned())].into(), value };
        let both = window([0.0, 1.0], [0.0, 0.0]);
        let mut found = mismatches(&both, &both);
        add_last_arrivals(&mut found, &[], &[at(200.0)]);
        assert_eq!(found.values().next().and_then(|mismatch| mismatch.last_arrived), None, "no metric arrived");
        add_last_arrivals(&mut found, &[at(100.0)], &[at(200.0)]);
        let last = found.values().next().and_then(|mismatch| mismatch.last_arrived);
        assert_eq!(last, Some(timestamp_from_seconds(100.0)));
    }
}
