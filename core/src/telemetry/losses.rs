//! Data that was lost on its way to the stores.

use std::collections::BTreeMap;

/// Data refused or dropped within the last 5 minutes, all agents together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Data points and log records that the collector refused.
    pub refused_by_collector: u64,
    /// Data points and log records that the collector could not deliver.
    pub failed_in_collector: u64,
    /// Log lines that Loki discarded, by Loki's reason, for example `structured_metadata_too_large`.
    pub discarded_by_loki: BTreeMap<String, u64>,
}
