//! What has arrived from each owner.

use std::collections::BTreeMap;

use super::Owner;
use crate::timestamp::Timestamp;

/// What the stores know about one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerLastSeen {
    /// Time of the last event or metric.
    pub last_seen: Option<Timestamp>,
    /// Whether the newest data is a metric, and no event arrived in the 10 minutes before it.
    pub metrics_only: bool,
    /// The version of Claude Code in the newest event that has one.
    pub version: Option<String>,
    /// Time of the newest event `managed_settings_resolved`, if it reports that managed settings were applied.
    pub managed_settings_at: Option<Timestamp>,
}

/// What has arrived within the last week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// By owner. The entry of the default owner is data without project and agent.
    pub owners: BTreeMap<Owner, OwnerLastSeen>,
    /// The same of simulated data, which says nothing about agents.
    pub simulated: BTreeMap<Owner, OwnerLastSeen>,
    /// Why it is unknown of other owners; `None` if no data of them arrived.
    pub incomplete: Option<String>,
}
