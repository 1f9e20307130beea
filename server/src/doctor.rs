//! The doctor's eyes: gathers the evidence that `core` judges. Looks, and changes nothing.

mod ports;

use std::path::Path;

use futures::future::try_join4;
use monitor_core::{
    doctor::{Checkup, Disk, EngineEvidence, Evidence, FolderEvidence, PortEvidence, examine},
    error::StackError,
    lifecycle::ObservedContainer,
    stack::StackSpec,
};

use crate::{
    background::in_background,
    clock::now,
    configuration::Configuration,
    engine::{ContainerEngine, EngineLocation},
    host,
};
pub use ports::Ports;

/// Looks at everything once. An Engine that does not answer, or settings that cannot be used, are findings like others.
pub async fn check_up(engine: &dyn ContainerEngine, configuration: &Configuration) -> Checkup {
    let stack = configuration.stack_or_default();
    let seen = look_at_engine(engine, &stack).await;
    let configuration = configuration.clone();
    // The rest is files and the kernel's tables.
    let findings = in_background(move || {
        let evidence = gather(&configuration, &stack, seen);
        examine(&stack, &evidence)
    });
    Checkup::new(now(), findings.await)
}

/// What only the Engine knows.
struct Seen {
    evidence: EngineEvidence,
    location: EngineLocation,
    containers: Vec<ObservedContainer>,
}

async fn look_at_engine(engine: &dyn ContainerEngine, stack: &StackSpec) -> Result<Seen, StackError> {
    let (info, location, containers, observed) =
        try_join4(engine.info(), engine.location(), engine.containers(), engine.observe(stack)).await?;
    let disk = location
        .storage
        .as_deref()
        .and_then(|folder| Some(Disk { folder: folder.display().to_string(), free_bytes: host::free_bytes(folder)? }));
    let evidence = EngineEvidence {
        version: info.version,
        api_version: info.api_version,
        endpoint: info.endpoint,
        observed,
        disk,
    };
    Ok(Seen { evidence, location, containers })
}

fn gather(configuration: &Configuration, stack: &StackSpec, seen: Result<Seen, StackError>) -> Evidence {
    let publishes_here = seen.as_ref().map_or(true, |seen| seen.location.publishes_here);
    let containers = seen.as_ref().map(|seen| seen.containers.as_slice()).unwrap_or_default();
    let directory = configuration.directory();
    let ports = Ports { directory: &directory, containers, publishes_here };
    let folder = Path::new(&directory);
    Evidence {
        folder: FolderEvidence {
            exists: folder.is_dir(),
            obstacle: host::obstacle_to_writing(folder),
            path: directory.clone(),
        },
        settings_file: configuration.settings_file(),
        settings: configuration.settings().map(drop),
        files: configuration.files().map(|files| files.into_iter().map(|file| (file.name, file.state)).collect()),
        address_problem: publishes_here.then(|| host::obstacle_to_listening(stack.bind_address)).flatten(),
        ports: port_evidence_of(&ports, stack, configuration),
        engine: seen.map(|seen| seen.evidence),
    }
}

fn port_evidence_of(ports: &Ports<'_>, stack: &StackSpec, configuration: &Configuration) -> Vec<PortEvidence> {
    let settings = configuration.settings().unwrap_or_default();
    let mut spoken_for: Vec<u16> = settings.ports().map(|(_, port)| port.number()).into();
    let wanted = stack.services.iter().flat_map(|spec| spec.ports.iter().map(move |port| (spec, port)));
    let evidence = wanted.map(|(spec, port)| {
        let (holder, free) = ports.holder_and_way_out(port, &mut spoken_for);
        PortEvidence { service: spec.service, field: spec.port_setting(port.host), port: port.clone(), holder, free }
    });
    evidence.collect()
}
