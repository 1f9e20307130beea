//! What a simulation reports: how it goes, and at its end what arrived.

use std::sync::{Mutex, PoisonError};

use monitor_core::simulation::{AgentLedger, EventTotals, Export, MetricTotals};
use serde::Serialize;

use super::{Endpoints, sender::Fate};

/// What became of the requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Answered with success.
    pub accepted: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// Given up.
    pub refused: u64,
    /// Sent, and never answered: the collector may have them or not.
    pub unanswered: u64,
    /// Points and records that the collector did not take out of requests that it accepted. The ledger counts them.
    pub rejected_items: u64,
    /// Why the last one that was lost was lost.
    pub last_loss: Option<String>,
}

/// All agents together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// From the metrics.
    pub metrics: MetricTotals,
    /// From the events.
    pub events: EventTotals,
}

/// The ledger of a simulation: exactly what was sent and accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Simulated seconds for each real one.
    pub rate: f64,
    /// The resource attribute by which all of it can be told from real work.
    pub mark: String,
    /// Where it was sent.
    pub endpoints: Endpoints,
    /// Milliseconds of simulated time.
    pub simulated_ms: u64,
    /// It was stopped, or the collector was too slow to take everything in time.
    pub cut_short: bool,
    /// What became of the requests.
    pub requests: Requests,
    /// All agents together.
    pub total: Total,
    /// Each agent.
    pub agents: Vec<AgentLedger>,
}

/// The ledgers while the agents are at work.
#[derive(Debug)]
pub(super) struct Books {
    kept: Mutex<(Requests, Vec<AgentLedger>)>,
}

impl Books {
    pub(super) fn new(agents: Vec<AgentLedger>) -> Books {
        Books { kept: Mutex::new((Requests::default(), agents)) }
    }

    /// Enters what became of a request of the nth agent.
    pub(super) fn enter(&self, index: usize, export: &Export, fate: Fate, retries: u32) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, agents) = &mut *kept;
        requests.retries += u64::from(retries);
        match fate {
            Fate::Accepted { rejected } => {
                requests.accepted += 1;
                requests.rejected_items += rejected;
                agents[index].enter(export);
            }
            Fate::Refused(reason) => {
                requests.refused += 1;
                requests.last_loss = Some(reason);
            }
            Fate::Unanswered(reason) => {
                requests.unanswered += 1;
                requests.last_loss = Some(reason);
            }
        }
    }

    pub(super) fn read(&self) -> (Requests, Vec<AgentLedger>) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
