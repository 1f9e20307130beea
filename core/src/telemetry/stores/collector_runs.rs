//! Splits a range where the collector was restarted. The collector keeps each session's sums in memory, so they restart
//! at 0 with it, and a sum that has grown past its old value looks as if it never restarted. Counting each run of the
//! collector separately avoids this.

use crate::{
    telemetry::{Range, series::Series},
    timestamp::Timestamp,
};

/// Starts closer together than this, in milliseconds, are the same start: the time is computed from an uptime that is
/// read shortly after the scrape.
const SAME_MS: i64 = 3000;
/// Maximum number of runs to query separately; the newest ones. A collector that restarts more often counts hardly
/// anything.
const MOST_LIVES: usize = 12;

/// A part of the range during which the collector was not restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectorRun {
    /// Its end.
    pub until: Timestamp,
    /// Length in milliseconds.
    pub length_ms: i64,
    /// Whether its sums started at 0. `false` only for the first run of a range.
    pub from_nothing: bool,
}

impl CollectorRun {
    /// Its length as a PromQL duration.
    pub fn range(self) -> String {
        format!("{}ms", self.length_ms)
    }
}

/// Step in seconds at which to query the collector's start time.
pub fn step_seconds(range: Range) -> u64 {
    (range.seconds() / 2000).max(15)
}

/// The runs within the range that ends at `at`, from the answer to `queries::collector_starts`.
pub fn collector_runs(range: Range, at: Timestamp, starts: &[Series]) -> Vec<CollectorRun> {
    let (begin, end) = (at.unix_milliseconds() - range.seconds() as i64 * 1000, at.unix_milliseconds());
    let values = starts.iter().flat_map(|series| &series.values).map(|(_, start)| (start * 1000.0).round() as i64);
    let mut starts: Vec<i64> = values.filter(|start| (begin + 1..end).contains(start)).collect();
    starts.sort_unstable();
    starts.dedup_by(|next, start| *next - *start < SAME_MS);
    let starts = &starts[starts.len().saturating_sub(MOST_LIVES)..];
    let begins = [begin].into_iter().chain(starts.iter().copied());
    let ends = starts.iter().copied().chain([end]);
    begins
        .zip(ends)
        .map(|(from, until)| CollectorRun {
            until: Timestamp::from_unix_milliseconds(until),
            // Prometheus 2 includes the first moment of a range, which belongs to the previous run.
            length_ms: until - from - i64::from(from != begin),
            from_nothing: from != begin,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(seconds: &[f64]) -> Vec<Series> {
        let values = seconds.iter().map(|start| (0.0, *start)).collect();
        vec![Series { labels: Default::default(), values }]
    }

    fn found(seconds: &[f64]) -> Vec<(i64, i64, bool)> {
        let at = Timestamp::from_unix_milliseconds(10_000_000);
        let life = |life: &CollectorRun| (life.until.unix_milliseconds(), life.length_ms, life.from_nothing);
        collector_runs(Range::Hour, at, &starts(seconds)).iter().map(life).collect()
    }

    #[test]
    fn the_range_is_split_where_the_collector_restarted() {
        let whole = vec![(10_000_000, 3_600_000, false)];
        assert_eq!(found(&[]), whole, "nobody says");
        assert_eq!(found(&[100.0, 6400.0, 10_000.0]), whole, "it ran before, and begins with the moment of asking");
        // The uptime is sometimes read a little later.
        let cut = found(&[100.0, 8000.0, 7999.998, 8000.25, 9000.5]);
        assert_eq!(
            cut,
            [(8_000_000 - 2, 1_600_000 - 2, false), (9_000_500, 1_000_501, true), (10_000_000, 999_499, true)]
        );
    }

    #[test]
    fn frequent_collector_restarts_do_not_cause_unlimited_queries() {
        let many: Vec<f64> = (0..300).map(|number| 6500.0 + f64::from(number) * 10.0).collect();
        let lives = found(&many);
        assert_eq!(lives.len(), MOST_LIVES + 1);
        assert!(!lives[0].2 && lives[0].1 > 2_900_000);
    }
}
