//! Finds agents whose metrics and events disagree.

use std::collections::BTreeMap;

use futures::future::{join, try_join, try_join4};
use monitor_core::{
    telemetry::{
        Mismatch, Owner,
        stores::{
            mismatch::{
                LONG_SKEW_SECONDS, OUTER_SECONDS, SKEW_SECONDS, WindowAnswers, add_last_arrivals,
                mark_beyond_long_intervals, mismatches,
            },
            queries::{self, deltas::Deltas},
        },
    },
    timestamp::Timestamp,
};

use super::{
    NoAnswer,
    requests::query_prometheus,
    store::{Priority, Store},
};

/// The agents whose metrics and events of the last day disagree.
///
/// # Errors
/// Why there is no answer.
pub async fn query(prometheus: &Store, now: Timestamp) -> Result<BTreeMap<Owner, Mismatch>, NoAnswer> {
    let inner = |skew: u64| {
        let earlier = Timestamp::from_unix_milliseconds(now.unix_milliseconds() - skew as i64 * 1000);
        window(prometheus, earlier, OUTER_SECONDS - 2 * skew)
    };
    let (shorter, outer) = try_join(inner(SKEW_SECONDS), window(prometheus, now, OUTER_SECONDS)).await?;
    let mut found = mismatches(&shorter, &outer);
    if !found.is_empty() {
        let long = mismatches(&inner(LONG_SKEW_SECONDS).await?, &outer);
        mark_beyond_long_intervals(&mut found, &long);
        let range = queries::range_in_seconds(OUTER_SECONDS);
        let ask = |query: fn(Deltas<'_>) -> String| {
            query_prometheus(prometheus, query(Deltas::within(&range)), now, Priority::Slow)
        };
        let (metrics, events) = join(ask(queries::owners_last_metric), ask(queries::owners_last_seen)).await;
        add_last_arrivals(&mut found, &metrics?, &events?);
    }
    Ok(found)
}

async fn window(prometheus: &Store, until: Timestamp, seconds: u64) -> Result<WindowAnswers, NoAnswer> {
    let ask = |query: String| query_prometheus(prometheus, query, until, Priority::Slow);
    let range = queries::range_in_seconds(seconds);
    let ([cost, cost_of_events], [tokens, tokens_of_events]) =
        (queries::compared_cost(&range), queries::compared_tokens(&range));
    let (cost, cost_of_events, tokens, tokens_of_events) =
        try_join4(ask(cost), ask(cost_of_events), ask(tokens), ask(tokens_of_events)).await?;
    Ok(WindowAnswers { cost: [cost, cost_of_events], tokens: [tokens, tokens_of_events] })
}
