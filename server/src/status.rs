//! Converts what the Engine reports to the status of services. Used by the live watch and by `clawker-monitor status`.

use std::{pin::Pin, sync::Arc};

use futures::future::{Either, join_all, maybe_done, select, try_join};
use monitor_core::{
    error::StackError,
    lifecycle::{ObservedContainer, ObservedNetwork},
    live::{EngineState, Snapshot},
    stack::{NETWORK, ServiceSpec, StackSpec},
    status::{ContainerState, NetworkStatus, PublishedPort, ServiceStatus, StatusReport, stack_state, version_in},
};

use tokio_util::task::AbortOnDropHandle;

use crate::{
    background::finished,
    clock::now,
    engine::{ContainerDetail, ContainerEngine, DetailedContainer},
    readiness::{Answer, Readiness, reachable_host},
};

/// A service's status with the id of its container.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedService {
    /// `None` if there is no container that belongs to the stack.
    pub id: Option<String>,
    /// Without readiness: `ready` is false and `waiting_for` is `None`.
    pub status: ServiceStatus,
}

/// The status of every service as the Engine reports it, in the order of `stack.services`, and that of the network.
pub async fn observe_services(
    engine: &dyn ContainerEngine,
    stack: &StackSpec,
) -> Result<(Vec<ObservedService>, NetworkStatus), StackError> {
    let (containers, network) = look(engine).await?;
    let services = stack.services.iter().map(|spec| observed_service(stack, spec, &containers)).collect();
    Ok((services, network_status(network.as_ref())))
}

/// What the Engine reports that a status needs.
async fn look(engine: &dyn ContainerEngine) -> Result<(Vec<DetailedContainer>, Option<ObservedNetwork>), StackError> {
    try_join(engine.service_containers(), engine.network()).await
}

fn observed_service(stack: &StackSpec, spec: &ServiceSpec, containers: &[DetailedContainer]) -> ObservedService {
    let of_service = |known: &&DetailedContainer| known.container.service_of(&stack.directory) == Some(spec.service);
    let named = |known: &&DetailedContainer| known.container.name == spec.service.name();
    // Of two, the one with the service's own name: see `containers_of`.
    let ours = containers.iter().filter(of_service).min_by_key(|known| !named(known));
    match ours.or_else(|| containers.iter().find(named)) {
        None => ObservedService { id: None, status: missing_service(spec) },
        Some(DetailedContainer { container, detail }) => {
            let ours = container.service_of(&stack.directory).is_some();
            ObservedService {
                id: ours.then(|| container.id.clone()),
                status: existing_service(spec, container, detail, ours),
            }
        }
    }
}

/// The status of the services while the Engine is unreachable.
pub fn unknown_services(stack: &StackSpec) -> Vec<ServiceStatus> {
    stack.services.iter().map(missing_service).collect()
}

/// A container's state as the end of a sentence: `has exited`, `is paused`.
pub fn describe_state(state: ContainerState) -> String {
    match state {
        ContainerState::Exited => "has exited".to_owned(),
        other => format!("is {}", other.name()),
    }
}

fn network_status(network: Option<&ObservedNetwork>) -> NetworkStatus {
    NetworkStatus { name: NETWORK.into(), exists: network.is_some() }
}

/// The address of the service's web page where its ports are published. `None` if it has none or publishes no port.
pub fn page_address(spec: &ServiceSpec, ports: &[PublishedPort]) -> Option<String> {
    let port = ports.iter().find(|port| port.host == spec.readiness.port).or(ports.first());
    port.filter(|_| spec.has_page).map(|port| format!("http://{}:{}", reachable_host(&port.bind), port.host))
}

/// Observes the stack and asks each running service once whether it is ready.
///
/// For one look, which should be over soon: `reading` the stack, and whether it is initialized, is waited for while the
/// Engine is asked, and the services are asked where the stack would publish them before it is known whether they run.
pub async fn report(
    engine: Arc<dyn ContainerEngine>,
    readiness: &dyn Readiness,
    reading: impl Future<Output = (StackSpec, bool)>,
) -> Result<StatusReport, StackError> {
    let looking = AbortOnDropHandle::new(tokio::spawn(async move { look(engine.as_ref()).await }));
    let (stack, initialized) = reading.await;
    let mut asked: Vec<_> =
        stack.services.iter().map(|spec| Box::pin(maybe_done(readiness.ask(spec, &spec.ports)))).collect();
    let asking = join_all(asked.iter_mut().map(Pin::as_mut));
    let looked = match select(looking, asking).await {
        Either::Left((looked, _)) => looked,
        Either::Right((_, looking)) => looking.await,
    };
    let (containers, network) = finished(looked).await?;
    let services: Vec<ServiceStatus> = join_all(stack.services.iter().zip(asked).map(|(spec, mut asked)| {
        let found = observed_service(&stack, spec, &containers);
        async move {
            let mut status = found.status;
            // The answer of one that does not run would be something else's, and is not waited for.
            if status.state == ContainerState::Running && found.id.is_some() {
                let answer = if status.ports == PublishedPort::in_order(spec.ports.clone()) {
                    asked.as_mut().await;
                    asked.as_mut().take_output()
                } else {
                    None
                };
                let answer = match answer {
                    Some(answer) => answer,
                    None => readiness.ask(spec, &status.ports).await,
                };
                set_readiness(&mut status, &answer);
            }
            status
        }
    }))
    .await;
    let network = network_status(network.as_ref());
    Ok(StatusReport { stack: stack_state(true, initialized, &services), network, services, job: None })
}

/// Sets a service's readiness by an answer that has just arrived.
pub fn set_readiness(status: &mut ServiceStatus, answer: &Answer) {
    status.checked_at = Some(now());
    status.ready = *answer == Answer::Ready;
    status.waiting_for = match answer {
        Answer::Ready => None,
        Answer::NotReady(reason) => Some(reason.clone()),
    };
}

/// Sets the state of the whole stack from that of its parts.
pub fn update_stack_state(snapshot: &mut Snapshot) {
    let engine_answers = !matches!(snapshot.engine, EngineState::Unreachable { .. });
    snapshot.stack = stack_state(engine_answers, snapshot.configuration.initialized, &snapshot.services);
}

fn missing_service(spec: &ServiceSpec) -> ServiceStatus {
    ServiceStatus {
        service: spec.service,
        container: spec.service.name().into(),
        state: ContainerState::Missing,
        ready: false,
        image: spec.image.to_string(),
        version: version_in(spec.image.as_str()),
        started_at: None,
        ports: PublishedPort::in_order(spec.ports.clone()),
        url: None,
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: None,
    }
}

fn existing_service(
    spec: &ServiceSpec,
    container: &ObservedContainer,
    detail: &ContainerDetail,
    ours: bool,
) -> ServiceStatus {
    let is_running = detail.state == ContainerState::Running;
    let problem = if ours {
        detail.problem.clone()
    } else {
        let owner = container.owner().map(|owner| format!(" ({owner})")).unwrap_or_default();
        Some(format!("a container named `{}`{owner} already exists and is not part of this stack", container.name))
    };
    ServiceStatus {
        service: spec.service,
        container: container.name.clone(),
        state: detail.state,
        ready: false,
        image: container.image.clone(),
        version: version_in(&container.image),
        started_at: detail.started_at.filter(|_| is_running),
        ports: container.ports.clone(),
        url: page_address(spec, &container.ports).filter(|_| is_running && ours),
        waiting_for: None,
        checked_at: None,
        problem,
        usage: None,
    }
}
