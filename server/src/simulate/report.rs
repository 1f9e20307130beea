//! What a simulation reports: counts of requests, and the ledger of what the collector accepted.

use std::sync::{Mutex, PoisonError};

use monitor_core::simulation::{AgentLedger, EventTotals, Export, MetricTotals};
use serde::Serialize;

use super::{Endpoints, sender::Outcome};

/// Requests by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Answered with success.
    pub accepted: u64,
    /// Attempts after the first, over all requests.
    pub retries: u64,
    /// Refused, or given up after the last attempt.
    pub refused: u64,
    /// Sent but never answered. The collector may or may not have received them.
    pub unanswered: u64,
    /// Points and records that the collector rejected within accepted requests. The ledger includes them.
    pub rejected_items: u64,
    /// Why the most recent refused or unanswered request was lost.
    pub last_loss: Option<String>,
}

/// The totals of all agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// From the accepted metrics.
    pub metrics: MetricTotals,
    /// From the accepted events.
    pub events: EventTotals,
}

/// The result of a simulation: what exactly was sent and accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The seed it ran with.
    pub seed: u64,
    /// Simulated seconds per real second.
    pub rate: f64,
    /// The resource attribute that marks simulated data, `KEY=VALUE`.
    pub mark: String,
    /// Where it was sent.
    pub endpoints: Endpoints,
    /// Milliseconds of simulated time.
    pub simulated_ms: u64,
    /// The simulation was stopped, or the collector was too slow to accept everything in time.
    pub cut_short: bool,
    /// Requests by outcome.
    pub requests: Requests,
    /// The totals of all agents.
    pub total: Total,
    /// The ledger of each agent.
    pub agents: Vec<AgentLedger>,
}

/// The ledgers of a running simulation.
#[derive(Debug)]
pub(super) struct Ledgers {
    inner: Mutex<(Requests, Vec<AgentLedger>)>,
}

impl Ledgers {
    pub(super) fn new(agents: Vec<AgentLedger>) -> Ledgers {
        Ledgers { inner: Mutex::new((Requests::default(), agents)) }
    }

    /// Records the outcome of a request of the agent at `index`.
    pub(super) fn record(&self, index: usize, export: &Export, outcome: Outcome, retries: u32) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, agents) = &mut *inner;
        requests.retries += u64::from(retries);
        match outcome {
            Outcome::Accepted { rejected } => {
                requests.accepted += 1;
                requests.rejected_items += rejected;
                agents[index].enter(export);
            }
            Outcome::Refused(reason) => {
                requests.refused += 1;
                requests.last_loss = Some(reason);
            }
            Outcome::Unanswered(reason) => {
                requests.unanswered += 1;
                requests.last_loss = Some(reason);
            }
        }
    }

    pub(super) fn read(&self) -> (Requests, Vec<AgentLedger>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Total {
    pub(super) fn of(agents: &[AgentLedger]) -> Total {
        let mut total = Total::default();
        for agent in agents {
            total.metrics += &agent.metrics;
            total.events += &agent.events;
        }
        total
    }
}
