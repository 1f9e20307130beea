//! From what the Engine holds to the status people see. Used by the live watch and by `clawker-monitor status` alike.

use futures::future::join_all;
use monitor_core::{
    error::StackError,
    lifecycle::{Observed, ObservedContainer},
    live::{EngineState, Snapshot},
    stack::{NETWORK, ServiceSpec, StackSpec},
    status::{ContainerState, NetworkStatus, ServiceStatus, StatusReport, stack_state, version_in},
};

use crate::{
    engine::{ContainerDetail, ContainerEngine},
    readiness::{Answer, Readiness, reachable_host},
};

/// A service's status with the container's id, where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedService {
    /// The container's id.
    pub id: Option<String>,
    /// The status. `ready` is false and `waiting_for` empty: readiness is asked by others.
    pub status: ServiceStatus,
}

/// The status of every service, as the Engine sees it.
pub async fn observe_services(
    engine: &dyn ContainerEngine,
    stack: &StackSpec,
    observed: &Observed,
) -> Result<Vec<ObservedService>, StackError> {
    let found = join_all(stack.services.iter().map(|spec| async move {
        let container = observed
            .containers
            .iter()
            .find(|container| container.service_of(&stack.directory) == Some(spec.service))
            .or_else(|| observed.containers.iter().find(|container| container.name == spec.service.name()));
        match container {
            None => Ok(ObservedService { id: None, status: missing(spec) }),
            Some(container) => {
                let detail = engine.container_detail(&container.id).await?;
                let ours = container.service_of(&stack.directory).is_some();
                Ok(ObservedService {
                    id: ours.then(|| container.id.clone()),
                    status: present(spec, container, detail, ours),
                })
            }
        }
    }))
    .await;
    found.into_iter().collect()
}

/// What is known of the services when the Engine does not answer.
pub fn unknown_services(stack: &StackSpec) -> Vec<ServiceStatus> {
    stack.services.iter().map(missing).collect()
}

/// The network, as observed.
pub fn network(observed: &Observed) -> NetworkStatus {
    NetworkStatus { name: NETWORK.into(), exists: observed.network.is_some() }
}

/// Asks everything once, for `clawker-monitor status`.
pub async fn report(
    engine: &dyn ContainerEngine,
    readiness: &dyn Readiness,
    stack: &StackSpec,
    initialized: bool,
) -> Result<StatusReport, StackError> {
    let observed = engine.observe(stack).await?;
    let found = observe_services(engine, stack, &observed).await?;
    let services: Vec<ServiceStatus> =
        join_all(found.into_iter().zip(&stack.services).map(|(found, spec)| async move {
            let mut status = found.status;
            if status.state == ContainerState::Running && found.id.is_some() {
                let answer = readiness.ask(spec, &status.ports).await;
                set_readiness(&mut status, &answer);
            }
            status
        }))
        .await;
    Ok(StatusReport { stack: stack_state(true, initialized, &services), network: network(&observed), services })
}

/// Notes what a service said about its readiness.
pub fn set_readiness(status: &mut ServiceStatus, answer: &Answer) {
    status.ready = *answer == Answer::Ready;
    status.waiting_for = match answer {
        Answer::Ready => None,
        Answer::NotReady(said) => Some(said.clone()),
    };
}

/// Sets the one word for the whole stack from its parts.
pub fn update_stack_state(snapshot: &mut Snapshot) {
    let engine_answers = !matches!(snapshot.engine, EngineState::Unreachable { .. });
    snapshot.stack = stack_state(engine_answers, snapshot.configuration.initialized, &snapshot.services);
}

fn missing(spec: &ServiceSpec) -> ServiceStatus {
    ServiceStatus {
        service: spec.service,
        container: spec.service.name().into(),
        state: ContainerState::Missing,
        ready: false,
        image: spec.image.to_string(),
        version: version_in(spec.image.as_str()),
        started_at: None,
        ports: spec.ports.clone(),
        url: None,
        waiting_for: None,
        problem: None,
        usage: None,
    }
}

fn present(spec: &ServiceSpec, container: &ObservedContainer, detail: ContainerDetail, ours: bool) -> ServiceStatus {
    let running = detail.state == ContainerState::Running;
    let page = container.ports.iter().find(|port| port.host == spec.readiness.port).or(container.ports.first());
    let problem = match ours {
        true => detail.problem,
        false => Some(format!(
            "a container named `{}` that is not part of this stack{} is in the way",
            container.name,
            container.owner().map(|owner| format!(" ({owner})")).unwrap_or_default()
        )),
    };
    ServiceStatus {
        service: spec.service,
        container: container.name.clone(),
        state: detail.state,
        ready: false,
        image: container.image.clone(),
        version: version_in(&container.image),
        started_at: detail.started_at.filter(|_| running),
        ports: container.ports.clone(),
        url: page
            .filter(|_| running && ours && spec.has_page)
            .map(|port| format!("http://{}:{}", reachable_host(&port.bind), port.host)),
        waiting_for: None,
        problem,
        usage: None,
    }
}
