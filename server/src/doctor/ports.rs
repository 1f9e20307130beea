//! What is using a port of the host: one of the stack's containers, another container, or a process on this machine.

use monitor_core::{
    doctor::PortHolder,
    lifecycle::ObservedContainer,
    status::{ContainerState, PublishedPort},
};

use crate::host::{self, Listener, Process};

/// How many ports above one in use are searched for a free one.
const ALTERNATIVES_TRIED: u16 = 200;

/// The programs with which Docker and Podman publish ports.
const PROXIES: [&str; 3] = ["docker-proxy", "rootlessport", "rootlesskit"];

/// What is needed to find the holders of ports. The methods read kernel tables, so they must not be called on an async
/// thread.
#[derive(Debug, Clone, Copy)]
pub struct Ports<'a> {
    /// The monitor folder, which identifies the stack's own containers.
    pub directory: &'a str,
    /// All containers of the Engine.
    pub containers: &'a [ObservedContainer],
    /// The Engine publishes ports on this machine, so that its processes are checked too.
    pub publishes_here: bool,
    /// The process that receives into the file of the built-in receiver, if it makes way for the stack.
    pub receiver: Option<u32>,
}

impl Ports<'_> {
    /// What is using the port.
    fn holder(&self, port: &PublishedPort) -> PortHolder {
        let publishes = |container: &&ObservedContainer| {
            container.state.is_up()
                && container
                    .ports
                    .iter()
                    .any(|other| other.host == port.host && host::addresses_overlap(&other.bind, &port.bind))
        };
        if let Some(container) = self.containers.iter().find(publishes) {
            let name = container.name.clone();
            return match container.service_of(self.directory) {
                Some(_) => PortHolder::Stack(name),
                None => PortHolder::Container(name),
            };
        }
        // Processes on another machine can't be found.
        match self.publishes_here.then(|| host::find_listener(&port.bind, port.host)) {
            Some(Listener::Process(Some(Process { number, .. }))) if self.receiver == Some(number) => {
                PortHolder::MakesWay(number)
            }
            Some(Listener::Process(process)) => match self.between_two_runs(port, process.as_ref()) {
                Some(container) => PortHolder::Stack(container),
                None => PortHolder::Process(process.map(|process| process.to_string())),
            },
            Some(Listener::None) | None => PortHolder::Nobody,
        }
    }

    /// The stack's container whose proxy the process is. While a container stops or starts again, Docker does not list its
    /// ports, but its proxy listens already, or still.
    fn between_two_runs(&self, port: &PublishedPort, process: Option<&Process>) -> Option<String> {
        process.filter(|process| PROXIES.contains(&process.name.as_str()))?;
        let is_meant = |container: &&ObservedContainer| {
            let may_publish = match container.ports.as_slice() {
                [] => container.state != ContainerState::Running,
                ports => ports.iter().any(|other| other.host == port.host),
            };
            may_publish && container.service_of(self.directory).is_some()
        };
        self.containers.iter().find(is_meant).map(|container| container.name.clone())
    }

    /// What is using the port, and a free port to use instead if it is not the stack. The free port is added to `reserved`, so
    /// that it is not suggested twice.
    pub fn holder_and_alternative(&self, port: &PublishedPort, reserved: &mut Vec<u16>) -> (PortHolder, Option<u16>) {
        let holder = self.holder(port);
        let free = self.find_alternative(port, &holder, reserved);
        reserved.extend(free);
        (holder, free)
    }

    /// The next free port that is not reserved. `None` if the port is free or the stack's own.
    fn find_alternative(&self, port: &PublishedPort, holder: &PortHolder, reserved: &[u16]) -> Option<u16> {
        if matches!(holder, PortHolder::Nobody | PortHolder::Stack(_) | PortHolder::MakesWay(_)) {
            return None;
        }
        let candidates = (1..=ALTERNATIVES_TRIED).map_while(|step| port.host.checked_add(step));
        candidates
            .filter(|candidate| !reserved.contains(candidate))
            .find(|candidate| self.holder(&PublishedPort { host: *candidate, ..port.clone() }) == PortHolder::Nobody)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn container(name: &str, project: &str, state: ContainerState, ports: &[u16]) -> ObservedContainer {
        let label = |name: &str, value: &str| (format!("com.docker.compose.{name}"), value.to_owned());
        let labels = [label("project", project), label("project.working_dir", "/data/monitor"), label("service", name)];
        let port = |host: &u16| PublishedPort { bind: "127.0.0.1".into(), host: *host, container: *host };
        ObservedContainer {
            id: name.into(),
            name: name.into(),
            image: String::new(),
            image_id: String::new(),
            state,
            labels: BTreeMap::from(labels),
            networks: Vec::new(),
            ports: ports.iter().map(port).collect(),
        }
    }

    #[test]
    fn the_proxy_of_a_container_that_starts_again_belongs_to_the_stack() {
        use ContainerState as S;
        let process = |name: &str| Some(Process { name: name.to_owned(), number: 812 });
        let proxy = || process("docker-proxy");
        let port = PublishedPort { bind: "127.0.0.1".into(), host: 3100, container: 3100 };
        for (container, process, expected) in [
            (container("loki", "monitor", S::Restarting, &[]), proxy(), true),
            (container("loki", "monitor", S::Exited, &[3100]), proxy(), true),
            (container("loki", "monitor", S::Exited, &[3200]), proxy(), false),
            (container("loki", "monitor", S::Running, &[]), proxy(), false),
            (container("loki", "other", S::Restarting, &[]), proxy(), false),
            (container("loki", "monitor", S::Restarting, &[]), process("nginx"), false),
            (container("loki", "monitor", S::Restarting, &[]), None, false),
        ] {
            let ports = Ports {
                directory: "/data/monitor",
                containers: std::slice::from_ref(&container),
                publishes_here: true,
                receiver: None,
            };
            let found = ports.between_two_runs(&port, process.as_ref());
            assert_eq!(found.is_some(), expected, "{:?} {:?} {process:?}", container.state, container.labels);
        }
    }
}
