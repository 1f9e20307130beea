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
}

/// All hops, from the services' own metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// In the order of the data flow.
    pub hops: Vec<Hop>,
    /// Why the rates are unknown, if Prometheus did not answer.
    pub error: Option<String>,
}
