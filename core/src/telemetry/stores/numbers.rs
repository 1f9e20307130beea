//! Combines Prometheus' answers into numbers per owner. Amounts are added up first and rounded once.
//!
//! Cost and tokens come from Claude Code's own metrics; for a session that sends events but no metrics, from those that
//! the collector derives from events. Tool calls, activity, and last seen are only in events; active time and lines only
//! in metrics. A failed query affects only its own columns.

use std::collections::BTreeMap;

use crate::{
    telemetry::{
        Missing, Numbers, Owner, OwnerNumbers, Range, Store, Tokens,
        series::{Labels, Sample, Series, label},
    },
    timestamp::Timestamp,
};

/// The answer of a store to one query, or why there is none.
pub type StoreAnswer<T> = Result<Vec<T>, String>;

/// Prometheus' answers.
#[derive(Debug, Clone)]
pub struct NumberAnswers {
    /// `queries::cost`.
    pub cost: StoreAnswer<Sample>,
    /// `queries::tokens`.
    pub tokens: StoreAnswer<Sample>,
    /// `queries::sessions`.
    pub sessions: StoreAnswer<Sample>,
    /// `queries::tools`.
    pub tools: StoreAnswer<Sample>,
    /// `queries::active_time`.
    pub active: StoreAnswer<Sample>,
    /// `queries::lines`.
    pub lines: StoreAnswer<Sample>,
    /// `queries::owners_last_seen`.
    pub last_seen: StoreAnswer<Sample>,
    /// `queries::cost` over time.
    pub cost_over_time: StoreAnswer<Series>,
    /// `queries::activity` over time.
    pub events_over_time: StoreAnswer<Series>,
}

/// Sorts simulated data last, then by owner.
type Key = (bool, Owner);

fn key(labels: &Labels) -> Key {
    (label(labels, "clawker_simulated") == Some("true"), Owner::from_labels(labels))
}

/// An amount for each owner; `None` if the store did not answer.
type Column = Option<BTreeMap<Key, f64>>;

fn column<'a>(samples: impl Iterator<Item = &'a Sample>) -> BTreeMap<Key, f64> {
    let mut sums = BTreeMap::new();
    for sample in samples {
        *sums.entry(key(&sample.labels)).or_default() += sample.value;
    }
    sums
}

fn having(answer: &StoreAnswer<Sample>, name: &str, value: &str) -> Column {
    let samples = answer.as_ref().ok()?;
    Some(column(samples.iter().filter(|sample| label(&sample.labels, name) == Some(value))))
}

fn whole(answer: &StoreAnswer<Sample>) -> Column {
    Some(column(answer.as_ref().ok()?.iter()))
}

/// The amount of one owner in fractions of its unit, rounded.
fn amount(column: &Column, key: &Key, parts: f64) -> Option<u64> {
    column.as_ref().map(|column| in_parts(column.get(key).copied().unwrap_or_default(), parts))
}

fn in_parts(value: f64, parts: f64) -> u64 {
    (value * parts).round().max(0.0) as u64
}

