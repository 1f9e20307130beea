//! Simulates agents that export to a collector, in real time or faster. `core` decides what they do; this module maps it
//! to wall-clock time, encodes it as OTLP and sends it.
//!
//! **Rate.** Agents export every ten seconds of simulated time, whatever the rate. A rate of 60 squeezes an hour of
//! simulated time into a minute of wall-clock time, including timestamps and the pauses between requests. The same seed
//! therefore gives the same bodies at every rate except for their timestamps, no timestamp is in the future, and all
//! stores agree on the times. Durations inside a body (active time, latencies) remain in simulated time.
//!
//! **Ledger.** It sums what was accepted. Requests that were never answered are counted but not included.

mod report;
mod sender;
pub mod to_otlp;

use std::{sync::Arc, time::Duration};

use monitor_core::{
    error::StackError,
    settings::Settings,
    simulation::{Agent, AgentLedger, Body, Export, Intervals, MARK},
    timestamp::Timestamp,
};
use serde::Serialize;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use self::to_otlp::{SimulationClock, encode};
pub use self::{
    report::{Report, Requests, Total},
    sender::{Outcome, RetryPolicy, Sender},
};
use crate::readiness::reachable_host;

/// How long a simulation may overrun its duration because of a slow collector before it is cut off.
const GRACE: Duration = Duration::from_secs(15);

/// The collector's two OTLP/HTTP endpoints, as URLs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// Receives metrics.
    pub metrics: String,
    /// Receives events, as log records.
    pub logs: String,
}

impl Endpoints {
    /// The endpoints of the collector in these settings, as reached from this host, or below `base` if it is given.
    /// `remote_host` is the Engine's host if that is not this one.
    pub fn new(settings: &Settings, remote_host: Option<String>, base: Option<&str>) -> Endpoints {
        let host = || remote_host.unwrap_or_else(|| reachable_host(&settings.bind_address.to_string()));
        let base = match base {
            Some(base) => base.trim_end_matches('/').to_owned(),
            None => format!("http://{}:{}", host(), settings.otel_collector_port),
        };
        let url = |path: &str| format!("{base}{path}");
        Endpoints {
            metrics: url(settings.telemetry.metrics_path.as_str()),
            logs: url(settings.telemetry.logs_path.as_str()),
        }
    }
}

/// What to simulate, and where to send it.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The same seed gives the same simulation.
    pub seed: u64,
    /// How many agents.
    pub agents: u32,
    /// Simulated seconds per real second.
    pub rate: f64,
    /// In wall-clock time. `None` runs until it is stopped.
    pub duration: Option<Duration>,
    /// How often an agent exports.
    pub intervals: Intervals,
    /// Where agents send their exports.
    pub endpoints: Endpoints,
    /// When and how often a failed request is retried.
    pub retry_policy: RetryPolicy,
}

/// The state of a running simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Milliseconds of simulated time so far.
    pub simulated_ms: u64,
    /// The requests so far, by outcome.
    pub requests: Requests,
    /// What the collector has accepted so far.
    pub total: Total,
}

