//! Starts the stack: first the network, then every service on its own. A service waits for nothing but its own image and
//! the start of the services it depends on, so one slow pull delays only what needs that image.

use std::collections::BTreeMap;

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, join_all, try_join_all},
};
use monitor_core::{
    error::StackError,
    job::{Phase, Progress},
    lifecycle::{Leftover, ServiceAction, UpPlan, plan_up},
    service::Service,
    settings::ImageRef,
    stack::{Mount, ServiceSpec, StackSpec},
};
use tokio::sync::{Semaphore, watch};

use super::{ReadinessWait, Report, await_ready::await_readiness, remove, remove_all, step};
use crate::{engine::ContainerEngine, readiness::Readiness};

/// How many images are pulled at once; the Engine pulls three layers of each.
const PULLS_AT_ONCE: usize = 3;

/// Starts the stack and returns once every service is ready.
///
/// A service that fails does not stop the others; those that depend on it are not started. Of several failures, the
/// first in the order of `Service::ALL` is returned.
pub async fn up(
    engine: &dyn ContainerEngine,
    readiness: &dyn Readiness,
    wait: ReadinessWait,
    stack: &StackSpec,
    report: Report<'_>,
) -> Result<(), StackError> {
    let observed = engine.observe(stack).await?;
    let plan = plan_up(stack, &observed)?;
    for spec in &stack.services {
        step(report, spec.service, Phase::Waiting);
    }
    for planned in &plan.services {
        if let ServiceAction::Recreate { because, .. } = &planned.action {
            report(Progress::Recreate { service: planned.service, because: because.reason() });
        }
    }
    if let Some(removal) = Leftover::removal(&plan.leftovers) {
        report(Progress::Warning(removal));
        let leftovers = plan.leftovers.iter().map(|leftover| (leftover.service, leftover.id.clone()));
        remove_all(engine, leftovers.collect()).await?;
    }
    if plan.create_network {
        engine.create_network().await?;
    }
    let pull_slots = Semaphore::new(PULLS_AT_ONCE);
    let start = Start {
        engine,
        stack,
        report,
        present_images: observed.images,
        pulls: shared_pulls(engine, &plan, &pull_slots, report),
        volumes: shared_volumes(engine, &plan),
        started: watch::Sender::default(),
    };
    let ended = join_all(plan.services.iter().map(|planned| {
        let start = &start;
        async move {
            // A plan contains only services of the stack.
            let Some(spec) = stack.service(planned.service) else { return Ok(()) };
            let result = match start.bring_up(spec, &planned.action).await {
                Ok(id) => await_readiness(engine, readiness, wait, spec, &id, report).await,
                Err(NotStarted::Failed(error)) => Err(error),
                // The service it depends on reports the reason.
                Err(NotStarted::Skipped) => {
                    step(report, spec.service, Phase::Failed);
                    Ok(())
                }
            };
            if result.is_err() {
                step(report, spec.service, Phase::Failed);
            }
            result
        }
    }))
    .await;
    ended.into_iter().collect()
}

/// A step that several services may wait for. It runs once, while at least one of them waits.
type SharedStep<'a, T> = Shared<BoxFuture<'a, Result<T, StackError>>>;

/// The pulls of missing images. Each gives the image's ID.
fn shared_pulls<'a>(
    engine: &'a dyn ContainerEngine,
    plan: &'a UpPlan,
    slots: &'a Semaphore,
    report: Report<'a>,
) -> BTreeMap<&'a ImageRef, SharedStep<'a, String>> {
    let pull = |(image, services): &'a (ImageRef, Vec<Service>)| {
        let pulled = async move {
            // An error is impossible, because the semaphore is never closed.
            let _slot = slots.acquire().await;
            for service in services {
                step(report, *service, Phase::Pulling);
            }
            // A plan contains only pulls that a service needs.
            let service = services.first().copied().unwrap_or(Service::OtelCollector);
            engine.pull_image(service, image, &|pull| report(Progress::Pull(pull))).await?;
            engine.image_id(image).await?.ok_or_else(|| StackError::PullFailed {
                service,
                image: image.to_string(),
                detail: "the Engine reported success, but the image is not there".into(),
            })
        };
        (image, pulled.boxed().shared())
    };
    plan.pulls.iter().map(pull).collect()
}

