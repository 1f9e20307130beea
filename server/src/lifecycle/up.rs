//! Starts the stack: network, images, volumes, containers, readiness.

use std::{collections::BTreeMap, time::Duration};

use futures::{
    StreamExt,
    future::{join_all, try_join_all},
    stream::{self, FuturesUnordered},
};
use monitor_core::{
    error::StackError,
    job::{Phase, Progress},
    lifecycle::{ServiceAction, ServicePlan, UpPlan, plan_up},
    service::Service,
    settings::ImageRef,
    stack::{ServiceSpec, StackSpec},
    status::ContainerState,
};
use tokio::time::{Instant, sleep};

use super::{ReadinessWait, Report, step};
use crate::{
    engine::ContainerEngine,
    readiness::{Answer, Readiness},
    status::describe_state,
};

/// How many images are pulled at once; the Engine pulls three layers of each.
const PULLS_AT_ONCE: usize = 3;
/// How many lines of a failing service's log go into the error.
const LOG_LINES: u32 = 12;

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
    let mut observed = engine.observe(stack).await?;
    let plan = plan_up(stack, &observed)?;
    for spec in &stack.services {
        step(report, spec.service, Phase::Waiting);
    }
    if plan.create_network {
        engine.create_network().await?;
    }
    try_join_all(plan.volumes.iter().map(|volume| engine.create_volume(volume))).await?;
    let not_fetched = pull(engine, &plan, report).await;
    for (image, _) in &plan.pulls {
        if let Some(id) = engine.image_id(image).await? {
            observed.images.insert(image.to_string(), id);
        }
    }

    let prepared = join_all(plan.services.iter().map(|planned| async {
        let spec = stack.service(planned.service)?;
        let prepared = match (not_fetched.get(&spec.image), observed.images.get(spec.image.as_str())) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(image_id)) => prepare(engine, stack, spec, image_id, planned, report).await,
            (None, None) => Err(missing_after_pull(spec)),
        };
        Some((spec, prepared))
    }))
    .await;

    let mut outcomes: Vec<Outcome<'_>> = prepared
        .into_iter()
        .flatten()
        .map(|(spec, prepared)| Outcome {
            spec,
            result: prepared.map(|(id, start)| Container { id, start }).map_err(NotStarted::Failed),
        })
        .collect();
    start_in_order(engine, &mut outcomes, report).await;
    let waited = join_all(outcomes.into_iter().map(|outcome| async move {
        let service = outcome.spec.service;
        let result = match outcome.result {
            Ok(container) => await_readiness(engine, readiness, wait, outcome.spec, &container.id, report).await,
            Err(NotStarted::Failed(error)) => Err(error),
            // The service it depends on reports the reason.
            Err(NotStarted::Skipped) => {
                step(report, service, Phase::Failed);
                Ok(())
            }
        };
        if result.is_err() {
            step(report, service, Phase::Failed);
        }
        result
    }))
    .await;
    waited.into_iter().collect()
}

struct Outcome<'a> {
    spec: &'a ServiceSpec,
    result: Result<Container, NotStarted>,
}

enum NotStarted {
    /// It could not be created or started.
    Failed(StackError),
    /// Something it depends on could not.
    Skipped,
}

struct Container {
    id: String,
    /// It still has to be started.
    start: bool,
}

/// Pulls missing images. Returns the failures by image; one failure does not stop the others.
async fn pull(engine: &dyn ContainerEngine, plan: &UpPlan, report: Report<'_>) -> BTreeMap<ImageRef, StackError> {
    let pulls: Vec<_> = plan
        .pulls
        .iter()
        .map(|(image, services)| async move {
            for service in services {
                step(report, *service, Phase::Pulling);
            }
            // A plan contains only pulls that a service needs.
            let service = services.first().copied().unwrap_or(Service::OtelCollector);
            let pulled = engine.pull_image(service, image, &|pull| report(Progress::Pull(pull))).await;
            for service in services {
                step(report, *service, if pulled.is_ok() { Phase::Waiting } else { Phase::Failed });
            }
            (image.clone(), pulled)
        })
        .collect();
    stream::iter(pulls)
        .buffer_unordered(PULLS_AT_ONCE)
        .filter_map(|(image, pulled)| async move { Some((image, pulled.err()?)) })
        .collect()
        .await
}

