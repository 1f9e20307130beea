//! The Grafana dashboard `Claude Code Monitoring`, built by code: panels are typed, ids and variables are constants
//! that links into Grafana use as well, the grid is computed, and every query comes from `query`.
//!
//! Knows nothing of ports and settings: Grafana finds the stores by the uids in `datasource`. What links need is here
//! without the feature `engine`; what builds the dashboard is behind it.

pub mod datasource;
#[cfg(feature = "engine")]
mod grid;
#[cfg(feature = "engine")]
mod panel;
mod panel_id;
#[cfg(feature = "engine")]
mod query;
#[cfg(feature = "engine")]
mod rows;
#[cfg(feature = "engine")]
mod variables;

pub use panel_id::PanelId;
#[cfg(feature = "engine")]
use serde_json::{Value, json};

/// The dashboard's uid, in every address of it.
pub const UID: &str = "claude-code-monitoring";
/// The dashboard's title.
pub const TITLE: &str = "Claude Code Monitoring";

/// The dashboard's variables, as addresses name them: `var-project=…`.
pub mod variable {
    /// Projects; `$__all` for all.
    pub const PROJECT: &str = "project";
    /// Agents; `$__all` for all.
    pub const AGENT: &str = "agent";
    /// A Claude Code session: its id or the beginning of it; empty for all.
    pub const SESSION: &str = "session_id";
    /// Addresses of agent containers on the network; `$__all` for all. Of use for the egress row only.
    pub const CLIENT_IP: &str = "client_ip";
}

/// `grafana-dashboard.json`.
#[cfg(feature = "engine")]
pub fn render() -> String {
    let mut dashboard = json!({
        "uid": UID,
        "title": TITLE,
        "description": "Agent activity and cost. Cost is Claude Code's own estimate.",
        "tags": ["clawker", "claude-code"],
        "schemaVersion": 39,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": { "from": "now-1h", "to": "now" },
        "timezone": "browser",
        "annotations": { "list": [] },
        "links": [],
        "templating": { "list": variables::all() },
        "panels": grid::place(rows::all()),
    });
    // Whether maps keep the order of insertion is a feature that any crate of the build can switch on.
    dashboard.sort_all_objects();
    pretty(&dashboard)
}

#[cfg(feature = "engine")]
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(all(test, feature = "engine"))]
mod tests;
