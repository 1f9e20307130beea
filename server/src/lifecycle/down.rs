//! Stops the stack: its containers side by side, then the volumes if requested. The network is kept, because agents and
//! the firewall use it too.

use std::{collections::BTreeSet, pin::pin};

use futures::{
    StreamExt,
    future::{Either, join_all, select, try_join_all},
};
use monitor_core::{
    error::StackError,
    job::{Phase, Progress},
    lifecycle::{DownPlan, Leftover, ObservedContainer, StopPlan, plan_down},
    service::Service,
    stack::StackSpec,
};
use tokio::sync::watch;

use super::{Report, step};
use crate::engine::{ContainerAction, ContainerEngine, EngineEvent};

/// Stops and removes the stack's containers, with `with_volumes` also its volumes, and returns once they are gone.
///
/// A container that can't be removed does not stop the others. Of several failures, the first in the order of
/// `Service::ALL` is returned.
pub async fn down(
    engine: &dyn ContainerEngine,
    stack: &StackSpec,
    with_volumes: bool,
    report: Report<'_>,
) -> Result<(), StackError> {
    let plan = plan_down(stack, &engine.containers().await?, with_volumes);
    if let Some(removal) = Leftover::removal(&plan.leftovers) {
        report(Progress::Warning(removal));
    }
    for stop in &plan.containers {
        step(report, stop.service, Phase::Waiting);
    }
    let stopped = watch::Sender::default();
    // Those of one service share its step, which ends with the last of them.
    let of_service = plan.containers.chunk_by(|one, other| one.service == other.service);
    let removing = join_all(of_service.map(|stops| {
        let (plan, stopped) = (&plan, &stopped);
        async move {
            let removing = stops.iter().map(|stop| remove_in_turn(engine, plan, stop, stopped, report));
            let removed: Result<(), StackError> = join_all(removing).await.into_iter().collect();
            let phase = if removed.is_ok() { Phase::Removed } else { Phase::Failed };
            step(report, stops[0].service, phase);
            removed
        }
    }));
    // The subscription is requested first, but not awaited.
    let removed = match select(pin!(note_ends(engine, &plan, &stopped)), removing).await {
        Either::Left(((), removing)) => removing.await,
        Either::Right((removed, _)) => removed,
    };
    removed.into_iter().collect::<Result<(), StackError>>()?;
    try_join_all(plan.volumes.iter().map(|volume| engine.remove_volume(volume))).await?;
    match left_over(stack, &engine.containers().await?) {
        None => Ok(()),
        Some(service) => Err(StackError::Refused {
            service,
            verb: "removed".into(),
            detail: "it reappeared right after it was removed; something else starts it".into(),
        }),
    }
}

/// Removes a container once those that have to be stopped before it are. `stopped` has the IDs of containers whose process
/// has ended, and of those whose stop failed: otherwise the others would wait forever.
async fn remove_in_turn(
    engine: &dyn ContainerEngine,
    plan: &DownPlan,
    stop: &StopPlan,
    stopped: &watch::Sender<BTreeSet<String>>,
    report: Report<'_>,
) -> Result<(), StackError> {
    let earlier = plan.containers.iter().filter(|other| stop.after.contains(&other.service));
    let mut changes = stopped.subscribe();
    // An error is impossible, because the sender lives until all have ended.
    drop(changes.wait_for(|stopped| earlier.clone().all(|other| stopped.contains(&other.id))).await);
    step(report, stop.service, Phase::Stopping);
    let ended = engine.stop_container(stop.service, &stop.id).await;
    stopped.send_modify(|stopped| {
        stopped.insert(stop.id.clone());
    });
    ended?;
    engine.remove_container(stop.service, &stop.id).await?;
    report(Progress::ContainerRemoved);
    Ok(())
}

/// Notes each container whose process has ended. Docker reports that before it takes down the container's network, which
/// takes longer than everything else about a stop. An end that is missed is noted when the stop is answered.
async fn note_ends(engine: &dyn ContainerEngine, plan: &DownPlan, stopped: &watch::Sender<BTreeSet<String>>) {
    let mut events = engine.events();
    while let Some(Ok(event)) = events.next().await {
        let Some(EngineEvent::Container { id, action: ContainerAction::Died, .. }) = event else { continue };
        if plan.containers.iter().any(|stop| stop.id == id) {
            stopped.send_modify(|stopped| {
                stopped.insert(id);
            });
        }
    }
}

fn left_over(stack: &StackSpec, containers: &[ObservedContainer]) -> Option<Service> {
    containers.iter().find_map(|container| container.service_of(&stack.directory))
}
