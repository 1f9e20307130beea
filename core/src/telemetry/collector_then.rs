//! Whether the collector was running at a time in the past.

/// What the stored measurements of the collector say about a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectorThen {
    /// It was running.
    Running,
    /// It was not: there are measurements from before that time, and none of a running collector at it.
    NotRunning,
    /// There are no measurements from that time or before.
    NotMeasured,
    /// It was started or stopped about then.
    Unclear,
}
