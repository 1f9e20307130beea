//! The metric that the collector derives from Claude Code's own data points.

use crate::{derived::Derived, records::Labels};

/// The sample derived from one of Claude Code's own data points at a time in milliseconds since 1970.
pub fn last_metric(labels: &Labels, at: i64) -> Derived {
    let kept = ["project", "agent", "clawker_simulated", "session_id"];
    let labels = kept.iter().filter_map(|name| Some(((*name).to_owned(), labels.get(*name)?.clone())));
    ("clawker_last_metric", labels.collect(), at.div_euclid(1000) as f64)
}
