//! The Grafana dashboard `Claude Code Monitoring`, built by code: panels are typed, IDs and variables are constants
//! shared with links into Grafana, the grid is computed, and all queries come from `query`.
//!
//! Does not know ports and settings: Grafana finds the stores by the UIDs in `datasource`. Everything that links need
//! is available without the feature `engine`.

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

/// The dashboard's UID, part of all its URLs.
pub const UID: &str = "claude-code-monitoring";
/// The dashboard's title.
pub const TITLE: &str = "Claude Code Monitoring";

/// Names of the dashboard's variables in URLs: `var-project=…`.
pub mod variable {
    /// Projects; `$__all` for all.
    pub const PROJECT: &str = "project";
    /// Agents; `$__all` for all.
    pub const AGENT: &str = "agent";
    /// A Claude Code session ID or its prefix; empty for all.
    pub const SESSION: &str = "session_id";
    /// Whether simulated data is shown; one of the values in `simulated`.
    pub const SIMULATED: &str = "simulated";
    /// IP addresses of agent containers; `$__all` for all. Only used by the egress row.
    pub const CLIENT_IP: &str = "client_ip";
}

/// Values of the variable `simulated`: patterns of the label `clawker_simulated`, which real data does not have.
pub mod simulated {
    /// Only real data. An empty pattern would be read by Loki as one that matches everything.
    pub const HIDE: &str = "^$";
    /// All data.
    pub const SHOW: &str = ".*";
    /// Only simulated data.
    pub const ONLY: &str = "true";
}

/// The text of `grafana-dashboard.json`.
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
    // Another crate in the build may enable insertion order for maps.
    dashboard.sort_all_objects();
    pretty(&dashboard)
}

/// Number of queries of one refresh for which Loki would have to read all events of the range. The firewall's logs are
/// not events; their row is left out.
#[cfg(feature = "engine")]
pub fn aggregations_of_events() -> usize {
    let rows = rows::all().into_iter().filter(|row| row.id != PanelId::EgressRow);
    rows.flat_map(|row| row.panels).flat_map(|panel| panel.queries).filter(query::Query::aggregates_lines).count()
}

#[cfg(feature = "engine")]
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(all(test, feature = "engine"))]
mod tests;
