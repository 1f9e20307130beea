//! How data flows from the agents through the services of the stack.

use serde::{Deserialize, Serialize};

use crate::service::Service;

/// Where data comes from or goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Station {
    /// The agents.
    Agents,
    /// The firewall's containers.
    Firewall,
    /// A service of the stack.
    Service(Service),
}

/// What flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Points of metrics.
    Metrics,
    /// Events and log lines.
    Events,
    /// Spans.
    Traces,
    /// Questions that Grafana asks.
    Queries,
}

/// One leg of the data's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Where it comes from.
    pub from: Station,
    /// Where it goes.
    pub to: Station,
    /// What.
    pub signal: Signal,
    /// How many a second over the last minute, in thousandths; `None` where nobody says.
    pub per_second_milli: Option<u64>,
    /// How many were refused or given up within the last five minutes; `None` where nobody says.
    pub lost: Option<u64>,
}

/// All legs, by the services' own metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// In the order of the data's way.
    pub hops: Vec<Hop>,
    /// Why nothing is known of the rates, where Prometheus did not answer.
    pub error: Option<String>,
}
