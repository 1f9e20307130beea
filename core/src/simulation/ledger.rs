//! Exact totals of the data that was accepted, in whole numbers: micro-dollars, milliseconds, tokens. Metrics and
//! events are counted separately; the totals differ if requests of one kind are refused.

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

/// Token counts by type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Input tokens that were not cached.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens read from the cache.
    pub cache_read: u64,
    /// Input tokens written to the cache.
    pub cache_creation: u64,
}

/// Totals of the accepted metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MetricTotals {
    /// Number of accepted data points.
    pub points: u64,
    /// IDs of all sessions with data points; serialized as their number.
    #[serde(serialize_with = "number_of")]
    pub sessions: BTreeSet<String>,
    /// Sum of `session.count`, which the oldest release does not send.
    pub session_count: u64,
    /// Estimated cost in millionths of a dollar.
    pub cost_micro_usd: u64,
    /// Token counts by type.
    pub tokens: Tokens,
    /// Active time in milliseconds.
    pub active_ms: u64,
    /// Lines added.
    pub lines_added: u64,
    /// Lines removed.
    pub lines_removed: u64,
    /// Number of commits.
    pub commits: u64,
    /// Number of pull requests.
    pub pull_requests: u64,
    /// Number of decisions about edits, accepted or rejected.
    pub edit_decisions: u64,
}

/// Totals of the accepted events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventTotals {
    /// Number of accepted records.
    pub records: u64,
    /// IDs of all sessions with records; serialized as their number.
    #[serde(serialize_with = "number_of")]
    pub sessions: BTreeSet<String>,
    /// Number of prompts.
    pub prompts: u64,
    /// Estimated cost in millionths of a dollar.
    pub cost_micro_usd: u64,
    /// Token counts by type.
    pub tokens: Tokens,
    /// Number of tool calls that ran.
    pub tool_calls: u64,
    /// Number of tool calls that ran and failed.
    pub tool_failures: u64,
    /// Number of rejected tool calls.
    pub rejections: u64,
    /// Number of failed requests to the model.
    pub api_errors: u64,
    /// Number of records by event name.
    pub by_event: BTreeMap<String, u64>,
    /// Number of tool calls that ran, by tool name.
    pub by_tool: BTreeMap<String, u64>,
}

/// The totals of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentLedger {
    /// The project of the agent.
    pub project: String,
    /// The agent's name.
    pub agent: String,
    /// The release of Claude Code that it simulates.
    pub version: &'static str,
    /// Totals of the accepted metrics.
    pub metrics: MetricTotals,
    /// Totals of the accepted events.
    pub events: EventTotals,
}

impl AgentLedger {
    /// Totals of 0.
    pub fn new(identity: &Identity) -> AgentLedger {
        AgentLedger {
            project: identity.project.clone(),
            agent: identity.agent.clone(),
            version: identity.release.name(),
            metrics: MetricTotals::default(),
            events: EventTotals::default(),
        }
    }

    /// Adds an accepted export.
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

/// Converts a number that is whole when counted in these fractions.
fn whole(attributes: &Attributes, key: &str, parts: u64) -> u64 {
    let number = find(attributes, key).and_then(super::value::Value::number).unwrap_or_default();
    (number * parts as f64).round() as u64
}

fn number_of<S: Serializer>(sessions: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(sessions.len() as u64)
}
