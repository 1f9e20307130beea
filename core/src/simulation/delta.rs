//! Counters as the JavaScript SDK exports them with delta temporality: the growth since the last collection, only of
//! series that grew.
//!
//! The start time of a data point decides whether the collector keeps its sum. Source: opentelemetry-js,
//! `TemporalMetricProcessor`: the previous collection if it had the series, otherwise the series' first growth since
//! then.

use super::{metric::Metric, value::Attributes};

/// Growth of one series. Times are milliseconds of simulated time.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The counter.
    pub metric: Metric,
    /// The attributes of the series.
    pub attributes: Attributes,
    /// Start of the interval.
    pub start_ms: u64,
    /// Time of the collection.
    pub time_ms: u64,
    /// The growth in fractions of the unit; see `Metric::parts`.
    pub amount: u64,
}

impl Point {
    /// The growth in the metric's unit.
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
    /// Adds to a series. An amount of 0 also makes the series part of the next collection.
    pub fn add(&mut self, metric: Metric, attributes: Attributes, amount: u64, at_ms: u64) {
        let known = self.pending.iter_mut().find(|known| known.metric == metric && known.attributes == attributes);
        match known {
            Some(known) => known.amount += amount,
            None => self.pending.push(Pending { metric, attributes, first_ms: at_ms, amount }),
        }
    }

    /// Collects all series that grew. A collection without data points still ends the runs of all series.
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
