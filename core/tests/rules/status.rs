//! The state of the stack, and the names of container states.

use monitor_core::{
    service::Service,
    status::{ContainerState, ServiceStatus, StackState, stack_state, version_in},
};

fn service(service: Service, state: ContainerState, ready: bool) -> ServiceStatus {
    ServiceStatus {
        service,
        container: service.name().into(),
        state,
        ready,
        image: String::new(),
        version: None,
        started_at: None,
        ports: Vec::new(),
        url: None,
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: None,
    }
}

/// All services running and ready, except the first.
fn with_first(state: ContainerState, ready: bool) -> Vec<ServiceStatus> {
    let mut services: Vec<_> =
        Service::ALL.into_iter().map(|each| service(each, ContainerState::Running, true)).collect();
    services[0] = service(Service::ALL[0], state, ready);
    services
}

/// All services in one state.
fn all(state: ContainerState) -> Vec<ServiceStatus> {
    Service::ALL.into_iter().map(|each| service(each, state, false)).collect()
}

#[test]
fn the_stack_runs_only_if_every_service_is_running_and_ready() {
    use ContainerState::{Exited, Missing, Paused, Restarting, Running};
    for (services, expected) in [
        (with_first(Running, true), StackState::Running),
        (with_first(Running, false), StackState::Partial),
        (with_first(Exited, true), StackState::Partial),
        (all(Running), StackState::Partial),
        (all(Restarting), StackState::Partial),
        (all(Paused), StackState::Partial),
        (all(Exited), StackState::Stopped),
        (all(Missing), StackState::Stopped),
        (with_first(Running, true)[..5].to_vec(), StackState::Partial),
    ] {
        assert_eq!(stack_state(true, true, &services), expected, "{services:?}");
    }
}

#[test]
fn an_unreachable_engine_comes_first_and_missing_files_count_only_without_containers() {
    assert_eq!(stack_state(false, true, &with_first(ContainerState::Running, true)), StackState::EngineUnreachable);
    assert_eq!(stack_state(false, false, &all(ContainerState::Missing)), StackState::EngineUnreachable);
    assert_eq!(stack_state(true, false, &all(ContainerState::Missing)), StackState::NotInitialized);
    assert_eq!(stack_state(true, false, &all(ContainerState::Paused)), StackState::Partial);
    assert_eq!(stack_state(true, false, &with_first(ContainerState::Running, true)), StackState::Running);
}

#[test]
fn a_container_state_is_found_by_dockers_name() {
    assert_eq!(ContainerState::from_name("running"), Some(ContainerState::Running));
    assert_eq!(ContainerState::from_name("exited"), Some(ContainerState::Exited));
    assert_eq!(ContainerState::from_name("Running"), None);
}

#[test]
fn a_tag_with_a_slash_belongs_to_a_port_and_is_no_version() {
    assert_eq!(version_in("registry:5000/grafana"), None);
    assert_eq!(version_in("loki:v3.7.0@sha256:c316").as_deref(), Some("3.7.0"));
    assert_eq!(version_in("loki:latest"), None);
    assert_eq!(version_in("loki"), None);
}
