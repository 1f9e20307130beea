//! Stops the stack: containers in reverse order, then the volumes if requested. The network is kept, because
//! agents and the firewall use it too.

use futures::future::try_join_all;
use monitor_core::{
    error::StackError,
    job::Phase,
    lifecycle::{Observed, plan_down},
    service::Service,
    stack::StackSpec,
};

use super::{Report, step};
use crate::engine::ContainerEngine;

/// Stops and removes the stack's containers, with `with_volumes` also its volumes, and returns once they are gone.
pub async fn down(
    engine: &dyn ContainerEngine,
    stack: &StackSpec,
    with_volumes: bool,
    report: Report<'_>,
) -> Result<(), StackError> {
    let plan = plan_down(stack, &engine.observe(stack).await?, with_volumes);
    for rank in &plan.ranks {
        try_join_all(rank.iter().map(|(service, id)| async move {
            step(report, *service, Phase::Stopping);
            let gone = remove(engine, *service, id).await;
            step(report, *service, if gone.is_ok() { Phase::Removed } else { Phase::Failed });
            gone
        }))
        .await?;
    }
    try_join_all(plan.volumes.iter().map(|volume| engine.remove_volume(volume))).await?;
    match left_over(stack, &engine.observe(stack).await?) {
        None => Ok(()),
        Some(service) => Err(StackError::Refused {
            service,
            verb: "removed".into(),
            detail: "it reappeared right after it was removed; something else starts it".into(),
        }),
    }
}

async fn remove(engine: &dyn ContainerEngine, service: Service, id: &str) -> Result<(), StackError> {
    engine.stop_container(service, id).await?;
    engine.remove_container(service, id).await
}

fn left_over(stack: &StackSpec, observed: &Observed) -> Option<Service> {
    observed.containers.iter().find_map(|container| container.service_of(&stack.directory))
}
