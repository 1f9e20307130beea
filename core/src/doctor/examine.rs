//! Turns evidence into findings. One function per check; each says what was observed, how severe it is, and what to do.

use super::{
    Check, Disk, EngineEvidence, Evidence, Finding, FolderEvidence, Grade, PassedOver, PortEvidence, PortHolder,
    health, images, other_stacks,
};
use crate::{
    error::StackError,
    file_view::FileState,
    lifecycle::{check_container, check_network},
    service::Service,
    stack::{NETWORK, StackSpec},
    status::version_in,
};

/// Free space for recorded data in bytes, in addition to the images.
const ROOM_FOR_DATA_BYTES: u64 = 2_000_000_000;

/// Runs all checks. Findings are in the order in which a person would check.
pub fn examine(stack: &StackSpec, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = vec![engine(&evidence.engine)];
    findings.extend(evidence.passed_over.iter().map(passed_over));
    findings.extend(other_stacks::engine(evidence));
    findings.extend(settings(evidence));
    findings.push(data_folder(&evidence.folder));
    findings.extend(files(evidence));
    findings.extend(other_stacks::compose_override(evidence));
    findings.extend(other_stacks::compose_env(evidence));
    findings.push(address(stack, evidence));
    let unexplained = evidence.ports.iter().filter(|port| !other_stacks::explains(stack, evidence, port));
    findings.extend(unexplained.map(port));
    if let Ok(engine) = &evidence.engine {
        match other_stacks::folder(stack, evidence) {
            Some(finding) => findings.push(finding),
            None => findings.extend(container_names(stack, engine)),
        }
        findings.push(network(engine));
        findings.extend(health::findings(stack, engine));
        findings.push(disk_space(stack, engine));
    }
    findings.extend(prometheus_version(stack));
    findings.extend(stack.services.iter().filter_map(|spec| end_of_life(stack, spec.service)));
    findings
}

fn ok(check: Check, summary: String, evidence: String) -> Finding {
    Finding { check, subject: None, grade: Grade::Ok, summary, evidence, next: None }
}

