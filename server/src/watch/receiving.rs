//! Receives telemetry in the panel's process while nothing else may need the ports: the collector has no
//! container, and nobody works on the stack.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use monitor_core::{
    live::{EngineState, Snapshot},
    service::Service,
    settings::Settings,
    status::ContainerState,
};
use tokio::time::sleep;

use crate::{
    panel::Panel,
    receiving::{Receive, RunningReceiver},
};

/// How often is looked whether the ports have become free, or are needed.
const INTERVAL: Duration = Duration::from_millis(500);

/// Receives whenever it may, until `stopped`.
pub async fn receive_while_free(panel: Arc<Panel>, stopped: impl Future<Output = ()>) {
    let mut running: Option<(Receive, RunningReceiver)> = None;
    // The same reason is logged once, not at every attempt.
    let (mut logged, mut settings) = (None, None);
    tokio::pin!(stopped);
    loop {
        let wanted = wanted(&panel, &mut settings).await;
        if let Some((receive, receiver)) = running.take_if(|(receive, _)| wanted.as_ref() != Some(receive)) {
            receiver.stop().await;
            tracing::info!(file = %receive.file.display(), "no longer receiving telemetry");
            panel.publish_receiver(None);
        }
        if let (Some(wanted), None) = (wanted, &running) {
            // Where the file is can be the disk that does not answer; then it is like a port that is in use.
            match wanted.clone().start().await {
                Ok(receiver) => {
                    logged = None;
                    let addresses = &receiver.addresses;
                    tracing::info!(http = addresses.http, grpc = addresses.grpc, "receiving telemetry");
                    if let Some(aside) = &receiver.set_aside {
                        tracing::error!(
                            "the telemetry file was corrupt and is now {}; a new one was created",
                            aside.display()
                        );
                    }
                    panel.publish_receiver(Some(addresses.clone()));
                    let (mut commits, arrivals) = (receiver.commits(), Arc::clone(&panel.installation.arrivals));
                    // Ends with the store.
                    tokio::spawn(async move {
                        while commits.changed().await.is_ok() {
                            arrivals.send_modify(|count| *count += 1);
                        }
                    });
                    running = Some((wanted, receiver));
                }
                Err(error) if logged.as_ref() == Some(&error) => {}
                Err(error) => {
                    tracing::info!(%error, "not receiving telemetry");
                    logged = Some(error);
                }
            }
        }
        panel.receiving.set_receiving(running.is_some());
        tokio::select! {
            () = &mut stopped => break,
            () = panel.receiving.check_requested() => {}
            () = sleep(INTERVAL) => {}
        }
    }
    if let Some((_, receiver)) = running {
        receiver.stop().await;
    }
    panel.receiving.set_receiving(false);
}

/// How to receive; `None` while that is not allowed. Settings are read again only after they changed.
async fn wanted(panel: &Panel, known: &mut Option<(String, Settings)>) -> Option<Receive> {
    let configuration = &panel.installation.configuration;
    let (is_free, base) = panel.hub.read(|it| (is_free(it), it.configuration.settings_base.clone()));
    if configuration.work_lock().is_held_here() || !is_free {
        return None;
    }
    let settings = match known {
        Some((known, settings)) if *known == base => settings.clone(),
        _ => {
            let settings = configuration.read(|it| it.settings().unwrap_or_default()).await;
            known.insert((base, settings)).1.clone()
        }
    };
    Some(Receive {
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        settings,
        file: configuration.telemetry_file(),
        max_bytes: None,
        traces: false,
        makes_way: true,
    })
}

/// Whether nothing else may need the ports soon. A collector's container that exists can be started by anyone at any moment:
/// by Docker itself after a restart, by Compose, by hand. While Docker does not answer, nobody knows whether there is one, so
/// no stack may have been set up then.
fn is_free(snapshot: &Snapshot) -> bool {
    let collector = snapshot.service(Service::OtelCollector).map(|status| status.state);
    let may_be_started = match snapshot.engine {
        EngineState::Connecting => true,
        EngineState::Unreachable { .. } => snapshot.configuration.initialized || snapshot.configuration.error.is_some(),
        EngineState::Connected { .. } => collector != Some(ContainerState::Missing),
    };
    !may_be_started && snapshot.running_job().is_none()
}

#[cfg(test)]
mod tests {
    use monitor_core::error::StackError;

    use super::*;
    use crate::{clock::now, configuration::Configuration, paths::Paths, status};

    #[test]
    fn ports_are_free_only_while_no_collector_can_be_started() {
        use ContainerState as S;
        let unreachable = || EngineState::Unreachable {
            error: StackError::EngineUnreachable { endpoint: "unix:///x".into(), detail: "no such file".into() },
        };
        let connected = || EngineState::Connected {
            version: "28".into(),
            api_version: "1.51".into(),
            endpoint: "unix:///x".into(),
        };
        let nowhere = Paths { settings_file: "/nowhere/settings.yaml".into(), directory: "/nowhere/monitor".into() };
        let stack = Configuration::new(nowhere, String::new()).stack_or_default();
        for (engine, initialized, collector, expected) in [
            (EngineState::Connecting, false, S::Missing, false),
            (unreachable(), false, S::Missing, true),
            (unreachable(), true, S::Missing, false),
            (connected(), true, S::Missing, true),
            (connected(), true, S::Created, false),
            (connected(), true, S::Exited, false),
            (connected(), true, S::Running, false),
            (connected(), false, S::Restarting, false),
        ] {
            let mut snapshot =
                Snapshot { engine, services: status::unknown_services(&stack), ..Snapshot::unknown(now()) };
            snapshot.configuration.initialized = initialized;
            snapshot.services[0].state = collector;
            assert_eq!(is_free(&snapshot), expected, "{:?} {initialized} {collector:?}", snapshot.engine);
        }
    }
}
