//! When to ask a service whether it is ready: often until it is, then every 15 s while pages are open, otherwise never.
//! Asked again at once after anything happened to its container, and when a page is loaded.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use monitor_core::{
    service::Service,
    stack::{ServiceSpec, StackSpec},
    status::{ContainerState, PublishedPort},
    timestamp::Timestamp,
};
use tokio::time::sleep;

use crate::{
    readiness::{Answer, Readiness},
    status::ObservedService,
};

/// The interval for a service that just started. It grows up to `MAX_INTERVAL`.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// The longest interval for a service that is not ready.
const MAX_INTERVAL: Duration = Duration::from_secs(2);
/// The interval for a service that is ready.
const READY_INTERVAL: Duration = Duration::from_secs(15);

/// The polls of all running services. Pending requests are kept while `next_answer` is not awaited.
pub(super) struct ReadinessPolling {
    readiness: Arc<dyn Readiness>,
    polls: BTreeMap<Service, Poll>,
    pending: FuturesUnordered<BoxFuture<'static, (Service, u64, Answer)>>,
    last_number: u64,
    /// The services that `ask_all` asked, and whose answers have not arrived.
    unanswered: BTreeSet<Service>,
}

struct Poll {
    /// Distinguishes this poll's requests from those of polls that ended.
    number: u64,
    spec: ServiceSpec,
    ports: Vec<PublishedPort>,
    /// Distinguishes one run of the container from the next.
    started_at: Option<Timestamp>,
    interval: Duration,
    /// The service is ready and no page is open, so no request is pending.
    paused: bool,
}

impl ReadinessPolling {
    pub(super) fn new(readiness: Arc<dyn Readiness>) -> ReadinessPolling {
        ReadinessPolling {
            readiness,
            polls: BTreeMap::new(),
            pending: FuturesUnordered::new(),
            last_number: 0,
            unanswered: BTreeSet::new(),
        }
    }

    /// Starts, resumes and ends polls to match the running services and whether pages are open. With `again`, every service
    /// is asked at once.
    pub(super) fn update(&mut self, stack: &StackSpec, services: &[ObservedService], watched: bool, again: bool) {
        for ObservedService { id, status } in services {
            let service = status.service;
            let is_running = id.is_some() && status.state == ContainerState::Running;
            let Some(spec) = stack.service(service).filter(|_| is_running) else {
                self.polls.remove(&service);
                self.unanswered.remove(&service);
                continue;
            };
            let is_same = |poll: &&Poll| {
                poll.started_at == status.started_at
                    && poll.ports == status.ports
                    && poll.spec.readiness == spec.readiness
            };
            let known = self.polls.get(&service).filter(is_same);
            if known.is_none() {
                let poll = Poll {
                    number: 0,
                    spec: spec.clone(),
                    ports: status.ports.clone(),
                    started_at: status.started_at,
                    interval: MIN_INTERVAL,
                    paused: false,
                };
                self.polls.insert(service, poll);
                self.ask_now(service);
            } else if again || known.is_some_and(|poll| poll.paused && watched) {
                self.ask_now(service);
            }
        }
    }

    /// Asks every running service at once. `true` if there is one, so that answers will arrive.
    pub(super) fn ask_all(&mut self) -> bool {
        self.unanswered = self.polls.keys().copied().collect();
        for service in self.unanswered.clone() {
            self.ask_now(service);
        }
        self.is_waiting()
    }

    /// Whether an answer to `ask_all` has not arrived.
    pub(super) fn is_waiting(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// The next answer. Never resolves while no request is pending.
    pub(super) async fn next_answer(&mut self, watched: bool) -> (Service, Answer) {
        loop {
            let Some((service, number, answer)) = self.pending.next().await else {
                return std::future::pending().await;
            };
            let Some(poll) = self.polls.get_mut(&service).filter(|poll| poll.number == number) else { continue };
            self.unanswered.remove(&service);
            match &answer {
                Answer::Ready if watched => {
                    poll.interval = MIN_INTERVAL;
                    self.ask(service, READY_INTERVAL);
                }
                Answer::Ready => poll.paused = true,
                Answer::NotReady(_) => {
                    poll.interval = (poll.interval * 3 / 2).min(MAX_INTERVAL);
                    let interval = poll.interval;
                    self.ask(service, interval);
                }
            }
            return (service, answer);
        }
    }

    /// Asks at once. An answer that is still awaited no longer counts.
    fn ask_now(&mut self, service: Service) {
        self.last_number += 1;
        if let Some(poll) = self.polls.get_mut(&service) {
            poll.number = self.last_number;
            poll.paused = false;
        }
        self.ask(service, Duration::ZERO);
    }

    fn ask(&self, service: Service, after: Duration) {
        let Some(poll) = self.polls.get(&service) else { return };
        let (readiness, number) = (Arc::clone(&self.readiness), poll.number);
        let (spec, ports) = (poll.spec.clone(), poll.ports.clone());
        let request = async move {
            sleep(after).await;
            (service, number, readiness.ask(&spec, &ports).await)
        };
        self.pending.push(request.boxed());
    }
}
