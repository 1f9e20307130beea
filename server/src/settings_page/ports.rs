//! The host's side of the ports that settings name.

use futures::future::try_join;
use monitor_core::{
    settings::{KEYS, Kind, Settings},
    settings_page::PortUse,
    stack::StackSpec,
    status::PublishedPort,
};

use crate::{background::in_background, configuration::Configuration, doctor::Ports, engine::ContainerEngine};

/// Every port setting, in the order of the table.
pub(super) async fn of_settings(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    settings: &Settings,
) -> Vec<PortUse> {
    let keys = KEYS.iter().filter(|key| key.kind == Kind::Port);
    let asked = keys.filter_map(|key| Some((key.path.to_owned(), settings.value(key.path).parse().ok()?)));
    look(engine, configuration, settings, asked.collect()).await
}

/// One number, whether or not a setting holds it.
pub async fn look_at_port(engine: &dyn ContainerEngine, configuration: &Configuration, port: u16) -> PortUse {
    let settings = configuration.settings().unwrap_or_default();
    let held_by = settings.ports().into_iter().find(|(_, held)| held.number() == port);
    let key = held_by.map(|(key, _)| key.to_owned()).unwrap_or_default();
    let unknown = PortUse { key: key.clone(), port, holder: None, free: None };
    look(engine, configuration, &settings, vec![(key, port)]).await.pop().unwrap_or(unknown)
}

async fn look(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    settings: &Settings,
    asked: Vec<(String, u16)>,
) -> Vec<PortUse> {
    let seen = try_join(engine.containers(), engine.location()).await;
    let (containers, publishes_here) = match seen {
        Ok((containers, location)) => (containers, location.publishes_here),
        // Without an Engine there are this machine's processes still.
        Err(_) => (Vec::new(), true),
    };
    let stack = StackSpec::new(settings, &configuration.facts());
    let mut spoken_for: Vec<u16> = settings.ports().map(|(_, port)| port.number()).into();
    in_background(move || {
        let ports = Ports { directory: &stack.directory, containers: &containers, publishes_here };
        let mut uses = Vec::new();
        for (key, port) in asked {
            // A port of the network alone, and a number that is no port, are nobody's on the host.
            if key == NOT_PUBLISHED || port == 0 {
                uses.push(PortUse { key, port, holder: None, free: None });
                continue;
            }
            let wanted = PublishedPort { bind: stack.bind_address.to_string(), host: port, container: port };
            let (holder, free) = ports.holder_and_way_out(&wanted, &mut spoken_for);
            uses.push(PortUse { key, port, holder: Some(holder), free });
        }
        uses
    })
    .await
}

/// The collector offers metrics to Prometheus there, on the network.
const NOT_PUBLISHED: &str = "prometheus_metrics_port";
