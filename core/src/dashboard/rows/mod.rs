//! What the dashboard shows, row by row.

mod activity;
mod cost;
mod egress;
mod events;
mod overview;
mod tools;

use super::grid::Row;

/// All rows, from the sum to the single line.
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

/// Who an agent is, in queries and as the name of a series.
const OWNER: &str = "project, agent";
const OWNER_NAME: &str = "{{project}} / {{agent}}";
