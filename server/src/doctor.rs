//! Gathers the evidence for the doctor. `core` derives the findings from it. Changes nothing.

mod ports;

use std::path::{Path, PathBuf};

use futures::future::{try_join, try_join4};
use monitor_core::{
    doctor::{
        Checkup, Disk, EngineEvidence, Evidence, FolderEvidence, HealthEvidence, PassedOver, PortEvidence, examine,
        is_unrunnable,
    },
    error::StackError,
    lifecycle::ObservedContainer,
    stack::StackSpec,
};

use crate::{
    background::in_background,
    clock::now,
    configuration::Configuration,
    engine::{ContainerEngine, DetailedContainer, EngineLocation},
    host,
};
pub use ports::Ports;

/// Runs all checks once. An unreachable Engine and invalid settings are findings, not errors.
pub async fn check_up(engine: &dyn ContainerEngine, configuration: &Configuration) -> Checkup {
    let stack = configuration.read(Configuration::stack_or_default).await;
    let engine_observation = observe_engine(engine, &stack).await;
    let passed_over = engine.passed_over().await;
    let configuration = configuration.clone();
    // The rest reads files and kernel tables, which block.
    let findings = in_background(move || {
        let evidence = gather_evidence(&configuration, &stack, engine_observation, passed_over);
        examine(&stack, &evidence)
    });
    Checkup::new(now(), findings.await)
}

/// What the Engine reports.
struct EngineObservation {
    evidence: EngineEvidence,
    location: EngineLocation,
    containers: Vec<ObservedContainer>,
}

async fn observe_engine(engine: &dyn ContainerEngine, stack: &StackSpec) -> Result<EngineObservation, StackError> {
    let (info, location, mut containers, (observed, detailed)) = try_join4(
        engine.info(),
        engine.location(),
        engine.containers(),
        try_join(engine.observe(stack), engine.service_containers()),
    )
    .await?;
    // Podman lists only one of two ports side by side; an inspection has both.
    for container in &mut containers {
        if let Some(inspected) = observed.containers.iter().find(|inspected| inspected.id == container.id) {
            container.clone_from(inspected);
        }
    }
    let disk = location
        .storage
        .as_deref()
        .and_then(|folder| Some(Disk { folder: folder.display().to_string(), free_bytes: host::free_bytes(folder)? }));
    let evidence = EngineEvidence {
        version: info.version,
        api_version: info.api_version,
        endpoint: info.endpoint,
        observed,
        health: unrunnable_health_checks(stack, &detailed),
        disk,
    };
    Ok(EngineObservation { evidence, location, containers })
}

fn unrunnable_health_checks(stack: &StackSpec, containers: &[DetailedContainer]) -> Vec<HealthEvidence> {
    let evidence = |found: &DetailedContainer| {
        let output = found.detail.health_output.clone().filter(|output| is_unrunnable(output))?;
        Some(HealthEvidence { service: found.container.service_of(&stack.directory)?, output })
    };
    containers.iter().filter_map(evidence).collect()
}

fn gather_evidence(
    configuration: &Configuration,
    stack: &StackSpec,
    engine: Result<EngineObservation, StackError>,
    passed_over: Vec<PassedOver>,
) -> Evidence {
    let publishes_here = engine.as_ref().map_or(true, |engine| engine.location.publishes_here);
    let containers = engine.as_ref().map(|engine| engine.containers.as_slice()).unwrap_or_default();
    let directory = configuration.directory();
    let receiver = configuration.receiver_that_makes_way();
    let ports = Ports { directory: &directory, containers, publishes_here, receiver };
    let folder = PathBuf::from(&directory);
    let looked_at = configuration
        .file_access()
        .within(Path::new(&directory), move || (folder.is_dir(), host::write_obstacle(&folder)));
    let (exists, obstacle) = looked_at.unwrap_or_else(|error| (true, Some(error.to_string())));
    Evidence {
        passed_over,
        folder: FolderEvidence { exists, obstacle, path: directory.clone() },
        settings_file: configuration.settings_file(),
        settings: configuration.settings().map(drop),
        misspelled: configuration.misspelled_settings(),
        files: configuration.files().map(|files| files.into_iter().map(|file| (file.name, file.state)).collect()),
        compose_override: configuration.compose_override(),
        compose_env: configuration.compose_env(),
        other_engine: configuration.other_engine(),
        address_problem: publishes_here.then(|| host::listen_obstacle(stack.bind_address)).flatten(),
        ports: gather_port_evidence(&ports, stack, configuration),
        engine: engine.map(|engine| engine.evidence),
    }
}

fn gather_port_evidence(ports: &Ports<'_>, stack: &StackSpec, configuration: &Configuration) -> Vec<PortEvidence> {
    let settings = configuration.settings().unwrap_or_default();
    let mut reserved: Vec<u16> = settings.ports().map(|(_, port)| port.number()).into();
    let wanted = stack.services.iter().flat_map(|spec| spec.ports.iter().map(move |port| (spec, port)));
    let evidence = wanted.map(|(spec, port)| {
        let (holder, free) = ports.holder_and_alternative(port, &mut reserved);
        PortEvidence { service: spec.service, field: spec.port_setting(port.host), port: port.clone(), holder, free }
    });
    evidence.collect()
}
