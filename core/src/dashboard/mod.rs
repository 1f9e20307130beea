//! The Grafana dashboard, built by code.

pub mod datasource;

/// `grafana-dashboard.json`.
pub fn render() -> String {
    String::from("{}\n")
}
