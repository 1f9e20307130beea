//! What the stack's Prometheus stores of the recorded runs: Claude Code's own metrics as deltas, the metrics that the
//! collector derives from events, and both by agent. Histograms are left out, because the text format for filling a store
//! has none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    derived::{by_agent, derive},
    last_metric::last_metric,
    recorded::{Run, Series},
};

/// Which of its data an agent sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    Both,
    Events,
    Metrics,
    /// Both, without `session_id` on metrics.
    NoSessionsOnMetrics,
}

/// One sample.
pub struct Stored {
    pub series: Series,
    /// Milliseconds since 1970.
    pub at: i64,
    pub value: f64,
}

/// All samples of a run.
pub fn stored(run: &Run, sends: Sends) -> Vec<Stored> {
    let mut all = Vec::new();
    for delta in run.deltas.iter().filter(|_| sends != Sends::Events) {
        let (name, mut labels) = delta.series.clone();
        labels.insert("temporality".to_owned(), "delta".to_owned());
        if sends == Sends::NoSessionsOnMetrics {
            labels.remove("session_id");
        }
        let at = (delta.time * 1000.0) as i64;
        let (gauge, of, seconds) = last_metric(&labels, at);
        all.push(Stored { series: (gauge.to_owned(), of), at, value: seconds });
        all.push(Stored { series: (name, labels), at, value: delta.value });
    }
    for (nanoseconds, event) in run.events().iter().filter(|_| sends != Sends::Metrics) {
        let at = (nanoseconds / 1_000_000) as i64;
        let samples = derive(event, at).into_iter();
        all.extend(samples.map(|(name, labels, value)| Stored { series: (name.to_owned(), labels), at, value }));
    }
    let agents: Vec<Stored> = all
        .iter()
        .filter_map(|Stored { series: (name, labels), at, value }| {
            Some(Stored { series: by_agent(name, labels)?, at: *at, value: *value })
        })
        .collect();
    all.extend(agents);
    all
}

/// The samples as input of `promtool tsdb create-blocks-from openmetrics`. Deltas at the same time are added up, as the
/// collector does; times are not.
pub fn page(samples: &[Stored]) -> String {
    let mut series: BTreeMap<&Series, BTreeMap<i64, f64>> = BTreeMap::new();
    for Stored { series: of, at, value } in samples {
        let known = series.entry(of).or_default().entry(*at).or_default();
        *known = if of.1.contains_key("temporality") { *known + value } else { *value };
    }
    let (mut page, mut families) = (String::new(), BTreeSet::new());
    for ((name, labels), samples) in series {
        if families.insert(name) {
            let _ = writeln!(page, "# TYPE {name} unknown");
        }
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        for (at, value) in samples {
            let _ = writeln!(page, "{name}{{{}}} {value} {}.{:03}", labels.join(","), at / 1000, at % 1000);
        }
    }
    page + "# EOF\n"
}
