//! Data that was lost on its way to the stores.

#[cfg(feature = "engine")]
mod reasons;

use std::collections::BTreeMap;

#[cfg(feature = "engine")]
pub use reasons::LossReason;

use super::Owner;
use crate::timestamp::Timestamp;

/// Data refused or dropped within the last 5 minutes, all agents together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Data points and log records that the collector refused.
    pub refused_by_collector: u64,
    /// Data points and log records that the collector could not deliver.
    pub failed_in_collector: u64,
    /// Data points that Prometheus rejected.
    pub rejected_by_prometheus: u64,
    /// Why Prometheus rejected data points, as far as it says: `too_old`, `out_of_order`, `out_of_bound`.
    pub prometheus_reasons: Vec<String>,
    /// Log lines that Loki discarded, by Loki's reason, for example `structured_metadata_too_large`.
    pub discarded_by_loki: BTreeMap<String, u64>,
    /// The senders that Loki's log names, and how many of their events it discarded, by Loki's reason. Loki logs a part of
    /// them only.
    pub discarded_from: BTreeMap<Owner, BTreeMap<String, u64>>,
    /// Agents whose metrics and events say different amounts.
    pub mismatches: BTreeMap<Owner, Mismatch>,
}

/// What an agent's own metrics and its events say about the same time, if they differ by more than their delays can
/// explain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Whether the metrics say less than the events; otherwise the events say less.
    pub metrics_say_less: bool,
    /// Whether they also differ if data may arrive half an hour late, as with the longest export intervals that are
    /// allowed for.
    pub beyond_long_intervals: bool,
    /// Cost in millionths of a dollar, by the metrics.
    pub cost_by_metrics: u64,
    /// Cost in millionths of a dollar, by the events.
    pub cost_by_events: u64,
    /// Tokens, by the metrics.
    pub tokens_by_metrics: u64,
    /// Tokens, by the events.
    pub tokens_by_events: u64,
    /// When the last of what is missing arrived; `None` if it is longer ago than the compared time.
    pub last_arrived: Option<Timestamp>,
}
