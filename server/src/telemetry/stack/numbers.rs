//! The numbers of all agents: a dozen concurrent requests, however many agents there are.

use futures::future::{join, join_all, join4, try_join_all};
use monitor_core::{
    telemetry::{
        Numbers, Range,
        series::Sample,
        stores::{
            collector_runs::{self, CollectorRun},
            numbers::{LokiAnswers, PrometheusAnswers, StoreAnswer, TOKEN_FIELDS, numbers_from_answers, step_ends},
            queries::{self, Counter},
        },
    },
    timestamp::Timestamp,
};

use super::{
    NoAnswer,
    requests::{query_loki, query_loki_range, query_prometheus, query_prometheus_steps},
    store::{Priority, Store},
};

/// Queries both stores about the range that ends at `at`.
pub async fn query(loki: &Store, prometheus: &Store, range: Range, at: Timestamp) -> Numbers {
    let (from_loki, runs) =
        join(query_loki_numbers(loki, range, at), query_collector_runs(prometheus, range, at)).await;
    let counter = |counter: Counter| grown(prometheus, counter, &runs);
    let (active, lines) = join(counter(Counter::ActiveTime), counter(Counter::Lines)).await;

    // If Loki does not answer, Prometheus's counters are used instead.
    let instead = async |is_wanted: bool, of: Counter| if is_wanted { Some(counter(of).await) } else { None };
    let sessions = async || {
        let query = queries::sessions_in_metrics(range.name());
        if from_loki.sessions.is_err() {
            Some(query_prometheus(prometheus, query, at, Priority::Slow).await)
        } else {
            None
        }
    };
    let (cost, tokens, sessions) = futures::join!(
        instead(from_loki.cost.is_err(), Counter::Cost),
        instead(from_loki.tokens.iter().any(Result::is_err), Counter::Tokens),
        sessions(),
    );
    numbers_from_answers(range, at, &from_loki, &PrometheusAnswers { active, lines, cost, tokens, sessions })
}

/// The periods between restarts of the collector within the range.
async fn query_collector_runs(prometheus: &Store, range: Range, at: Timestamp) -> Result<Vec<CollectorRun>, NoAnswer> {
    let step = queries::range_in_seconds(collector_runs::step_seconds(range));
    let starts = query_prometheus_steps(prometheus, queries::collector_starts(range.name(), &step), at).await?;
    Ok(collector_runs::collector_runs(range, at, &starts))
}

/// The growth of a counter in each of these periods.
async fn grown(
    prometheus: &Store,
    counter: Counter,
    runs: &Result<Vec<CollectorRun>, NoAnswer>,
) -> StoreAnswer<Sample> {
    let requests = runs.as_ref().map_err(Clone::clone)?.iter().map(|run| {
        let query =
            if run.from_nothing { counter.growth_from_nothing(&run.range()) } else { counter.growth(&run.range()) };
        query_prometheus(prometheus, query, run.until, Priority::Slow)
    });
    Ok(try_join_all(requests).await?.concat())
}

async fn query_loki_numbers(loki: &Store, range: Range, at: Timestamp) -> LokiAnswers {
    let whole = |query: String| query_loki(loki, query, at, Priority::Slow);
    let (ends, step) = (step_ends(range, at), range.step_seconds());
    let over_time = |query: String| query_loki_range(loki, query, ends, step);
    let name = range.name();
    let amounts = join4(
        whole(queries::cost(name)),
        whole(queries::tools(name)),
        whole(queries::sessions(name)),
        whole(queries::owners_last_seen(name)),
    );
    let tokens = join_all(TOKEN_FIELDS.map(|field| whole(queries::tokens(field, name))));
    let steps = queries::range_in_seconds(step);
    let sparklines = join(over_time(queries::cost(&steps)), over_time(queries::activity(&steps)));
    let ((cost, tools, sessions, last_seen), tokens, (cost_over_time, events_over_time)) =
        futures::join!(amounts, tokens, sparklines);
    let mut tokens = tokens.into_iter();
    let tokens = std::array::from_fn(|_| tokens.next().unwrap_or_else(|| Err("it was not queried".into())));
    LokiAnswers { cost, tokens, tools, sessions, last_seen, cost_over_time, events_over_time }
}
