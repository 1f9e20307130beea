//! What is using the ports in the settings.

use futures::future::try_join;
use monitor_core::{
    settings::{KEYS, Kind, Settings},
    settings_page::PortUse,
    stack::StackSpec,
    status::PublishedPort,
};

use crate::{background::in_background, configuration::Configuration, doctor::Ports, engine::ContainerEngine};

/// The use of every port setting, in the order of `KEYS`.
pub(super) async fn ports_of_settings(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    settings: &Settings,
) -> Vec<PortUse> {
    let keys = KEYS.iter().filter(|key| key.kind == Kind::Port);
    let ports = keys.filter_map(|key| Some((key.path.to_owned(), settings.value(key.path).parse().ok()?)));
    check_ports(engine, configuration, settings, ports.collect()).await
}

/// The use of one port, whether or not a setting has it.
pub async fn check_port(engine: &dyn ContainerEngine, configuration: &Configuration, port: u16) -> PortUse {
    let settings = configuration.read(|it| it.settings().unwrap_or_default()).await;
    let setting = settings.ports().into_iter().find(|(_, other)| other.number() == port);
    let key = setting.map(|(key, _)| key.to_owned()).unwrap_or_default();
    let unknown = PortUse { key: key.clone(), port, holder: None, free: None };
    check_ports(engine, configuration, &settings, vec![(key, port)]).await.pop().unwrap_or(unknown)
}

async fn check_ports(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    settings: &Settings,
    wanted: Vec<(String, u16)>,
) -> Vec<PortUse> {
    let state = try_join(engine.containers(), engine.location()).await;
    let (containers, publishes_here) = match state {
        Ok((containers, location)) => (containers, location.publishes_here),
        // Without an Engine, this machine's processes can still be checked.
        Err(_) => (Vec::new(), true),
    };
    let stack = StackSpec::new(settings, &configuration.host_facts());
    let mut reserved: Vec<u16> = settings.ports().map(|(_, port)| port.number()).into();
    let configuration = configuration.clone();
    in_background(move || {
        let receiver = configuration.receiver_that_makes_way();
        let ports = Ports { directory: &stack.directory, containers: &containers, publishes_here, receiver };
        let mut uses = Vec::new();
        for (key, port) in wanted {
            // Not published on the host, or not a port number.
            if key == INTERNAL_PORT || port == 0 {
                uses.push(PortUse { key, port, holder: None, free: None });
                continue;
            }
            let published = PublishedPort { bind: stack.bind_address.to_string(), host: port, container: port };
            let (holder, free) = ports.holder_and_alternative(&published, &mut reserved);
            uses.push(PortUse { key, port, holder: Some(holder), free });
        }
        uses
    })
    .await
}

/// Prometheus scrapes the collector on this port inside the Docker network. It is not published on the host.
const INTERNAL_PORT: &str = "prometheus_metrics_port";
