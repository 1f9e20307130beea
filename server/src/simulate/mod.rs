//! Plays agents at work before a collector, in real time or faster. What they do is `core`'s script; here it is given
//! the wall's clock, made into OTLP and sent.
//!
//! **Rate.** Simulated time is the agents' own: an export every ten seconds of theirs, whatever the rate. A rate of 60
//! squeezes an hour of theirs into a minute of the wall's clock, timestamps and pauses between requests alike, so that
//! the same seed gives the same bodies at every rate but for their timestamps, nothing lies in the future, and all
//! stores agree on when it was. What is *said* in a body (durations, active time) stays the agents' own.
//!
//! **Ledger.** It holds what was accepted. A request that was never answered is in no sum; how many there were is said.

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

use self::to_otlp::{Course, encode};
pub use self::{
    report::{Report, Requests, Total},
    sender::{Fate, Patience, Sender},
};
use crate::readiness::reachable_host;

/// How long after its time a play is cut off, where the collector is too slow or refuses.
const GRACE: Duration = Duration::from_secs(15);

/// The collector's two addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// For metrics.
    pub metrics: String,
    /// For events.
    pub logs: String,
}

impl Endpoints {
    /// Where the stack of these settings listens, seen from the host; or below `base`, where one is given.
    /// `remote_host` is the Engine's machine, if that is another one.
    pub fn new(settings: &Settings, remote_host: Option<String>, base: Option<&str>) -> Endpoints {
        let host = || remote_host.unwrap_or_else(|| reachable_host(&settings.bind_address.to_string()));
        let base = match base {
            Some(base) => base.trim_end_matches('/').to_owned(),
            None => format!("http://{}:{}", host(), settings.otel_collector_port),
        };
        let of = |path: &str| format!("{base}{path}");
        Endpoints {
            metrics: of(settings.telemetry.metrics_path.as_str()),
            logs: of(settings.telemetry.logs_path.as_str()),
        }
    }
}

/// A play.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The same seed plays the same.
    pub seed: u64,
    /// How many agents.
    pub agents: u32,
    /// Simulated seconds for each real one.
    pub rate: f64,
    /// How long, on the wall's clock; without end where there is none.
    pub lasts: Option<Duration>,
    /// How often an agent exports.
    pub intervals: Intervals,
    /// Where to.
    pub endpoints: Endpoints,
    /// How hard a request is tried.
    pub patience: Patience,
}

/// How it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Milliseconds of simulated time so far.
    pub simulated_ms: u64,
    /// What became of the requests so far.
    pub requests: Requests,
    /// What was accepted so far.
    pub total: Total,
}

impl Simulation {
    /// Plays until its time is over or `stop` is cancelled, and tells of its progress each second. Simulated time begins
    /// at `begun`, which is now for whoever does not look into the past.
    ///
    /// # Errors
    /// [`StackError::NoCollector`] where nobody takes telemetry at the endpoints, or not one request was taken.
    pub async fn run(
        &self,
        begun: Timestamp,
        mut tell: impl FnMut(Progress),
        stop: CancellationToken,
    ) -> Result<Report, StackError> {
        let stop = stop.child_token();
        let sender = Sender::new(self.patience, stop.clone()).map_err(|error| StackError::CannotStart {
            component: "the HTTP client".into(),
            detail: format!("{error:#}"),
        })?;
        for endpoint in [&self.endpoints.metrics, &self.endpoints.logs] {
            sender.knock(endpoint).await.map_err(|detail| no_collector(endpoint, detail))?;
        }
        let agents: Vec<Agent> =
            (0..self.agents).map(|index| Agent::new(self.seed, index.into(), self.intervals)).collect();
        let ledgers = agents.iter().map(|agent| AgentLedger::new(agent.identity())).collect();
        let stage = Arc::new(Stage {
            course: Course { begun, rate: self.rate },
            raised: Instant::now(),
            end_ms: self.lasts.map(|lasts| (lasts.as_secs_f64() * 1000.0 * self.rate).round() as u64),
            endpoints: self.endpoints.clone(),
            sender,
            stop: stop.clone(),
            books: report::Books::new(ledgers),
        });
        let mut playing = JoinSet::new();
        for (index, agent) in agents.into_iter().enumerate() {
            playing.spawn(Arc::clone(&stage).play(index, agent));
        }
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                done = playing.join_next() => if done.is_none() { break },
                _ = second.tick() => {
                    tell(stage.progress());
                    if self.lasts.is_some_and(|lasts| stage.raised.elapsed() > lasts + GRACE) {
                        stop.cancel();
                    }
                }
            }
        }
        let (requests, agents) = stage.books.read();
        if let Some(detail) = requests.last_loss.clone().filter(|_| requests.accepted == 0) {
            return Err(no_collector(&self.endpoints.metrics, detail));
        }
        Ok(Report {
            seed: self.seed,
            rate: self.rate,
            mark: format!("{MARK}=true"),
            endpoints: self.endpoints.clone(),
            simulated_ms: stage.now_ms(),
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

/// What all agents of a play share.
struct Stage {
    course: Course,
    raised: Instant,
    end_ms: Option<u64>,
    endpoints: Endpoints,
    sender: Sender,
    stop: CancellationToken,
    books: report::Books,
}

impl Stage {
    /// One agent, to the end. It sends one request after the other: the collector adds up deltas and drops a point that
    /// comes after a later one.
    async fn play(self: Arc<Self>, index: usize, mut agent: Agent) {
        loop {
            let before = agent.clone();
            let export = agent.next_export();
            let ends_first = self.end_ms.filter(|end_ms| *end_ms < export.at_ms);
            let due = self.raised + self.real(ends_first.unwrap_or(export.at_ms));
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
        let (fate, retries) = self.sender.send(url, encode(agent.identity(), &export, self.course)).await;
        self.books.enter(index, &export, fate, retries);
    }

    fn real(&self, simulated_ms: u64) -> Duration {
        Duration::from_secs_f64(simulated_ms as f64 / 1000.0 / self.course.rate)
    }

    /// Never later than the end: there, every run of the same seed stops at the same moment.
    fn now_ms(&self) -> u64 {
        let now_ms = (self.raised.elapsed().as_secs_f64() * 1000.0 * self.course.rate) as u64;
        self.end_ms.map_or(now_ms, |end_ms| now_ms.min(end_ms))
    }

    fn progress(&self) -> Progress {
        let (requests, agents) = self.books.read();
        Progress { simulated_ms: self.now_ms(), requests, total: Total::of(&agents) }
    }
}
