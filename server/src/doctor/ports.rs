//! Who has which port of the host: one of the stack's containers, somebody else's, or a process of this machine.

use monitor_core::{doctor::PortHolder, lifecycle::ObservedContainer, status::PublishedPort};

use crate::host::{self, Listener};

/// How many ports above a taken one are looked at for a free one.
const PORTS_TRIED: u16 = 200;

/// Who has which port, as seen at one moment. Looking reads the kernel's tables: not for a thread that must not wait.
#[derive(Debug, Clone, Copy)]
pub struct Ports<'a> {
    /// The monitor folder, by which the stack's own containers are known.
    pub directory: &'a str,
    /// Every container of the Engine.
    pub containers: &'a [ObservedContainer],
    /// The Engine publishes on this machine, so that its processes matter too.
    pub publishes_here: bool,
}

impl Ports<'_> {
    /// Who has it.
    fn holder(&self, port: &PublishedPort) -> PortHolder {
        let publishes = |container: &&ObservedContainer| {
            container.state.is_up()
                && container.ports.iter().any(|other| other.host == port.host && host::overlap(&other.bind, &port.bind))
        };
        if let Some(container) = self.containers.iter().find(publishes) {
            let name = container.name.clone();
            return match container.service_of(self.directory) {
                Some(_) => PortHolder::Stack(name),
                None => PortHolder::Container(name),
            };
        }
        // Only on this machine can processes be looked for.
        match self.publishes_here.then(|| host::listener(&port.bind, port.host)) {
            Some(Listener::Process(process)) => PortHolder::Process(process),
            Some(Listener::Nobody) | None => PortHolder::Nobody,
        }
    }

    /// Who has it and, where that is somebody else, a port to take instead. What is offered is spoken for from then on,
    /// so that no two are offered the same one.
    pub fn holder_and_way_out(&self, port: &PublishedPort, spoken_for: &mut Vec<u16>) -> (PortHolder, Option<u16>) {
        let holder = self.holder(port);
        let free = self.free_instead_of(port, &holder, spoken_for);
        spoken_for.extend(free);
        (holder, free)
    }

    /// A port above it that nobody has and nobody speaks for, where this one is somebody else's.
    fn free_instead_of(&self, port: &PublishedPort, holder: &PortHolder, spoken_for: &[u16]) -> Option<u16> {
        if matches!(holder, PortHolder::Nobody | PortHolder::Stack(_)) {
            return None;
        }
        let candidates = (1..=PORTS_TRIED).map_while(|step| port.host.checked_add(step));
        candidates
            .filter(|candidate| !spoken_for.contains(candidate))
            .find(|candidate| self.holder(&PublishedPort { host: *candidate, ..port.clone() }) == PortHolder::Nobody)
    }
}