impl Simulation {
    /// Runs until the duration is over or `stop` is canceled, and calls `report_progress` every second. Simulated time
    /// begins at `started_at`, which is usually now.
    ///
    /// # Errors
    /// [`StackError::NoCollector`] if no collector answers at the endpoints, or if it accepted none of the requests.
    pub async fn run(
        &self,
        started_at: Timestamp,
        mut report_progress: impl FnMut(Progress),
        stop: CancellationToken,
    ) -> Result<Report, StackError> {
        let stop = stop.child_token();
        let sender = Sender::new(self.retry_policy, stop.clone()).map_err(|error| StackError::CannotStart {
            component: "the HTTP client".into(),
            detail: format!("{error:#}"),
        })?;
        for endpoint in [&self.endpoints.metrics, &self.endpoints.logs] {
            sender.probe(endpoint).await.map_err(|detail| no_collector(endpoint, detail))?;
        }
        let agents: Vec<Agent> =
            (0..self.agents).map(|index| Agent::new(self.seed, index.into(), self.intervals)).collect();
        let ledgers = agents.iter().map(|agent| AgentLedger::new(agent.identity())).collect();
        let state = Arc::new(SharedState {
            clock: SimulationClock { started_at, rate: self.rate },
            started: Instant::now(),
            end_ms: self.duration.map(|duration| (duration.as_secs_f64() * 1000.0 * self.rate).round() as u64),
            endpoints: self.endpoints.clone(),
            sender,
            stop: stop.clone(),
            ledgers: report::Ledgers::new(ledgers),
        });
        let mut running = JoinSet::new();
        for (index, agent) in agents.into_iter().enumerate() {
            running.spawn(Arc::clone(&state).run_agent(index, agent));
        }
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                done = running.join_next() => if done.is_none() { break },
                _ = second.tick() => {
                    report_progress(state.progress());
                    if self.duration.is_some_and(|duration| state.started.elapsed() > duration + GRACE) {
                        stop.cancel();
                    }
                }
            }
        }
        let (requests, agents) = state.ledgers.read();
        if let Some(detail) = requests.last_loss.clone().filter(|_| requests.accepted == 0) {
            return Err(no_collector(&self.endpoints.metrics, detail));
        }
        Ok(Report {
            seed: self.seed,
            rate: self.rate,
            mark: format!("{MARK}=true"),
            endpoints: self.endpoints.clone(),
            simulated_ms: state.now_ms(),
            cut_short: stop.is_cancelled(),
            requests,
            total: Total::of(&agents),
            agents,
        })
    }
}

fn no_collector(endpoint: &str, detail: String) -> StackError {
    StackError::NoCollector { endpoint: endpoint.to_owned(), detail }
}

/// What all simulated agents share.
struct SharedState {
    clock: SimulationClock,
    started: Instant,
    /// In simulated milliseconds. `None` runs until it is stopped.
    end_ms: Option<u64>,
    endpoints: Endpoints,
    sender: Sender,
    stop: CancellationToken,
    ledgers: report::Ledgers,
}

impl SharedState {
    /// Runs one agent to the end. It sends its requests in order, because the collector adds up deltas and drops a point
    /// that arrives after a later one.
    async fn run_agent(self: Arc<Self>, index: usize, mut agent: Agent) {
        loop {
            let before = agent.clone();
            let export = agent.next_export();
            let ends_first = self.end_ms.filter(|end_ms| *end_ms < export.at_ms);
            let due = self.started + self.to_real_time(ends_first.unwrap_or(export.at_ms));
            let stopped = self.stop.run_until_cancelled(tokio::time::sleep_until(due)).await.is_none();
            if stopped || ends_first.is_some() {
                let at_ms = if stopped { self.now_ms() } else { ends_first.unwrap_or_default() };
                for export in before.stop(at_ms) {
                    self.send(index, &agent, export).await;
                }
                return;
            }
            self.send(index, &agent, export).await;
        }
    }

    async fn send(&self, index: usize, agent: &Agent, export: Export) {
        let url = match export.body {
            Body::Metrics(_) => &self.endpoints.metrics,
            Body::Logs(_) => &self.endpoints.logs,
        };
        let (outcome, retries) = self.sender.send(url, encode(agent.identity(), &export, self.clock)).await;
        self.ledgers.record(index, &export, outcome, retries);
    }

    fn to_real_time(&self, simulated_ms: u64) -> Duration {
        Duration::from_secs_f64(simulated_ms as f64 / 1000.0 / self.clock.rate)
    }

    /// Simulated milliseconds since the start. Never later than the end, so that runs with the same seed stop at the same
    /// time.
    fn now_ms(&self) -> u64 {
        let now_ms = (self.started.elapsed().as_secs_f64() * 1000.0 * self.clock.rate) as u64;
        self.end_ms.map_or(now_ms, |end_ms| now_ms.min(end_ms))
    }

    fn progress(&self) -> Progress {
        let (requests, agents) = self.ledgers.read();
        Progress { simulated_ms: self.now_ms(), requests, total: Total::of(&agents) }
    }
}