/// A finding with an error's own text.
fn failed(check: Check, error: &StackError, evidence: String) -> Finding {
    let summary = capitalised(&error.to_string());
    Finding { check, subject: None, grade: Grade::Problem, summary, evidence, next: Some(error.hint()) }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn engine(engine: &Result<EngineEvidence, StackError>) -> Finding {
    match engine {
        Ok(engine) => ok(
            Check::Engine,
            match engine.version.strip_prefix("Podman ") {
                Some(version) => format!("Connected to Podman {version}"),
                None => format!("Connected to Docker Engine {}", engine.version),
            },
            format!("API {} at `{}`", engine.api_version, engine.endpoint),
        ),
        Err(error) => {
            let evidence = "containers, network, and disk space could not be checked";
            failed(Check::Engine, error, evidence.into())
        }
    }
}

fn passed_over(passed_over: &PassedOver) -> Finding {
    Finding {
        check: Check::Engine,
        subject: None,
        grade: Grade::Warning,
        summary: "Another Docker Engine may have been meant".into(),
        evidence: passed_over.what.clone(),
        next: Some(passed_over.next.clone()),
    }
}

fn settings(evidence: &Evidence) -> Vec<Finding> {
    let misspelled = evidence.misspelled.iter().map(|problem| Finding {
        check: Check::Settings,
        subject: Some(problem.field.clone()),
        grade: Grade::Warning,
        summary: format!("The setting `{}` is unknown", problem.field),
        evidence: problem.to_string(),
        next: Some("correct its name, or remove it".into()),
    });
    let mut findings = validity(evidence);
    findings.extend(misspelled);
    findings
}

fn validity(evidence: &Evidence) -> Vec<Finding> {
    match &evidence.settings {
        Ok(()) => vec![ok(
            Check::Settings,
            "The settings are valid".into(),
            format!("section `monitoring` of `{}`, with defaults for missing keys", evidence.settings_file),
        )],
        Err(error @ StackError::SettingsInvalid { problems }) => problems
            .iter()
            .map(|problem| Finding {
                check: Check::Settings,
                subject: Some(problem.field.clone()).filter(|field| !field.is_empty()),
                grade: Grade::Problem,
                summary: match problem.field.as_str() {
                    "" => "The settings file is invalid".into(),
                    field => format!("The setting `{field}` is invalid"),
                },
                evidence: problem.to_string(),
                next: Some(error.hint()),
            })
            .collect(),
        Err(error) => vec![failed(Check::Settings, error, format!("`{}`", evidence.settings_file))],
    }
}

fn data_folder(folder: &FolderEvidence) -> Finding {
    let FolderEvidence { path, exists, obstacle } = folder;
    match obstacle {
        None => {
            let evidence = if *exists { "it exists" } else { "it does not exist yet; `init` creates it" };
            ok(Check::DataFolder, "The data folder is writable".into(), format!("`{path}`: {evidence}"))
        }
        Some(obstacle) => Finding {
            check: Check::DataFolder,
            subject: None,
            grade: Grade::Problem,
            summary: "The data folder is not writable".into(),
            evidence: format!("`{path}`: {obstacle}"),
            next: Some("give this user write permission, or set `CLAWKER_DATA_DIR` to another folder".into()),
        },
    }
}

fn files(evidence: &Evidence) -> Vec<Finding> {
    let files = match &evidence.files {
        Ok(files) => files,
        // Invalid settings are reported by another check.
        Err(StackError::SettingsInvalid { .. }) => return Vec::new(),
        Err(error) => return vec![failed(Check::Files, error, format!("`{}`", evidence.folder.path))],
    };
    let of = |state: FileState| files.iter().filter(move |(_, found)| *found == state);
    let missing = of(FileState::Missing).count();
    let mut findings = Vec::new();
    if missing == files.len() {
        findings.push(ok(
            Check::Files,
            "The files have not been created yet".into(),
            format!("`{}` has none of the {} files; `init` creates them", evidence.folder.path, files.len()),
        ));
        return findings;
    }
    for (name, state) in files {
        let (grade, summary, seen, next) = match state {
            FileState::Current | FileState::Unknown => continue,
            // The finding about the other Engine says so for all of them.
            FileState::Outdated if evidence.other_engine.is_some() => continue,
            FileState::Missing => {
                (Grade::Problem, "is missing", "the other files exist", "run `clawker-monitor init` to create it")
            }
            FileState::Outdated => (
                Grade::Problem,
                "is out of date",
                "the settings have changed since it was written",
                "run `clawker-monitor apply`",
            ),
            FileState::Edited if name == "compose.yaml" => (
                Grade::Problem,
                "was edited manually",
                "the stack can't start with an edited `compose.yaml`",
                "move the change to `settings.yaml`, then run `clawker-monitor init --force`; the current file is backed up",
            ),
            FileState::Edited => (
                Grade::Warning,
                "was edited manually",
                "it is used as is and no longer follows the settings",
                "no action needed if this is intended; `clawker-monitor init --force` updates it and keeps a backup",
            ),
        };
        findings.push(Finding {
            check: Check::Files,
            subject: Some(name.clone()),
            grade,
            summary: format!("`{name}` {summary}"),
            evidence: seen.into(),
            next: Some(next.into()),
        });
    }
    if findings.is_empty() && of(FileState::Outdated).count() == 0 {
        findings.push(ok(
            Check::Files,
            "The files match the settings".into(),
            format!("all {} in `{}`", files.len(), evidence.folder.path),
        ));
    }
    findings
}

fn address(stack: &StackSpec, evidence: &Evidence) -> Finding {
    let bind = stack.bind_address;
    let finding = |grade, summary: String, evidence: String, next: Option<String>| Finding {
        check: Check::Address,
        subject: Some("monitoring.bind_address".into()),
        grade,
        summary,
        evidence,
        next,
    };
    match &evidence.address_problem {
        Some(problem) => finding(
            Grade::Problem,
            format!("Ports can't be published on `{bind}`"),
            problem.clone(),
            Some("set `monitoring.bind_address` to an address of this machine, such as `127.0.0.1`".into()),
        ),
        None if bind.is_loopback() => finding(
            Grade::Ok,
            "Only this machine can reach the stack".into(),
            format!("ports are published on `{bind}`"),
            None,
        ),
        None => finding(
            Grade::Warning,
            "Other machines can reach the stack".into(),
            format!("ports are published on `{bind}`, and Grafana shows prompts and costs without a password"),
            Some("set `monitoring.bind_address` to `127.0.0.1` unless you trust that network".into()),
        ),
    }
}

fn port(port: &PortEvidence) -> Finding {
    let PortEvidence { service, port, field, holder, free } = port;
    let (number, bind) = (port.host, &port.bind);
    let what = format!("Port {number} for {}", service.title());
    let (grade, summary, seen) = match holder {
        PortHolder::Nobody => (Grade::Ok, "is free", format!("nothing is listening on `{bind}` port {number}")),
        PortHolder::Stack(name) => (Grade::Ok, "is used by this stack", format!("container `{name}` publishes it")),
        PortHolder::MakesWay(process) => (
            Grade::Ok,
            "is used by the panel itself",
            format!("the panel (pid {process}) receives telemetry there until the stack is started"),
        ),
        PortHolder::Container(name) => {
            (Grade::Problem, "is already in use", format!("container `{name}` publishes it"))
        }
        PortHolder::Process(Some(process)) => {
            (Grade::Problem, "is already in use", format!("{process} is listening on it"))
        }
        PortHolder::Process(None) => {
            (Grade::Problem, "is already in use", "in use by a process you can't inspect".into())
        }
    };
    let next = (grade == Grade::Problem).then(|| {
        let other = match free {
            Some(free) => format!("`{field}: {free}`, which is free"),
            None => format!("`{field}` to a free port"),
        };
        format!("stop the program that uses it, or set {other} and run `clawker-monitor apply`")
    });
    Finding {
        check: Check::Port,
        subject: Some(field.clone()),
        grade,
        summary: format!("{what} {summary}"),
        evidence: seen,
        next,
    }
}

fn container_names(stack: &StackSpec, engine: &EngineEvidence) -> Vec<Finding> {
    let mut ours = 0;
    let mut findings: Vec<Finding> = Vec::new();
    for spec in &stack.services {
        match check_container(stack, &engine.observed, spec.service) {
            Ok(container) => ours += usize::from(container.is_some()),
            Err(error) => {
                let owner = match &error {
                    StackError::ForeignContainer { owner: Some(owner), .. } => format!("it belongs to {owner}"),
                    _ => "it has no label of this stack".into(),
                };
                let subject = Some(spec.service.name().to_owned());
                findings.push(Finding { subject, ..failed(Check::ContainerName, &error, owner) });
            }
        }
    }
    if findings.is_empty() {
        let seen = match ours {
            0 => "no container uses one of these names".to_owned(),
            _ => format!("{ours} of {} exist and belong to this stack", stack.services.len()),
        };
        findings.push(ok(Check::ContainerName, "The container names are available".into(), seen));
    }
    findings
}

fn network(engine: &EngineEvidence) -> Finding {
    match (check_network(&engine.observed), &engine.observed.network) {
        (Err(error), _) => failed(Check::Network, &error, "agents and the stack communicate over this network".into()),
        (Ok(()), Some(network)) => {
            let attached = match network.attached {
                1 => "1 running container is attached".to_owned(),
                count => format!("{count} running containers are attached"),
            };
            ok(
                Check::Network,
                format!("The network `{NETWORK}` exists"),
                format!("driver `{}`, with Clawker's label; {attached}", network.driver),
            )
        }
        (Ok(()), None) => ok(
            Check::Network,
            format!("The network `{NETWORK}` can be created"),
            "it does not exist yet; starting the stack creates it with Clawker's label".into(),
        ),
    }
}

fn disk_space(stack: &StackSpec, engine: &EngineEvidence) -> Finding {
    let absent: Vec<Service> = stack
        .services
        .iter()
        .filter(|spec| !engine.observed.images.contains_key(spec.image.as_str()))
        .map(|spec| spec.service)
        .collect();
    let needed: u64 = absent.iter().map(|service| images::estimated_bytes(*service)).sum();
    let images_words = match absent.len() {
        0 => "all images are present".to_owned(),
        1 => format!("1 image to pull, about {} (estimated)", images::format_bytes(needed)),
        count => {
            format!("{count} images to pull, about {} (estimated)", images::format_bytes(needed))
        }
    };
    let Some(Disk { folder, free_bytes }) = &engine.disk else {
        return ok(
            Check::DiskSpace,
            "Docker's disk space can't be checked".into(),
            format!("Docker's disk is not on this machine; {images_words}"),
        );
    };
    let seen = format!("{} free at `{folder}`; {images_words}", images::format_bytes(*free_bytes));
    let (grade, summary) = match *free_bytes {
        free if free < needed => (Grade::Problem, "Not enough disk space for the images"),
        free if free < needed + ROOM_FOR_DATA_BYTES => (Grade::Warning, "Little disk space for recorded data"),
        _ => return ok(Check::DiskSpace, "Enough disk space for images and data".into(), seen),
    };
    let next = "free up space (`docker system df` shows usage), or lower `monitoring.retention.metrics` and `.logs`";
    Finding {
        check: Check::DiskSpace,
        subject: None,
        grade,
        summary: summary.into(),
        evidence: seen,
        next: Some(next.into()),
    }
}

/// Older releases of Prometheus reject deltas, so all metrics of agents would be lost. Source: Prometheus' changelog, 3.4.0,
/// "Add primitive support for ingesting OTLP delta metrics".
const OLDEST_PROMETHEUS: (u32, u32) = (3, 4);

fn prometheus_version(stack: &StackSpec) -> Option<Finding> {
    let image = &stack.service(Service::Prometheus)?.image;
    let version = version_in(image.as_str())?;
    let mut numbers = version.split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return None };
    let (oldest_major, oldest_minor) = OLDEST_PROMETHEUS;
    ((major, minor) < OLDEST_PROMETHEUS).then(|| Finding {
        check: Check::ImageVersion,
        subject: Some(Service::Prometheus.name().to_owned()),
        grade: Grade::Problem,
        summary: format!("Prometheus {version} can't store the agents' metrics"),
        evidence: format!("`{image}` is older than {oldest_major}.{oldest_minor}, the first release that takes deltas"),
        next: Some("set `monitoring.images.prometheus` to a newer release, or remove it".into()),
    })
}

fn end_of_life(stack: &StackSpec, service: Service) -> Option<Finding> {
    let evidence = service.end_of_life()?.trim_end_matches('.').to_owned();
    Some(Finding {
        check: Check::EndOfLife,
        subject: Some(service.name().to_owned()),
        grade: Grade::Warning,
        summary: format!("{} has reached end of life", service.title()),
        evidence,
        next: Some(if stack.bind_address.is_loopback() {
            "no action needed: it works, and only this machine can reach it".into()
        } else {
            format!("block access from other machines, or set `monitoring.images.{service}` to a maintained build")
        }),
    })
}
