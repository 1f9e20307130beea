//! The numbers of all agents, and those of an agent's sessions.

use std::collections::BTreeMap;

use monitor_core::{
    telemetry::{
        Numbers, Owner, Range, Sender, Session, Store,
        series::{Sample, Series},
        stores::{
            agent_details::{self, SessionAnswers},
            numbers::{NumberAnswers, numbers_from_answers, step_ends},
        },
    },
    timestamp::Timestamp,
};
use monitor_receiver::{
    Nanoseconds,
    store::{ReadResult, Reader, Seen, Step, Total, Window, prefer},
};

use super::convert::{label_name, nanoseconds, owner_labels, sample, seconds};

/// A metric of Claude Code's own, and the one that is derived from its events.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub own: &'static str,
    pub derived: &'static str,
}

/// Cost in dollars.
pub const COST: Pair = Pair { own: "claude_code.cost.usage", derived: "clawker.request.cost_usd" };
/// Tokens by `type`.
pub const TOKENS: Pair = Pair { own: "claude_code.token.usage", derived: "clawker.request.tokens" };
/// Metrics that have no other form.
const ACTIVE_TIME: &str = "claude_code.active_time.total";
const LINES: &str = "claude_code.lines_of_code.count";
const TOOL_CALLS: &str = "clawker.tool.calls";
const EVENTS: &str = "clawker.events";

/// The numbers of the range that ends at `at`. Its begin is rounded down to a minute.
pub fn numbers(reader: &Reader, range: Range, at: Timestamp) -> ReadResult<Numbers> {
    let until = nanoseconds(at);
    let since = until - range.seconds() as Nanoseconds * 1_000_000_000;
    let totals = reader.totals(Window::touching(since, until))?;
    let seen = reader.seen(since)?;
    let last_event = |of: &Seen| {
        of.last_event.filter(|event| *event >= since).map(|event| sample(&of.owner, of.simulated, [], seconds(event)))
    };
    let (first, _) = step_ends(range, at);
    let steps = Steps { range, first };
    let in_steps = reader.totals_in_steps(
        &[COST.own, COST.derived, EVENTS],
        (first.unix_milliseconds() / 1000 - range.step_seconds() as i64).div_euclid(60),
        (range.step_seconds() / 60) as u32,
        Range::STEPS as u32,
    )?;
    let answers = NumberAnswers {
        cost: Ok(preferred(&totals, COST, &[])),
        tokens: Ok(preferred(&totals, TOKENS, &["type"])),
        sessions: Ok(seen.iter().map(|of| sample(&of.owner, of.simulated, [], of.sessions as f64)).collect()),
        tools: Ok(all(&totals, TOOL_CALLS)),
        active: Ok(all(&totals, ACTIVE_TIME)),
        lines: Ok(all(&totals, LINES)),
        last_seen: Ok(seen.iter().filter_map(last_event).collect()),
        cost_over_time: Ok(steps.cost(&totals, &in_steps)),
        events_over_time: Ok(steps.of(&in_steps, |total| total.series.metric == EVENTS)),
    };
    Ok(numbers_from_answers(range, at, &answers))
}

/// No numbers, and why.
pub fn unknown(range: Range, at: Timestamp, why: &str) -> Numbers {
    let (samples, series) = (Err(why.to_owned()), Err(why.to_owned()));
    let answers = NumberAnswers {
        cost: samples.clone(),
        tokens: samples.clone(),
        sessions: samples.clone(),
        tools: samples.clone(),
        active: samples.clone(),
        lines: samples.clone(),
        last_seen: samples,
        cost_over_time: series.clone(),
        events_over_time: series,
    };
    let mut numbers = numbers_from_answers(range, at, &answers);
    for missing in &mut numbers.missing {
        missing.store = Store::BuiltIn;
    }
    numbers
}