/// The creation of missing volumes, by key.
fn shared_volumes<'a>(engine: &'a dyn ContainerEngine, plan: &'a UpPlan) -> BTreeMap<&'a str, SharedStep<'a, ()>> {
    plan.volumes.iter().map(|volume| (volume.key.as_str(), engine.create_volume(volume).shared())).collect()
}

/// What the services share while they are started.
struct Start<'a> {
    engine: &'a dyn ContainerEngine,
    stack: &'a StackSpec,
    report: Report<'a>,
    /// IDs of images that don't have to be pulled, by reference.
    present_images: BTreeMap<String, String>,
    pulls: BTreeMap<&'a ImageRef, SharedStep<'a, String>>,
    volumes: BTreeMap<&'a str, SharedStep<'a, ()>>,
    /// Whether a service was started (`true`) or will not be (`false`). Undecided ones are missing.
    started: watch::Sender<BTreeMap<Service, bool>>,
}

enum NotStarted {
    /// It could not be created or started.
    Failed(StackError),
    /// Something it depends on could not.
    Skipped,
}

impl<'a> Start<'a> {
    /// Starts one service and tells those that depend on it. Returns its container's ID.
    async fn bring_up(&self, spec: &ServiceSpec, action: &ServiceAction) -> Result<String, NotStarted> {
        let started = match action {
            ServiceAction::Keep { id } => Ok(id.clone()),
            _ => self.start(spec, action).await,
        };
        self.started.send_modify(|known| {
            known.insert(spec.service, started.is_ok());
        });
        started
    }

    async fn start(&self, spec: &ServiceSpec, action: &ServiceAction) -> Result<String, NotStarted> {
        let id = self.prepare(spec, action).await.map_err(NotStarted::Failed)?;
        if !self.dependencies_started(spec).await {
            return Err(NotStarted::Skipped);
        }
        step(self.report, spec.service, Phase::Starting);
        self.engine.start_container(spec, &id).await.map_err(NotStarted::Failed)?;
        Ok(id)
    }

    /// Creates or recreates the container unless it is up to date. Returns its ID.
    async fn prepare(&self, spec: &ServiceSpec, action: &ServiceAction) -> Result<String, StackError> {
        let service = spec.service;
        let outdated = match action {
            ServiceAction::Keep { id } | ServiceAction::Start { id } => return Ok(id.clone()),
            ServiceAction::Create => None,
            ServiceAction::Recreate { id, .. } => Some(id),
        };
        // The old container runs until its successor can be created.
        let image_id = self.image_id(spec).await?;
        try_join_all(self.volumes_of(spec)).await?;
        step(self.report, service, Phase::Creating);
        if let Some(id) = outdated {
            remove(self.engine, service, id).await?;
        }
        self.engine.create_container(self.stack, spec, &image_id).await
    }

    /// The ID of the service's image, which is pulled if it is missing.
    async fn image_id(&self, spec: &ServiceSpec) -> Result<String, StackError> {
        match (self.present_images.get(spec.image.as_str()), self.pulls.get(&spec.image)) {
            (Some(id), _) => Ok(id.clone()),
            (None, Some(pull)) => pull.clone().await,
            // The plan has a pull for every image that is not present.
            (None, None) => Err(StackError::PullFailed {
                service: spec.service,
                image: spec.image.to_string(),
                detail: "it was neither found nor pulled".into(),
            }),
        }
    }

    fn volumes_of(&self, spec: &ServiceSpec) -> Vec<SharedStep<'a, ()>> {
        let volume = |mount: &Mount| match mount {
            Mount::Volume { key, .. } => self.volumes.get(key.as_str()).cloned(),
            Mount::File { .. } => None,
        };
        spec.mounts.iter().filter_map(volume).collect()
    }

    /// Waits until everything that the service depends on is started (`true`) or something will not be (`false`).
    async fn dependencies_started(&self, spec: &ServiceSpec) -> bool {
        let in_stack = || spec.depends_on.iter().filter(|service| self.stack.service(**service).is_some());
        let is_decided = |known: &BTreeMap<Service, bool>| {
            in_stack().any(|service| known.get(service) == Some(&false))
                || in_stack().all(|service| known.contains_key(service))
        };
        let mut started = self.started.subscribe();
        if !is_decided(&started.borrow()) {
            step(self.report, spec.service, Phase::Waiting);
        }
        // An error is impossible, because the sender lives as long as `self`.
        let decided = started.wait_for(is_decided).await;
        decided.is_ok_and(|known| in_stack().all(|service| known.get(service) == Some(&true)))
    }
}
