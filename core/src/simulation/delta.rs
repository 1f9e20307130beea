//! Counters as the JavaScript SDK exports them with delta temporality: what was added since, of the series to which
//! something was added, and nothing of the others.
//!
//! Where a point begins decides whether sums survive in the collector. Source: opentelemetry-js,
//! `TemporalMetricProcessor`: at the previous collection if the series was in that one, else at its first new addition.

use super::{metric::Metric, value::Attributes};

/// What was added to one series. Times are milliseconds of simulated time.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The counter.
    pub metric: Metric,
    /// The series.
    pub attributes: Attributes,
    /// Where the interval begins.
    pub start_ms: u64,
    /// When it was collected.
    pub time_ms: u64,
    /// What was added, in the metric's parts.
    pub amount: u64,
}

impl Point {
    /// What was added, in the metric's unit.
    pub fn value(&self) -> f64 {
        self.amount as f64 / self.metric.parts() as f64
    }
}

/// The counters of one process.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    pending: Vec<Pending>,
    previous: Vec<(Metric, Attributes)>,
    collected_ms: u64,
}

#[derive(Debug, Clone)]
struct Pending {
    metric: Metric,
    attributes: Attributes,
    first_ms: u64,
    amount: u64,
}

impl Counters {
    /// Adds to a series; nothing is an amount as well and makes the series a part of the next collection.
    pub fn add(&mut self, metric: Metric, attributes: Attributes, amount: u64, at_ms: u64) {
        let known = self.pending.iter_mut().find(|known| known.metric == metric && known.attributes == attributes);
        match known {
            Some(known) => known.amount += amount,
            None => self.pending.push(Pending { metric, attributes, first_ms: at_ms, amount }),
        }
    }

    /// Collects at that time. A collection without points is one all the same: it ends every series' run.
    pub fn collect(&mut self, at_ms: u64) -> Vec<Point> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by_key(|pending| pending.metric);
        let points: Vec<Point> = pending
            .into_iter()
            .map(|Pending { metric, attributes, first_ms, amount }| {
                let goes_on = self.previous.iter().any(|(before, of)| *before == metric && *of == attributes);
                let start_ms = if goes_on { self.collected_ms } else { first_ms };
                Point { metric, attributes, start_ms, time_ms: at_ms, amount }
            })
            .collect();
        self.previous = points.iter().map(|point| (point.metric, point.attributes.clone())).collect();
        self.collected_ms = at_ms;
        points
    }
}