/// The sessions of one sender within the range that ends at `at`, newest first.
pub fn sessions(reader: &Reader, sender: &Sender, range: Range, at: Timestamp) -> ReadResult<Vec<Session>> {
    let until = nanoseconds(at);
    let since = until - range.seconds() as Nanoseconds * 1_000_000_000;
    let totals = reader.totals_by_session(Window::touching(since, until), Some(sender))?;
    let of_session = |total: &Total| total.session.clone().unwrap_or_default();
    let named = |session: &str, more: &[(&str, &str)], value: f64| {
        let mut labels = sample(&sender.owner, sender.simulated, more.iter().copied(), value);
        labels.labels.insert("session_id".into(), session.to_owned());
        labels
    };
    let counted = |pair: Pair, by: &[&str]| prefer(&totals, pair.own, pair.derived, by);
    let session_of = |session: Option<String>| session.unwrap_or_default();
    let cost =
        counted(COST, &[]).into_iter().map(|((_, _, session, _), value)| named(&session_of(session), &[], value));
    let output = counted(TOKENS, &["type"])
        .into_iter()
        .filter(|((.., labels), _)| labels[0] == "output")
        .map(|((_, _, session, _), value)| named(&session_of(session), &[], value));
    let counts = totals.iter().filter(|total| total.series.metric == EVENTS).map(|total| {
        let name = total.series.labels.iter().find(|(label, _)| label == "event.name");
        let name = name.map(|(_, value)| value.as_str()).unwrap_or_default();
        named(&of_session(total), &[("event_name", name)], total.value)
    });
    let last = reader.sessions_last_seen(sender, since)?;
    let last_seen = last.into_iter().map(|(session, at)| named(&session, &[], seconds(at)));
    Ok(agent_details::sessions(&SessionAnswers {
        last_seen: last_seen.collect(),
        counts: counts.collect(),
        cost: cost.collect(),
        output_tokens: output.collect(),
    }))
}

fn preferred(totals: &[Total], pair: Pair, by: &[&str]) -> Vec<Sample> {
    let counted = prefer(totals, pair.own, pair.derived, by);
    let of = |((simulated, owner, _, labels), value): ((bool, Owner, Option<String>, Vec<String>), f64)| {
        sample(&owner, simulated, by.iter().copied().zip(labels.iter().map(String::as_str)), value)
    };
    counted.into_iter().map(of).collect()
}

/// All sums of a metric, with its labels.
fn all(totals: &[Total], metric: &str) -> Vec<Sample> {
    let of = |total: &Total| {
        let mut labels = owner_labels(&total.owner, total.simulated);
        labels.extend(total.series.labels.iter().map(|(name, value)| (label_name(name), value.clone())));
        Sample { labels, value: total.value }
    };
    totals.iter().filter(|total| total.series.metric == metric).map(of).collect()
}

/// Sums over the steps of a range.
struct Steps {
    range: Range,
    /// The end of the first step.
    first: Timestamp,
}

impl Steps {
    /// Costs: of each owner those of the metric that counts in the whole range.
    fn cost(&self, totals: &[Total], steps: &[Step]) -> Vec<Series> {
        let whole = prefer(totals, COST.own, COST.derived, &[]);
        let own = prefer(totals, COST.own, COST.own, &[]);
        let uses_own = |total: &Total| {
            let key = (total.simulated, total.owner.clone(), None, Vec::new());
            own.get(&key).is_some_and(|value| whole.get(&key) == Some(value))
        };
        self.of(steps, |total| {
            let metric = total.series.metric.as_ref();
            metric == if uses_own(total) { COST.own } else { COST.derived }
        })
    }

    fn of(&self, steps: &[Step], counts: impl Fn(&Total) -> bool) -> Vec<Series> {
        let mut sums: BTreeMap<(bool, &Owner), BTreeMap<u32, f64>> = BTreeMap::new();
        for Step { step, total } in steps.iter().filter(|step| counts(&step.total)) {
            let of = sums.entry((total.simulated, &total.owner)).or_default();
            *of.entry(*step).or_default() += total.value;
        }
        let (first, length) = (self.first.unix_milliseconds() as f64 / 1000.0, self.range.step_seconds() as f64);
        let series = |((simulated, owner), values): ((bool, &Owner), BTreeMap<u32, f64>)| Series {
            labels: owner_labels(owner, simulated),
            values: values.into_iter().map(|(step, value)| (first + f64::from(step) * length, value)).collect(),
        };
        sums.into_iter().map(series).collect()
    }
}
