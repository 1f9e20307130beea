//! What is kept: events, points and spans, as `mapping` makes them and `store` writes them.

use std::{borrow::Cow, sync::Arc};

use monitor_core::telemetry::Owner;

use crate::{Nanoseconds, otlp::messages::KeyValue};

/// What the records of one session have in common. Stored once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Project and agent.
    pub owner: Owner,
    /// Whether the data comes from `clawker-monitor simulate`.
    pub simulated: bool,
    /// `session.id`; empty if the sender does not say it.
    pub session: String,
    /// `service.name`. Always `claude-code` for Claude Code, whatever it calls itself.
    pub service: String,
    /// `service.version`; empty if unknown.
    pub version: String,
    /// Attributes of the resource, then those of its records that are the same for a session: user, terminal.
    pub attributes: Vec<KeyValue>,
    /// Hash of all of the above.
    pub print: [u8; 16],
}

/// One event or line of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: Nanoseconds,
    /// What it has in common with others.
    pub context: Arc<Context>,
    /// `event.name`; empty for lines of a log.
    pub name: String,
    /// Its other attributes, in the sender's order.
    pub attributes: Vec<KeyValue>,
    /// Hash of everything, which tells a repeated event from a similar one.
    pub print: i64,
    /// What it adds to derived metrics.
    pub counts: Vec<Count>,
    /// A state that it reports. Kept as a gauge, whose value is the time in seconds since 1970.
    pub report: Option<Series>,
}

/// What an event adds to a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The metric and its labels.
    pub series: Series,
    /// How much.
    pub value: f64,
}

/// A metric and labels, without owner and session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// The metric's name in OTLP: `claude_code.cost.usage`, `clawker.tool.calls`.
    pub metric: Cow<'static, str>,
    /// Labels by name, sorted.
    pub labels: Vec<(Cow<'static, str>, String)>,
}

impl Series {
    /// Sorts the labels.
    pub fn new(metric: impl Into<Cow<'static, str>>, mut labels: Vec<(Cow<'static, str>, String)>) -> Series {
        labels.sort();
        Series { metric: metric.into(), labels }
    }
}

/// How a point relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporality {
    /// It is what was counted since.
    Delta,
    /// It is what was counted since the start.
    Cumulative,
    /// It is a state that replaces the one before.
    Gauge,
}

/// One point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When it was measured.
    pub at: Nanoseconds,
    /// Since when it was counted; 0 if unknown.
    pub start: Nanoseconds,
    /// What it has in common with others.
    pub context: Arc<Context>,
    /// The metric and its labels.
    pub series: Series,
    /// How it relates to the point before.
    pub temporality: Temporality,
    /// Finite.
    pub value: f64,
}

/// One span of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// 16 bytes.
    pub trace: Vec<u8>,
    /// 8 bytes.
    pub id: Vec<u8>,
    /// 8 bytes; empty for the root of a trace.
    pub parent: Vec<u8>,
    /// When it began.
    pub at: Nanoseconds,
    /// How long it took, in nanoseconds.
    pub duration: i64,
    /// Its name: `claude_code.tool`.
    pub name: String,
    /// What it has in common with others.
    pub context: Arc<Context>,
    /// 0 unset, 1 ok, 2 error.
    pub status: i32,
    /// Its attributes.
    pub attributes: Vec<KeyValue>,
}

/// Everything that one request brings, to be stored together or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Hash of the request's body, by which a repeated request is recognized.
    pub print: i64,
    /// Events and lines of logs.
    pub events: Vec<Event>,
    /// Points of metrics.
    pub points: Vec<Point>,
    /// Spans.
    pub spans: Vec<Span>,
    /// What is not stored.
    pub rejected: Rejected,
}

impl Batch {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.events.len() + self.points.len() + self.spans.len()
    }

    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The records of a request that are not stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many.
    pub count: u64,
    /// Why the first one is not; empty if there is none.
    pub reason: String,
}

impl Rejected {
    /// Adds one, with the reason.
    pub fn add(&mut self, reason: impl FnOnce() -> String) {
        if self.count == 0 {
            self.reason = reason();
        }
        self.count += 1;
    }
}
