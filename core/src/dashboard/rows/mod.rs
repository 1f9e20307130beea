//! The rows of the dashboard.

mod activity;
mod cost;
mod egress;
mod events;
mod overview;
mod tools;

use super::grid::Row;

/// All rows, from totals to individual events.
pub(super) fn all() -> Vec<Row> {
    vec![
        overview::overview(),
        overview::owners(),
        cost::cost(),
        activity::coding(),
        tools::tools(),
        events::session(),
        events::events(),
        egress::egress(),
    ]
}

/// Identifies an agent, in queries and as the name of a series.
const OWNER: &str = "project, agent";
const OWNER_NAME: &str = "{{project}} / {{agent}}";
