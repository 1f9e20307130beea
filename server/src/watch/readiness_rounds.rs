//! When to ask which service whether it is ready: often while it is not, now and then while it is and somebody looks,
//! never otherwise.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

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
    status::Found,
};

/// Between two questions to a service that just started, growing to `SLOW`.
const QUICK: Duration = Duration::from_millis(100);
/// Between two questions to a service that has not been ready for long.
const SLOW: Duration = Duration::from_secs(2);
/// Between two questions to a service that is ready.
const RECHECK: Duration = Duration::from_secs(15);

/// The rounds of questions. Questions that were asked stay asked while other things happen.
pub(super) struct Rounds {
    readiness: Arc<dyn Readiness>,
    rounds: BTreeMap<Service, Round>,
    asked: FuturesUnordered<BoxFuture<'static, (Service, u64, Answer)>>,
    last_number: u64,
}

struct Round {
    /// Tells this round's questions from those of rounds that ended.
    number: u64,
    spec: ServiceSpec,
    ports: Vec<PublishedPort>,
    /// Tells one run of the container from the next.
    started_at: Option<Timestamp>,
    pause: Duration,
    /// The service is ready and nobody looks: no question is under way.
    resting: bool,
}

impl Rounds {
    pub(super) fn new(readiness: Arc<dyn Readiness>) -> Rounds {
        Rounds { readiness, rounds: BTreeMap::new(), asked: FuturesUnordered::new(), last_number: 0 }
    }

    /// Begins, wakes and ends rounds so that they match what runs and whether somebody looks.
    pub(super) fn follow(&mut self, stack: &StackSpec, found: &[Found], watched: bool) {
        for Found { id, status } in found {
            let service = status.service;
            let runs = id.is_some() && status.state == ContainerState::Running;
            let Some(spec) = stack.service(service).filter(|_| runs) else {
                self.rounds.remove(&service);
                continue;
            };
            match self.rounds.get_mut(&service) {
                Some(round) if round.started_at == status.started_at && round.spec.readiness == spec.readiness => {
                    if round.resting && watched {
                        round.resting = false;
                        self.ask(service, Duration::ZERO);
                    }
                }
                _ => {
                    self.last_number += 1;
                    let round = Round {
                        number: self.last_number,
                        spec: spec.clone(),
                        ports: status.ports.clone(),
                        started_at: status.started_at,
                        pause: QUICK,
                        resting: false,
                    };
                    self.rounds.insert(service, round);
                    self.ask(service, Duration::ZERO);
                }
            }
        }
    }

    /// The next answer. Never resolves while nothing is asked.
    pub(super) async fn next(&mut self, watched: bool) -> (Service, Answer) {
        loop {
            let Some((service, number, answer)) = self.asked.next().await else {
                return std::future::pending().await;
            };
            let Some(round) = self.rounds.get_mut(&service).filter(|round| round.number == number) else { continue };
            match &answer {
                Answer::Ready if watched => {
                    round.pause = QUICK;
                    self.ask(service, RECHECK);
                }
                Answer::Ready => round.resting = true,
                Answer::NotReady(_) => {
                    round.pause = (round.pause * 3 / 2).min(SLOW);
                    let pause = round.pause;
                    self.ask(service, pause);
                }
            }
            return (service, answer);
        }
    }

    fn ask(&self, service: Service, after: Duration) {
        let Some(round) = self.rounds.get(&service) else { return };
        let (readiness, number) = (Arc::clone(&self.readiness), round.number);
        let (spec, ports) = (round.spec.clone(), round.ports.clone());
        let question = async move {
            sleep(after).await;
            (service, number, readiness.ask(&spec, &ports).await)
        };
        self.asked.push(question.boxed());
    }
}
