//! The truth about what arrived, in whole numbers: micro-dollars, milliseconds, tokens. Counted from what was in the
//! accepted requests, metrics and events each for themselves: where one of the two is refused, they differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

use serde::{Serialize, Serializer};

use super::{
    agent::{Body, Export},
    delta::Point,
    identity::Identity,
    metric::Metric,
    script::Record,
    value::{Attributes, find},
};

/// Tokens by type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Sent to the model, uncached.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written into the cache.
    pub cache_creation: u64,
}

/// What the accepted metrics say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MetricTotals {
    /// Points accepted.
    pub points: u64,
    /// Ids of the sessions of which there is a point; written as their number.
    #[serde(serialize_with = "number_of")]
    pub sessions: BTreeSet<String>,
    /// What `session.count` adds up to; the oldest release does not send it.
    pub session_count: u64,
    /// Millionths of a dollar.
    pub cost_micro_usd: u64,
    /// By type.
    pub tokens: Tokens,
    /// Milliseconds.
    pub active_ms: u64,
    /// Lines.
    pub lines_added: u64,
    /// Lines.
    pub lines_removed: u64,
    /// Commits.
    pub commits: u64,
    /// Pull requests.
    pub pull_requests: u64,
    /// Decisions about edits, both ways.
    pub edit_decisions: u64,
}

/// What the accepted events say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventTotals {
    /// Records accepted.
    pub records: u64,
    /// Ids of the sessions of which there is a record; written as their number.
    #[serde(serialize_with = "number_of")]
    pub sessions: BTreeSet<String>,
    /// Prompts.
    pub prompts: u64,
    /// Millionths of a dollar.
    pub cost_micro_usd: u64,
    /// By type.
    pub tokens: Tokens,
    /// Tools that ran.
    pub tool_calls: u64,
    /// Those of them that failed.
    pub tool_failures: u64,
    /// Tools that somebody did not let run.
    pub rejections: u64,
    /// Requests to the model that failed for good.
    pub api_errors: u64,
    /// Records by event.
    pub by_event: BTreeMap<String, u64>,
    /// Tools that ran, by name.
    pub by_tool: BTreeMap<String, u64>,
}

/// One agent's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentLedger {
    /// The project.
    pub project: String,
    /// The agent.
    pub agent: String,
    /// The release of Claude Code.
    pub version: &'static str,
    /// From the metrics.
    pub metrics: MetricTotals,
    /// From the events.
    pub events: EventTotals,
}

impl AgentLedger {
    /// An empty one.
    pub fn new(identity: &Identity) -> AgentLedger {
        AgentLedger {
            project: identity.project.clone(),
            agent: identity.agent.clone(),
            version: identity.release.name(),
            metrics: MetricTotals::default(),
            events: EventTotals::default(),
        }
    }

    /// Enters what was accepted.
    pub fn enter(&mut self, accepted: &Export) {
        match &accepted.body {
            Body::Metrics(points) => points.iter().for_each(|point| self.metrics.enter(point)),
            Body::Logs(records) => records.iter().for_each(|record| self.events.enter(record)),
        }
    }
}

impl MetricTotals {
    fn enter(&mut self, point: &Point) {
        self.points += 1;
        self.sessions.extend(text(&point.attributes, "session.id"));
        let kind = text(&point.attributes, "type").unwrap_or_default();
        let sum = match (point.metric, kind.as_str()) {
            (Metric::Sessions, _) => &mut self.session_count,
            (Metric::Lines, "added") => &mut self.lines_added,
            (Metric::Lines, _) => &mut self.lines_removed,
            (Metric::PullRequests, _) => &mut self.pull_requests,
            (Metric::Commits, _) => &mut self.commits,
            (Metric::Cost, _) => &mut self.cost_micro_usd,
            (Metric::Tokens, "input") => &mut self.tokens.input,
            (Metric::Tokens, "output") => &mut self.tokens.output,
            (Metric::Tokens, "cacheRead") => &mut self.tokens.cache_read,
            (Metric::Tokens, _) => &mut self.tokens.cache_creation,
            (Metric::EditDecisions, _) => &mut self.edit_decisions,
            (Metric::ActiveTime, _) => &mut self.active_ms,
        };
        *sum += point.amount;
    }
}

impl EventTotals {
    fn enter(&mut self, record: &Record) {
        let Record { name, attributes, .. } = record;
        let is = |key: &str, value: &str| text(attributes, key).as_deref() == Some(value);
        self.records += 1;
        *self.by_event.entry((*name).to_owned()).or_default() += 1;
        self.sessions.extend(text(attributes, "session.id"));
        match *name {
            "user_prompt" => self.prompts += 1,
            "api_request" => {
                self.cost_micro_usd += whole(attributes, "cost_usd", Metric::Cost.parts());
                self.tokens += Tokens {
                    input: whole(attributes, "input_tokens", 1),
                    output: whole(attributes, "output_tokens", 1),
                    cache_read: whole(attributes, "cache_read_tokens", 1),
                    cache_creation: whole(attributes, "cache_creation_tokens", 1),
                };
            }
            "tool_result" => {
                self.tool_calls += 1;
                self.tool_failures += u64::from(is("success", "false"));
                *self.by_tool.entry(text(attributes, "tool_name").unwrap_or_default()).or_default() += 1;
            }
            "tool_decision" => self.rejections += u64::from(is("decision", "reject")),
            "api_error" => self.api_errors += 1,
            _ => {}
        }
    }
}

impl AddAssign<&MetricTotals> for MetricTotals {
    fn add_assign(&mut self, other: &MetricTotals) {
        self.points += other.points;
        self.sessions.extend(other.sessions.iter().cloned());
        self.session_count += other.session_count;
        self.cost_micro_usd += other.cost_micro_usd;
        self.tokens += other.tokens;
        self.active_ms += other.active_ms;
        self.lines_added += other.lines_added;
        self.lines_removed += other.lines_removed;
        self.commits += other.commits;
        self.pull_requests += other.pull_requests;
        self.edit_decisions += other.edit_decisions;
    }
}

impl AddAssign<&EventTotals> for EventTotals {
    fn add_assign(&mut self, other: &EventTotals) {
        self.records += other.records;
        self.sessions.extend(other.sessions.iter().cloned());
        self.prompts += other.prompts;
        self.cost_micro_usd += other.cost_micro_usd;
        self.tokens += other.tokens;
        self.tool_calls += other.tool_calls;
        self.tool_failures += other.tool_failures;
        self.rejections += other.rejections;
        self.api_errors += other.api_errors;
        for (sums, others) in [(&mut self.by_event, &other.by_event), (&mut self.by_tool, &other.by_tool)] {
            for (name, count) in others {
                *sums.entry(name.clone()).or_default() += count;
            }
        }
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Tokens) {
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_creation += other.cache_creation;
    }
}

fn text(attributes: &Attributes, key: &str) -> Option<String> {
    find(attributes, key)?.text().map(str::to_owned)
}

/// A number of which it is known that it is whole when counted in these parts.
fn whole(attributes: &Attributes, key: &str, parts: u64) -> u64 {
    let number = find(attributes, key).and_then(super::value::Value::number).unwrap_or_default();
    (number * parts as f64).round() as u64
}

fn number_of<S: Serializer>(sessions: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(sessions.len() as u64)
}
