//! The numbers of all agents: nine concurrent requests to Prometheus, however many agents there are.

use monitor_core::{
    telemetry::{
        Numbers, Range,
        stores::{
            numbers::{NumberAnswers, numbers_from_answers, step_ends},
            queries::{self, deltas::Deltas},
        },
    },
    timestamp::Timestamp,
};

use super::{
    requests::{query_prometheus, query_prometheus_range},
    store::{Priority, Store},
};

/// Queries the numbers of the range that ends at `at`.
pub async fn query(prometheus: &Store, range: Range, at: Timestamp) -> Numbers {
    let (ends, step) = (step_ends(range, at), range.step_seconds());
    let (name, each) = (range.name(), queries::range_in_seconds(step));
    let (whole, steps) = (Deltas::within(name), Deltas::in_steps(&each, name));
    let ask = |query: fn(Deltas<'_>) -> String| query_prometheus(prometheus, query(whole), at, Priority::Slow);
    let ask_steps = |query: fn(Deltas<'_>) -> String| query_prometheus_range(prometheus, query(steps), ends, step);
    let (cost, tokens, sessions, tools, active, lines, last_seen, cost_over_time, events_over_time) = futures::join!(
        ask(queries::cost),
        ask(queries::tokens),
        ask(queries::sessions),
        ask(queries::tools),
        ask(queries::active_time),
        ask(queries::lines),
        ask(queries::owners_last_seen),
        ask_steps(queries::cost),
        ask_steps(queries::activity),
    );
    let answers =
        NumberAnswers { cost, tokens, sessions, tools, active, lines, last_seen, cost_over_time, events_over_time };
    numbers_from_answers(range, at, &answers)
}
