//! The data flow from the agents through the services of the stack.

use serde::{Deserialize, Serialize};

use crate::service::Service;

/// One end of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Station {
    /// All agents together.
    Agents,
    /// The firewall's containers, Envoy and CoreDNS.
    Firewall,
    /// A service of the stack.
    Service(Service),
}

/// The kind of data on a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Data points of metrics.
    Metrics,
    /// Events and log lines.
    Events,
    /// Spans.
    Traces,
    /// Queries from Grafana.
    Queries,
}

/// One hop of the data flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The sender.
    pub from: Station,
    /// The receiver.
    pub to: Station,
    /// The kind of data. Two stations can have one hop for each kind.
    pub signal: Signal,
    /// Rate over the last minute in thousandths per second; `None` if the service reports no counters.
    pub per_second_milli: Option<u64>,
    /// Items refused or dropped within the last 5 minutes; `None` if the service reports no counters.
    pub lost: Option<u64>,
    /// What waits in the sender's queue on disk; `None` if the sender has no queue or reports none.
    pub backlog: Option<Backlog>,
}

/// What waits in the queue of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// Bytes in the queue.
    pub bytes: u64,
    /// The most bytes that the queue takes; 0 if unknown.
    pub capacity: u64,
    /// By how many bytes the queue has grown within the last minute; negative while it is catching up.
    pub grown: i64,
    /// Whether it is full: more than 90% is used, or data was turned away within the last 5 minutes.
    pub full: bool,
}

/// All hops, from the services' own metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// In the order of the data flow.
    pub hops: Vec<Hop>,
    /// Why the rates are unknown, if Prometheus did not answer.
    pub error: Option<String>,
    /// Warnings about the data path, each in one sentence.
    #[serde(default)]
    pub warnings: Vec<String>,
}
