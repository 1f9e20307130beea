//! What is using a port of the host: one of the stack's containers, another container, or a process on this machine.

use monitor_core::{doctor::PortHolder, lifecycle::ObservedContainer, status::PublishedPort};

use crate::host::{self, Listener};

/// How many ports above one in use are searched for a free one.
const ALTERNATIVES_TRIED: u16 = 200;

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
            Some(Listener::Process(process)) => PortHolder::Process(process),
            Some(Listener::None) | None => PortHolder::Nobody,
        }
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
        if matches!(holder, PortHolder::Nobody | PortHolder::Stack(_)) {
            return None;
        }
        let candidates = (1..=ALTERNATIVES_TRIED).map_while(|step| port.host.checked_add(step));
        candidates
            .filter(|candidate| !reserved.contains(candidate))
            .find(|candidate| self.holder(&PublishedPort { host: *candidate, ..port.clone() }) == PortHolder::Nobody)
    }
}
