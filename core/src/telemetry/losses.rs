//! What was lost on the way.

use std::collections::BTreeMap;

/// What was refused or given up within the last five minutes, all agents together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Points and records that the collector refused.
    pub refused_by_collector: u64,
    /// Points and records that the collector could not hand on.
    pub failed_in_collector: u64,
    /// Lines that Loki discarded, by its reason, as `structured_metadata_too_large`.
    pub discarded_by_loki: BTreeMap<String, u64>,
}