/// The numbers of all owners for the range that ends at `at`.
pub fn numbers_from_answers(range: Range, at: Timestamp, answers: &NumberAnswers) -> Numbers {
    let cost = whole(&answers.cost);
    let tokens = ["input", "output", "cacheRead", "cacheCreation"].map(|kind| having(&answers.tokens, "type", kind));
    let sessions = whole(&answers.sessions);
    let calls = whole(&answers.tools);
    let failures = having(&answers.tools, "success", "false");
    let last_seen: Column = answers.last_seen.as_ref().ok().map(|samples| {
        let mut last = BTreeMap::new();
        for sample in samples {
            let known: &mut f64 = last.entry(key(&sample.labels)).or_default();
            *known = known.max(sample.value);
        }
        last
    });
    let active = whole(&answers.active);
    let added = having(&answers.lines, "type", "added");
    let removed = having(&answers.lines, "type", "removed");
    let cost_steps = steps(range, at, &answers.cost_over_time, 1e6);
    let event_steps = steps(range, at, &answers.events_over_time, 1.0);

    let columns = [&cost, &sessions, &calls, &last_seen, &active, &added, &removed].into_iter().chain(&tokens);
    let mut keys: Vec<&Key> = columns
        .flatten()
        .flat_map(|column| column.iter().filter(|(_, value)| **value > 0.0).map(|(key, _)| key))
        .collect();
    keys.sort();
    keys.dedup();
    let owners = keys.into_iter().map(|key| {
        let of_type = |index: usize| amount(&tokens[index], key, 1.0);
        let step = |steps: &Option<BTreeMap<Key, Vec<u64>>>| match steps {
            Some(steps) => steps.get(key).cloned().unwrap_or_else(|| vec![0; Range::STEPS as usize]),
            None => Vec::new(),
        };
        OwnerNumbers {
            owner: key.1.clone(),
            simulated: key.0,
            last_seen: last_seen
                .as_ref()
                .and_then(|column| column.get(key))
                .map(|seconds| timestamp_from_seconds(*seconds)),
            sessions: amount(&sessions, key, 1.0),
            cost_micro_usd: amount(&cost, key, 1e6),
            tokens: of_type(0).zip(of_type(1)).zip(of_type(2)).zip(of_type(3)).map(
                |(((input, output), cache_read), cache_creation)| Tokens { input, output, cache_read, cache_creation },
            ),
            tool_calls: amount(&calls, key, 1.0),
            tool_failures: amount(&failures, key, 1.0),
            active_seconds: amount(&active, key, 1.0),
            lines_added: amount(&added, key, 1.0),
            lines_removed: amount(&removed, key, 1.0),
            cost_over_time: step(&cost_steps),
            events_over_time: step(&event_steps),
        }
    });
    Numbers { range, at, owners: owners.collect(), missing: missing(answers) }
}

/// Converts seconds since 1970.
pub fn timestamp_from_seconds(seconds: f64) -> Timestamp {
    Timestamp::from_unix_milliseconds((seconds * 1000.0).round() as i64)
}

/// The ends of the first and the last sparkline step. They are aligned to the step length, so a step changes only when
/// new data arrives; the last step is still open.
pub fn step_ends(range: Range, at: Timestamp) -> (Timestamp, Timestamp) {
    let step_ms = range.step_seconds() as i64 * 1000;
    let last = (at.unix_milliseconds() + step_ms - 1).div_euclid(step_ms) * step_ms;
    let first = last - (Range::STEPS as i64 - 1) * step_ms;
    (Timestamp::from_unix_milliseconds(first), Timestamp::from_unix_milliseconds(last))
}

fn steps(range: Range, at: Timestamp, answer: &StoreAnswer<Series>, parts: f64) -> Option<BTreeMap<Key, Vec<u64>>> {
    let first = step_ends(range, at).0.unix_milliseconds() as f64 / 1000.0;
    let mut sums: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    for series in answer.as_ref().ok()? {
        let of = sums.entry(key(&series.labels)).or_insert_with(|| vec![0.0; Range::STEPS as usize]);
        for (time, value) in &series.values {
            let index = ((time - first) / range.step_seconds() as f64).round();
            if let Some(step) = (index >= 0.0).then(|| of.get_mut(index as usize)).flatten() {
                *step += value;
            }
        }
    }
    let rounded = |steps: Vec<f64>| steps.into_iter().map(|value| in_parts(value, parts)).collect();
    Some(sums.into_iter().map(|(key, steps)| (key, rounded(steps))).collect())
}

/// The unknown columns, grouped by reason.
fn missing(answers: &NumberAnswers) -> Vec<Missing> {
    let tools = answers.tools.as_ref().err();
    let columns = [
        ("last seen", answers.last_seen.as_ref().err()),
        ("sessions", answers.sessions.as_ref().err()),
        ("estimated cost", answers.cost.as_ref().err()),
        ("tokens", answers.tokens.as_ref().err()),
        ("tool calls", tools),
        ("failures", tools),
        ("active time", answers.active.as_ref().err()),
        ("lines", answers.lines.as_ref().err()),
        ("cost over time", answers.cost_over_time.as_ref().err()),
        ("activity over time", answers.events_over_time.as_ref().err()),
    ];
    let mut missing: Vec<Missing> = Vec::new();
    for (column, error) in columns {
        let Some(error) = error else { continue };
        match missing.iter_mut().find(|known| known.error == *error) {
            Some(known) => {
                known.lacks.push_str(", ");
                known.lacks.push_str(column);
            }
            None => missing.push(Missing { store: Store::Prometheus, error: error.clone(), lacks: column.to_owned() }),
        }
    }
    missing
}

#[cfg(test)]
mod tests;
