//! `status`: inspects the Engine and asks each service for its readiness, once.

use std::sync::Arc;

use monitor_core::{
    error::StackError,
    job::Job,
    stack::NETWORK,
    status::{NetworkStatus, PublishedPort, ServiceStatus, StackState, StatusReport},
    timestamp::format_duration,
};

use super::{lifecycle::describe_stack_state, output::Output, table};
use crate::{background::in_background, clock::now, installation::Installation, status};

/// In characters, where the output is no terminal. An answer of a service may be long.
const LONGEST_ROW: usize = 150;

pub(super) async fn status(output: &Output) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let initialized = installation.configuration.is_initialized();
    let configuration = installation.configuration.clone();
    let stack = in_background(move || configuration.stack_or_default());
    let engine = Arc::clone(&installation.engine);
    let work_lock = installation.configuration.work_lock().clone();
    let job = in_background(move || work_lock.read()).await.map(|record| record.job).filter(Job::is_running);
    match status::report(engine, installation.readiness.as_ref(), stack, initialized).await {
        Ok(report) if output.is_json() => {
            output.document(&StatusReport { job, ..report });
        }
        Ok(report) => print_report(output, &StatusReport { job, ..report }),
        Err(error) => {
            if output.is_json() {
                let report = StatusReport {
                    stack: StackState::EngineUnreachable,
                    network: NetworkStatus { name: NETWORK.into(), exists: false },
                    services: status::unknown_services(&installation.configuration.stack_or_default()),
                    job,
                };
                output.failed_document(&report, &error);
            }
            return Err(error);
        }
    }
    if let Some(error) = installation.configuration.silent_disk() {
        output.warning(&error);
    }
    // Invalid settings don't hide what is running. A warning is printed next to it.
    match installation.configuration.settings() {
        Err(error @ StackError::SettingsInvalid { .. }) => {
            output.warning(&error);
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

fn print_report(output: &Output, report: &StatusReport) {
    let rows: Vec<[String; 5]> = std::iter::once(["SERVICE", "STATE", "VERSION", "UPTIME", "PORTS"].map(str::to_owned))
        .chain(report.services.iter().map(row))
        .collect();
    table::print_within(output, &rows, 1, LONGEST_ROW);
    output.line(describe_stack_state(report.stack));
    if let Some(job) = &report.job {
        output.line(&format!("In progress: {}.", job.busy_error()));
    }
}

fn row(service: &ServiceStatus) -> [String; 5] {
    let state = match (service.ready, &service.waiting_for, &service.problem) {
        (true, ..) => "ready".to_owned(),
        (_, Some(answer), _) => format!("running, not ready ({answer})"),
        (_, _, Some(problem)) => format!("{} ({problem})", service.state.name()),
        _ => service.state.name().to_owned(),
    };
    let uptime = service.started_at.map(|started| format_duration(now().seconds_since(started))).unwrap_or_default();
    let ports: Vec<String> = match service.started_at {
        Some(_) => service.ports.iter().map(PublishedPort::address).collect(),
        None => Vec::new(),
    };
    [service.service.title().to_owned(), state, service.version.clone().unwrap_or_default(), uptime, ports.join(", ")]
}
