//! What existing agents need before changed settings reach them.

use super::baked;
use crate::settings::{AgentNeed, Settings};

/// What a change of settings means for agents that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsChange {
    /// What has to be rebuilt or recreated.
    pub need: AgentNeed,
    /// Every agent is affected, not only those whose telemetry variables differ. Loki's port is set in every container,
    /// in `CLAWKER_LOKI_PORT`, which is not a telemetry variable and is therefore never read back.
    pub every_agent: bool,
}

/// Compares the agents' environment under the old and the new settings.
pub fn settings_change(old: &Settings, new: &Settings) -> SettingsChange {
    let every_agent = old.loki_port != new.loki_port;
    let need = if baked(old) != baked(new) {
        AgentNeed::NewImages
    } else if every_agent {
        AgentNeed::NewContainers
    } else {
        AgentNeed::Nothing
    };
    SettingsChange { need, every_agent }
}
