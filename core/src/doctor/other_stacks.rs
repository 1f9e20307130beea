//! The same stack in another place: on another Engine, from another data folder, or with a file that only Docker Compose
//! uses. Each is one finding instead of the many that follow from it.

use super::{Check, Evidence, Finding, Grade, OtherEngine, PortEvidence, PortHolder};
use crate::{
    compose_env::ENV_FILE,
    error::StackError,
    file_view::FileState,
    lifecycle::{check_folder, other_folder_of},
    stack::StackSpec,
};

/// The files were written for another Engine.
pub(super) fn engine(evidence: &Evidence) -> Option<Finding> {
    let OtherEngine { then, now } = evidence.other_engine.as_ref()?;
    let is_outdated = evidence.files.iter().flatten().any(|(_, state)| *state == FileState::Outdated);
    let runs_there = holds_all_ports(evidence);
    let ports = if runs_there { "; its ports are in use, so it probably runs there" } else { "" };
    let error = StackError::OtherEngine { then: then.clone(), now: now.clone() };
    let stop = format!("; stop the stack there first: `DOCKER_HOST={then} clawker-monitor down`");
    Some(Finding {
        check: Check::Engine,
        subject: Some(then.clone()),
        grade: if is_outdated || runs_there { Grade::Problem } else { Grade::Warning },
        summary: "The stack belongs to another Docker Engine".into(),
        evidence: format!("the files were written for `{then}`, and `{now}` is used now{ports}"),
        next: Some(format!("{}{}", error.hint(), if runs_there { &stop } else { "" })),
    })
}

/// The containers belong to another data folder.
pub(super) fn folder(stack: &StackSpec, evidence: &Evidence) -> Option<Finding> {
    let engine = evidence.engine.as_ref().ok()?;
    let error = check_folder(stack, &engine.observed).err()?;
    let names: Vec<&str> = engine
        .observed
        .containers
        .iter()
        .filter(|container| other_folder_of(container, &stack.directory).is_some())
        .map(|container| container.name.as_str())
        .collect();
    Some(Finding {
        check: Check::ContainerName,
        subject: None,
        grade: Grade::Problem,
        summary: "This stack runs from another data folder".into(),
        evidence: format!("{error} (containers: {})", names.join(", ")),
        next: Some(error.hint()),
    })
}

/// Whether the finding about the Engine or the folder says why the port is in use.
pub(super) fn explains(stack: &StackSpec, evidence: &Evidence, port: &PortEvidence) -> bool {
    match &port.holder {
        PortHolder::Nobody | PortHolder::Stack(_) | PortHolder::MakesWay(_) => false,
        PortHolder::Process(_) => evidence.other_engine.is_some() && holds_all_ports(evidence),
        PortHolder::Container(name) => evidence.engine.as_ref().is_ok_and(|engine| {
            let mut containers = engine.observed.containers.iter().filter(|container| container.name == *name);
            containers.any(|container| other_folder_of(container, &stack.directory).is_some())
        }),
    }
}

/// Another Engine's containers are processes to this machine.
fn holds_all_ports(evidence: &Evidence) -> bool {
    let is_process = |port: &PortEvidence| matches!(port.holder, PortHolder::Process(_));
    !evidence.ports.is_empty() && evidence.ports.iter().all(is_process)
}

/// Docker Compose merges a file that the panel does not.
pub(super) fn compose_override(evidence: &Evidence) -> Option<Finding> {
    let found = evidence.compose_override.as_ref()?;
    Some(Finding {
        check: Check::Files,
        subject: Some(found.file.clone()),
        grade: Grade::Warning,
        summary: format!("Only `docker compose` uses `{}`", found.file),
        evidence: format!(
            "`docker compose` merges it into `compose.yaml`{}; `clawker-monitor up` and `apply` recreate such services \
             without it",
            found.named_services()
        ),
        next: Some("move what it changes to `settings.yaml`, then remove it".into()),
    })
}

/// Docker Compose reads variables that the panel does not.
pub(super) fn compose_env(evidence: &Evidence) -> Option<Finding> {
    let found = evidence.compose_env.as_ref()?;
    let move_files = if found.files.is_some() { ", and move what other files change to `settings.yaml`" } else { "" };
    Some(Finding {
        check: Check::Files,
        subject: Some(ENV_FILE.into()),
        grade: Grade::Warning,
        summary: format!("`{ENV_FILE}` changes what `docker compose` does in this folder"),
        evidence: format!("{}; clawker-monitor does not read `{ENV_FILE}`", found.effects().join("; ")),
        next: Some(format!("remove these lines from `{ENV_FILE}`{move_files}")),
    })
}