fn missing_after_pull(spec: &ServiceSpec) -> StackError {
    StackError::PullFailed {
        service: spec.service,
        image: spec.image.to_string(),
        detail: "the Engine reported success, but the image is not there".into(),
    }
}

/// Creates or recreates the service's container. Returns its id and whether it has to be started.
async fn prepare(
    engine: &dyn ContainerEngine,
    stack: &StackSpec,
    spec: &ServiceSpec,
    image_id: &str,
    planned: &ServicePlan,
    report: Report<'_>,
) -> Result<(String, bool), StackError> {
    match &planned.action {
        ServiceAction::Keep { id } => return Ok((id.clone(), false)),
        ServiceAction::Start { id } => return Ok((id.clone(), true)),
        ServiceAction::Create => step(report, spec.service, Phase::Creating),
        ServiceAction::Recreate { id, .. } => {
            step(report, spec.service, Phase::Creating);
            engine.stop_container(spec.service, id).await?;
            engine.remove_container(spec.service, id).await?;
        }
    }
    Ok((engine.create_container(stack, spec, image_id).await?, true))
}

/// Starts containers, each as soon as everything it depends on has been started.
async fn start_in_order(engine: &dyn ContainerEngine, outcomes: &mut [Outcome<'_>], report: Report<'_>) {
    let mut waiting: Vec<usize> = Vec::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        if matches!(&outcome.result, Ok(container) if container.start) {
            waiting.push(index);
        }
    }
    let mut starting = FuturesUnordered::new();
    loop {
        waiting.retain(|&index| {
            let spec = outcomes[index].spec;
            let of = |service: &Service| outcomes.iter().find(|other| other.spec.service == *service);
            if spec.depends_on.iter().any(|service| of(service).is_some_and(|it| it.result.is_err())) {
                outcomes[index].result = Err(NotStarted::Skipped);
                return false;
            }
            let ready = spec
                .depends_on
                .iter()
                .all(|service| of(service).is_none_or(|it| matches!(&it.result, Ok(container) if !container.start)));
            if let (true, Ok(container)) = (ready, &outcomes[index].result) {
                step(report, spec.service, Phase::Starting);
                let id = container.id.clone();
                starting.push(async move { (index, engine.start_container(spec, &id).await) });
            }
            !ready
        });
        let Some((index, started)) = starting.next().await else { break };
        match (started, &mut outcomes[index].result) {
            (Ok(()), Ok(container)) => container.start = false,
            (Err(error), result) => *result = Err(NotStarted::Failed(error)),
            (Ok(()), Err(_)) => {}
        }
    }
}

/// Waits until the service is ready, its container ends, or the time is over.
async fn await_readiness(
    engine: &dyn ContainerEngine,
    readiness: &dyn Readiness,
    wait: ReadinessWait,
    spec: &ServiceSpec,
    id: &str,
    report: Report<'_>,
) -> Result<(), StackError> {
    let service = spec.service;
    step(report, service, Phase::AwaitingReadiness);
    let started = Instant::now();
    loop {
        let reason = match readiness.ask(spec, &spec.ports).await {
            Answer::Ready => {
                step(report, service, Phase::Ready);
                return Ok(());
            }
            Answer::NotReady(reason) => reason,
        };
        let detail = engine.container_detail(id).await?;
        if detail.state != ContainerState::Running {
            return Err(StackError::ServiceFailed {
                service,
                detail: detail.problem.unwrap_or_else(|| format!("its container {}", describe_state(detail.state))),
                log: last_lines(engine, service).await,
            });
        }
        if started.elapsed() >= wait.timeout {
            return Err(StackError::NotReady {
                service,
                waited_seconds: started.elapsed().as_secs(),
                detail: reason,
                log: last_lines(engine, service).await,
            });
        }
        let longest = wait.interval.max(Duration::from_millis(500));
        let pause = wait.interval.max(started.elapsed() / 20).min(longest);
        sleep(pause).await;
    }
}

async fn last_lines(engine: &dyn ContainerEngine, service: Service) -> Vec<String> {
    match engine.recent_logs(service, LOG_LINES).await {
        Ok(lines) => lines.into_iter().map(|line| line.text).collect(),
        Err(_) => Vec::new(),
    }
}
