//! Statuses of services, as a watch would report them.

use monitor_core::{
    service::Service,
    status::{ContainerState, PublishedPort, ServiceStatus},
};

/// A running service of the stack with that published port.
pub fn running(service: Service, port: u16) -> ServiceStatus {
    ServiceStatus {
        service,
        container: service.name().into(),
        state: ContainerState::Running,
        ready: true,
        image: String::new(),
        version: None,
        started_at: None,
        ports: vec![PublishedPort { bind: "127.0.0.1".into(), host: port, container: port }],
        url: None,
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: None,
    }
}
