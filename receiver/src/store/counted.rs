//! What counts: Claude Code's own metrics where an agent sends them, else what is derived from its events. The same rule
//! as `core::telemetry::stores::queries::deltas`, by which the stack's stores are asked.

use std::collections::BTreeMap;

use monitor_core::telemetry::Owner;

use super::Total;

/// Own metrics count if they say at least this share of what the events say, else the events: an agent may have begun to
/// send metrics in the middle.
const ENOUGH: f64 = 0.9;

/// Whose number it is, and the values of the labels by which it is grouped.
pub type Counted = BTreeMap<(bool, Owner, Option<String>, Vec<String>), f64>;

/// Sums by owner (and session, if the totals have it) and the labels `by`: for each, those of the metric `own`, or those
/// of `derived` where the own ones say less. Simulated data (the first part of the key) is separate.
pub fn prefer(totals: &[Total], own: &str, derived: &str, by: &[&str]) -> Counted {
    let sum = |metric: &str| {
        let mut sums = Counted::new();
        for total in totals.iter().filter(|total| total.series.metric == metric) {
            let label = |key: &&str| {
                let found = total.series.labels.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let labels = by.iter().map(label).collect();
            *sums.entry((total.simulated, total.owner.clone(), total.session.clone(), labels)).or_default() +=
                total.value;
        }
        sums
    };
    let mut counted = sum(own);
    for (key, value) in sum(derived) {
        let own = counted.entry(key).or_insert(f64::NEG_INFINITY);
        if *own < ENOUGH * value {
            *own = value;
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Series;

    fn total(agent: &str, metric: &'static str, model: &str, value: f64) -> Total {
        let owner = Owner::new(Some("p"), Some(agent));
        let series = Series::new(metric, vec![("model".into(), model.into())]);
        Total { owner, simulated: false, session: None, series, value }
    }

    #[test]
    fn own_metrics_count_where_they_say_enough() {
        let totals = [
            total("both", "own", "a", 1.0),
            total("both", "derived", "a", 1.05),
            total("late", "own", "a", 1.0),
            total("late", "derived", "a", 2.0),
            total("late", "own", "b", 3.0),
            total("events", "derived", "a", 0.0),
            total("metrics", "own", "a", 4.0),
        ];
        let counted = prefer(&totals, "own", "derived", &["model"]);
        let numbers: Vec<(String, String, f64)> = counted
            .into_iter()
            .map(|((_, owner, _, labels), value)| (owner.agent.unwrap_or_default(), labels[0].clone(), value))
            .collect();
        let expected =
            [("both", "a", 1.0), ("events", "a", 0.0), ("late", "a", 2.0), ("late", "b", 3.0), ("metrics", "a", 4.0)];
        assert_eq!(numbers, expected.map(|(agent, model, value)| (agent.to_owned(), model.to_owned(), value)));
    }
}
