//! Everybody's numbers: a dozen questions side by side, whatever the number of agents.

use futures::future::{join, join_all, join4, try_join_all};
use monitor_core::{
    telemetry::{
        Numbers, Range,
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
    questions::{Sample, of_loki, of_loki_over_time, of_prometheus, of_prometheus_at_steps},
    store::{Pace, Store},
};

/// Asks for the range that ends then.
pub async fn ask(loki: &Store, prometheus: &Store, range: Range, at: Timestamp) -> Numbers {
    let (from_loki, lives) = join(ask_loki(loki, range, at), ask_lives(prometheus, range, at)).await;
    let counter = |counter: Counter| grown(prometheus, counter, &lives);
    let (active, lines) = join(counter(Counter::ActiveTime), counter(Counter::Lines)).await;

    // Where Loki does not say, Prometheus' counters stand in.
    let instead = async |is_wanted: bool, of: Counter| if is_wanted { Some(counter(of).await) } else { None };
    let sessions = async || {
        let query = queries::sessions_in_metrics(range.name());
        if from_loki.sessions.is_err() { Some(of_prometheus(prometheus, query, at, Pace::Patient).await) } else { None }
    };
    let (cost, tokens, sessions) = futures::join!(
        instead(from_loki.cost.is_err(), Counter::Cost),
        instead(from_loki.tokens.iter().any(Result::is_err), Counter::Tokens),
        sessions(),
    );
    numbers_from_answers(range, at, &from_loki, &PrometheusAnswers { active, lines, cost, tokens, sessions })
}

/// The collector's lives within the range.
async fn ask_lives(prometheus: &Store, range: Range, at: Timestamp) -> Result<Vec<CollectorRun>, NoAnswer> {
    let step = queries::range_in_seconds(collector_runs::step_seconds(range));
    let starts = of_prometheus_at_steps(prometheus, queries::collector_starts(range.name(), &step), at).await?;
    Ok(collector_runs::collector_runs(range, at, &starts))
}

/// By how much a counter grew in all of them.
async fn grown(
    prometheus: &Store,
    counter: Counter,
    lives: &Result<Vec<CollectorRun>, NoAnswer>,
) -> StoreAnswer<Sample> {
    let questions = lives.as_ref().map_err(Clone::clone)?.iter().map(|life| {
        let query = match life.from_nothing {
            true => counter.growth_from_nothing(&life.range()),
            false => counter.growth(&life.range()),
        };
        of_prometheus(prometheus, query, life.until, Pace::Patient)
    });
    Ok(try_join_all(questions).await?.concat())
}

async fn ask_loki(loki: &Store, range: Range, at: Timestamp) -> LokiAnswers {
    let whole = |query: String| of_loki(loki, query, at, Pace::Patient);
    let (ends, step) = (step_ends(range, at), range.step_seconds());
    let over_time = |query: String| of_loki_over_time(loki, query, ends, step);
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
    let tokens = std::array::from_fn(|_| tokens.next().unwrap_or_else(|| Err("it was not asked".into())));
    LokiAnswers { cost, tokens, tools, sessions, last_seen, cost_over_time, events_over_time }
}
