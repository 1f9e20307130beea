//! Keeps the hub's snapshot true: follows the Engine's events, the job, and the services' readiness. The Engine is not
//! polled; only an Engine that went away is tried again, and only a service's readiness, of which Docker knows nothing,
//! is asked for.

mod agents;
mod checkups;
mod readiness_rounds;
mod usage;

use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};

use futures::{StreamExt, future::try_join3, stream::BoxStream};
use monitor_core::{
    error::StackError,
    live::{EngineState, Snapshot},
    stack::{NETWORK, StackSpec},
    status::{ContainerState, NetworkStatus},
};
use tokio::{
    sync::{
        Notify,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
    time::{Instant, sleep},
};

use crate::{
    agents::Details,
    clock::now,
    configuration::Configuration,
    engine::{ContainerEngine, EngineEvent},
    hub::Hub,
    jobs::Jobs,
    readiness::Readiness,
    status::{self, Found},
    telemetry::TelemetrySource,
    visits::Visits,
};
use agents::Told;
use readiness_rounds::Rounds;
use usage::Usages;

/// Events come in bursts (create, attach, start); the Engine is looked at once for all that come within this time.
const BURST: Duration = Duration::from_millis(8);
/// A pull reports hundreds of times a second; people see ten.
const JOB_PACE: Duration = Duration::from_millis(100);
/// Between two tries of an Engine that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// What the watch needs.
pub struct Watch {
    /// The Engine.
    pub engine: Arc<dyn ContainerEngine>,
    /// How services are asked.
    pub readiness: Arc<dyn Readiness>,
    /// What the stores know about agents.
    pub telemetry: Arc<dyn TelemetrySource>,
    /// What was learnt of agents by a second look.
    pub details: Details,
    /// Files and settings.
    pub configuration: Configuration,
    /// The process' jobs.
    pub jobs: Jobs,
    /// Where it all goes.
    pub hub: Hub,
    /// Rung when files or settings may have changed.
    pub configuration_changed: Arc<Notify>,
    /// Rung when what the doctor found may no longer be so.
    pub checkup_due: Arc<Notify>,
    /// Rings when somebody loads a page.
    pub visits: Visits,
}

/// What is known before the Engine was asked.
pub fn first_snapshot(configuration: &Configuration) -> Snapshot {
    let mut snapshot = Snapshot {
        configuration: configuration.summary(),
        network: NetworkStatus { name: NETWORK.into(), exists: false },
        services: status::unknown(&configuration.stack_or_default()),
        ..Snapshot::unknown(now())
    };
    status::settle(&mut snapshot);
    snapshot
}

impl Watch {
    /// Runs until dropped.
    pub async fn run(self) {
        let job_news = async {
            let mut changes = self.jobs.changes();
            loop {
                changes.next().await;
                let job = self.jobs.current();
                let running = job.as_ref().is_some_and(|job| job.is_running());
                self.hub.update(|snapshot| snapshot.job = job);
                if running {
                    sleep(JOB_PACE).await;
                } else {
                    self.configuration_changed.notify_one();
                }
            }
        };
        let engine_news = async {
            // Said once, not at every try.
            let mut told = None;
            loop {
                let error = self.follow_engine().await;
                if told.as_ref() != Some(&error) {
                    tracing::warn!(%error, hint = error.hint(), "without the Engine; trying again until it answers");
                    told = Some(error.clone());
                    self.checkup_due.notify_one();
                }
                let services = status::unknown(&self.configuration.stack_or_default());
                self.telemetry.follow(&services);
                self.hub.update(|snapshot| {
                    snapshot.engine = EngineState::Unreachable { error };
                    snapshot.network.exists = false;
                    snapshot.services = services;
                    snapshot.agents.clear();
                    snapshot.new_agents = None;
                    snapshot.flow = None;
                    snapshot.configuration = self.configuration.summary();
                    status::settle(snapshot);
                });
                tokio::select! {
                    () = sleep(RETRY) => {}
                    () = self.configuration_changed.notified() => self.checkup_due.notify_one(),
                }
            }
        };
        tokio::join!(job_news, engine_news, self.keep_checkup());
    }

    /// Follows an Engine that answers until it does not; says why it stopped.
    async fn follow_engine(&self) -> StackError {
        match self.try_follow_engine().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn try_follow_engine(&self) -> Result<Infallible, StackError> {
        let info = self.engine.info().await?;
        // Subscribed before anything is listed, so that nothing falls between the two.
        let mut events = self.engine.events();
        next_event(&mut events).await?;
        tracing::info!(version = info.version, endpoint = info.endpoint, "connected to the Engine");
        self.hub.update(|snapshot| {
            snapshot.engine = EngineState::Connected {
                version: info.version,
                api_version: info.api_version,
                endpoint: info.endpoint,
            };
        });
        // Stack and agents are watched side by side, so that neither waits while the other is looked at.
        let (tell_stack, stack_events) = mpsc::unbounded_channel();
        let (tell_agents, told) = mpsc::unbounded_channel();
        let hand_on = async {
            let tell_agents = tell_agents.clone();
            loop {
                if let Some(event) = next_event(&mut events).await? {
                    // Both live as long as this does.
                    tell_agents.send(Told::Event(event.clone())).ok();
                    tell_stack.send(event).ok();
                }
            }
        };
        let (never, ..): (Infallible, Infallible, Infallible) =
            try_join3(hand_on, self.keep_stack(stack_events, &tell_agents), self.keep_agents(told)).await?;
        Ok(never)
    }

    /// Keeps the services true until the Engine goes away.
    async fn keep_stack(
        &self,
        mut events: UnboundedReceiver<EngineEvent>,
        tell_agents: &UnboundedSender<Told>,
    ) -> Result<Infallible, StackError> {
        let mut rounds = Rounds::new(self.readiness.clone());
        let mut usages = Usages::default();
        let mut readers = self.hub.readers();
        let mut stack = self.configuration.stack_or_default();
        let mut ids = BTreeSet::new();
        let mut look_at = Some(Instant::now());
        loop {
            let watched = *readers.borrow() > 0;
            tokio::select! {
                Some(event) = events.recv() => {
                    if concerns(&stack, &ids, &event) {
                        self.believe(&event);
                        look_at.get_or_insert_with(|| Instant::now() + BURST);
                    }
                }
                () = until(look_at) => {
                    look_at = None;
                    let found = self.look(&stack).await?;
                    ids = found.iter().filter_map(|found| found.id.clone()).collect();
                    rounds.follow(&stack, &found, watched);
                    usages.follow(&found, watched, self.engine.as_ref());
                    self.tell_services(tell_agents);
                }
                () = self.configuration_changed.notified() => {
                    stack = self.configuration.stack_or_default();
                    let summary = self.configuration.summary();
                    self.hub.update(|snapshot| {
                        snapshot.configuration = summary;
                        status::settle(snapshot);
                    });
                    look_at = Some(Instant::now());
                    tell_agents.send(Told::SettingsChanged).ok();
                }
                (service, answer) = rounds.next(watched) => {
                    self.hub.update(|snapshot| {
                        if let Some(status) = snapshot.services.iter_mut().find(|status| status.service == service) {
                            status::apply(status, &answer);
                        }
                        status::settle(snapshot);
                    });
                    self.tell_services(tell_agents);
                }
                (service, usage) = usages.next() => {
                    self.hub.update(|snapshot| {
                        if let Some(status) = snapshot.services.iter_mut().find(|status| status.service == service) {
                            status.usage = usage;
                        }
                    });
                }
                changed = readers.changed() => {
                    // The hub outlives the watch.
                    if changed.is_ok() {
                        look_at.get_or_insert_with(Instant::now);
                    }
                }
            }
        }
    }

    /// Whoever asks the stores learns where they are now.
    fn tell_services(&self, tell_agents: &UnboundedSender<Told>) {
        self.telemetry.follow(&self.hub.snapshot().services);
        tell_agents.send(Told::ServicesChanged).ok();
    }

    /// Takes the Engine's word for an end. It tells of one about 100 ms before its own lists do (Engine 20.10 takes the
    /// network down in between); the look that follows says how it ended, and whether it is being started again.
    fn believe(&self, event: &EngineEvent) {
        let EngineEvent::Container { name, action, .. } = event else { return };
        if action != "die" {
            return;
        }
        self.hub.update(|snapshot| {
            if let Some(status) = snapshot.services.iter_mut().find(|status| status.container == *name) {
                status.state = ContainerState::Exited;
                status.ready = false;
                status.started_at = None;
                status.url = None;
                status.usage = None;
                status.waiting_for = None;
            }
            status::settle(snapshot);
        });
    }

    /// Looks at the Engine once and publishes what is there.
    async fn look(&self, stack: &StackSpec) -> Result<Vec<Found>, StackError> {
        let observed = self.engine.observe(stack).await?;
        let found = status::find(self.engine.as_ref(), stack, &observed).await?;
        self.hub.update(|snapshot| {
            snapshot.network = status::network(&observed);
            let statuses = found.iter().map(|found| {
                let mut status = found.status.clone();
                // What was learnt elsewhere about the same run of the same container stays.
                if let Some(known) = snapshot.service(status.service)
                    && status.state == ContainerState::Running
                    && known.started_at == status.started_at
                {
                    status.ready = known.ready;
                    status.waiting_for.clone_from(&known.waiting_for);
                    status.usage = known.usage;
                }
                status
            });
            snapshot.services = statuses.collect();
            status::settle(snapshot);
        });
        self.checkup_due.notify_one();
        Ok(found)
    }
}

/// The next event; the end of the stream is the end of the Engine.
async fn next_event(
    events: &mut BoxStream<'static, Result<Option<EngineEvent>, StackError>>,
) -> Result<Option<EngineEvent>, StackError> {
    events.next().await.unwrap_or_else(|| {
        Err(StackError::EngineUnreachable { endpoint: "docker".into(), detail: "it closed the connection".into() })
    })
}

/// Containers run checks of their own all the time (`exec_create: …`); none of those changes what is shown. Nor does a
/// signal (`kill`): looking then would wait on the Engine's lock of a container that is ending, and hear of its end late.
/// `ids` are the stack's own containers: agents come and go on its network, and do not concern it.
fn concerns(stack: &StackSpec, ids: &BTreeSet<String>, event: &EngineEvent) -> bool {
    match event {
        EngineEvent::Container { name, action, .. } => {
            !action.starts_with("exec_")
                && !matches!(action.as_str(), "kill" | "top" | "resize" | "attach" | "detach")
                && stack.services.iter().any(|spec| spec.service.name() == name)
        }
        EngineEvent::Network { name, container } => {
            name == NETWORK && container.as_ref().is_none_or(|container| ids.contains(container))
        }
        EngineEvent::Volume => false,
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
