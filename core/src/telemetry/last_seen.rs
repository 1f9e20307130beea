//! What has arrived from each owner.

use std::collections::BTreeMap;

use super::Owner;
use crate::timestamp::Timestamp;

/// What the stores know of one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerLastSeen {
    /// The last event, or the last point if only Prometheus answers.
    pub last_seen: Option<Timestamp>,
    /// The version of Claude Code that sent it.
    pub version: Option<String>,
    /// Its newest event `managed_settings_resolved` said that managed settings were applied: when.
    pub managed_settings_at: Option<Timestamp>,
}

/// What arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// By whose it is. The default owner's is what arrived without project and agent.
    pub owners: BTreeMap<Owner, OwnerLastSeen>,
}
