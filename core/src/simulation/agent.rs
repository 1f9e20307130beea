//! One simulated agent: runs sessions and decides what is exported when.
//!
//! Metrics are collected at an interval from the session's start and exported if there are any. Events are exported in
//! batches, one interval after the first event of a batch. Both are flushed when the session ends, as Claude Code does
//! when it exits. Source: opentelemetry-js, `PeriodicExportingMetricReader` and `BatchLogRecordProcessor`.

use std::sync::Arc;

use super::{
    delta::{Counters, Point},
    identity::Identity,
    random::Random,
    script::{self, Record, ScriptItem, Session},
};

/// Export intervals in milliseconds of simulated time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// Interval of metrics (`OTEL_METRIC_EXPORT_INTERVAL`).
    pub metrics_ms: u64,
    /// Interval of events (`OTEL_LOGS_EXPORT_INTERVAL`).
    pub logs_ms: u64,
}

/// The contents of one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Sent to the metrics path.
    Metrics(Vec<Point>),
    /// Sent to the events path.
    Logs(Vec<Record>),
}

/// One export request.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// When it is sent, in milliseconds of simulated time.
    pub at_ms: u64,
    /// The exported data.
    pub body: Body,
}

/// A running agent. A clone continues exactly like the original.
#[derive(Debug, Clone)]
pub struct Agent {
    identity: Identity,
    random: Random,
    intervals: Intervals,
    prompts: u64,
    process: Process,
}

/// A Claude Code process that runs one session.
#[derive(Debug, Clone)]
struct Process {
    /// Shared, because a clone is made before each export and prompts can be long.
    session: Arc<Session>,
    next: usize,
    counters: Counters,
    records: Vec<Record>,
    next_metrics_ms: u64,
    /// Set while a batch is open.
    next_logs_ms: Option<u64>,
    ended: bool,
    /// A second export at the same time as the one returned last.
    also: Option<Export>,
}

impl Agent {
    /// The agent of a seed with this index, counted from 0.
    pub fn new(seed: u64, index: u64, intervals: Intervals) -> Agent {
        let mut random = Random::for_agent(seed, index);
        let identity = Identity::new(index, &mut random);
        let start_ms = random.between(0, 8000);
        let mut prompts = 0;
        let session = script::session(&mut random, &identity, start_ms, &mut prompts);
        Agent { identity, random, intervals, prompts, process: Process::new(session, intervals) }
    }

    /// The agent's names and release.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The next export. There is always one: after each session comes another.
    pub fn next_export(&mut self) -> Export {
        loop {
            if let Some(export) = self.process.next_export(self.intervals, u64::MAX) {
                return export;
            }
            let start_ms = self.process.session.end_ms + self.random.between(5000, 900_000);
            let session = script::session(&mut self.random, &self.identity, start_ms, &mut self.prompts);
            self.process = Process::new(session, self.intervals);
        }
    }

    /// Ends the session at that time and returns the remaining exports in order. For an agent whose next export is
    /// later.
    pub fn stop(mut self, at_ms: u64) -> Vec<Export> {
        std::iter::from_fn(|| self.process.next_export(self.intervals, at_ms)).collect()
    }
}

impl Process {
    fn new(session: Session, intervals: Intervals) -> Process {
        Process {
            next: 0,
            counters: Counters::default(),
            records: Vec::new(),
            next_metrics_ms: session.start_ms + intervals.metrics_ms,
            next_logs_ms: None,
            ended: false,
            also: None,
            session: Arc::new(session),
        }
    }

    /// `None` after the end of the session, which is at `end_ms` at the latest.
    fn next_export(&mut self, intervals: Intervals, end_ms: u64) -> Option<Export> {
        if let Some(export) = self.also.take() {
            return Some(export);
        }
        let end_ms = end_ms.min(self.session.end_ms);
        while !self.ended {
            let happens_ms = self.session.items.get(self.next).map_or(u64::MAX, |(at_ms, _)| *at_ms);
            let logs_ms = self.next_logs_ms.unwrap_or(u64::MAX);
            let now_ms = happens_ms.min(logs_ms).min(self.next_metrics_ms);
            if now_ms > end_ms {
                self.ended = true;
                let logs = self.take_logs(end_ms);
                let metrics = self.collect(end_ms);
                return match logs {
                    Some(logs) => {
                        self.also = metrics;
                        Some(logs)
                    }
                    None => metrics,
                };
            }
            if now_ms == happens_ms {
                self.happen(intervals);
            } else if now_ms == logs_ms {
                return self.take_logs(now_ms);
            } else {
                self.next_metrics_ms += intervals.metrics_ms;
                if let Some(metrics) = self.collect(now_ms) {
                    return Some(metrics);
                }
            }
        }
        None
    }

    fn happen(&mut self, intervals: Intervals) {
        let session = Arc::clone(&self.session);
        let (at_ms, what) = &session.items[self.next];
        self.next += 1;
        match what {
            ScriptItem::Event(record) => {
                self.records.push(record.clone());
                self.next_logs_ms.get_or_insert(at_ms + intervals.logs_ms);
            }
            ScriptItem::Addition { metric, attributes, amount } => {
                self.counters.add(*metric, attributes.clone(), *amount, *at_ms);
            }
        }
    }

    fn take_logs(&mut self, at_ms: u64) -> Option<Export> {
        self.next_logs_ms = None;
        let records = std::mem::take(&mut self.records);
        (!records.is_empty()).then_some(Export { at_ms, body: Body::Logs(records) })
    }

    fn collect(&mut self, at_ms: u64) -> Option<Export> {
        let points = self.counters.collect(at_ms);
        (!points.is_empty()).then_some(Export { at_ms, body: Body::Metrics(points) })
    }
}
