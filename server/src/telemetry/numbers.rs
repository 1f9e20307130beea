//! Everybody's numbers: a dozen questions side by side, whatever the number of agents.

use futures::future::{join, join_all, join4};
use monitor_core::{
    telemetry::{
        Numbers, Range,
        gather::{FromLoki, FromPrometheus, TOKEN_FIELDS, gather, step_ends},
        query,
    },
    timestamp::Timestamp,
};

use super::{
    questions::{of_loki, of_loki_over_time, of_prometheus},
    store::{Pace, Store},
};

/// Asks for the range that ends then.
pub async fn ask(loki: &Store, prometheus: &Store, range: Range, at: Timestamp) -> Numbers {
    let counter = |query: String| of_prometheus(prometheus, query, at, Pace::Patient);
    let metered = join(counter(query::active_time(range.name())), counter(query::lines_of_code(range.name())));
    let (from_loki, (active, lines)) = join(ask_loki(loki, range, at), metered).await;

    // Where Loki does not say, Prometheus' counters stand in.
    let instead = async |is_wanted: bool, query: fn(&str) -> String| match is_wanted {
        true => Some(counter(query(range.name())).await),
        false => None,
    };
    let lacks_tokens = from_loki.tokens.iter().any(Result::is_err);
    let (cost, tokens, sessions) = futures::join!(
        instead(from_loki.cost.is_err(), query::metered_cost),
        instead(lacks_tokens, query::metered_tokens),
        instead(from_loki.sessions.is_err(), query::metered_sessions),
    );
    gather(range, at, &from_loki, &FromPrometheus { active, lines, cost, tokens, sessions })
}

async fn ask_loki(loki: &Store, range: Range, at: Timestamp) -> FromLoki {
    let whole = |query: String| of_loki(loki, query, at, Pace::Patient);
    let (ends, step) = (step_ends(range, at), range.step_seconds());
    let over_time = |query: String| of_loki_over_time(loki, query, ends, step);
    let name = range.name();
    let amounts = join4(
        whole(query::cost(name)),
        whole(query::tools(name)),
        whole(query::sessions(name)),
        whole(query::heard(name)),
    );
    let tokens = join_all(TOKEN_FIELDS.map(|field| whole(query::tokens(field, name))));
    let steps = query::seconds(step);
    let sparklines = join(over_time(query::cost(&steps)), over_time(query::activity(&steps)));
    let ((cost, tools, sessions, last_seen), tokens, (cost_over_time, events_over_time)) =
        futures::join!(amounts, tokens, sparklines);
    let mut tokens = tokens.into_iter();
    let tokens = std::array::from_fn(|_| tokens.next().unwrap_or_else(|| Err("it was not asked".into())));
    FromLoki { cost, tokens, tools, sessions, last_seen, cost_over_time, events_over_time }
}
