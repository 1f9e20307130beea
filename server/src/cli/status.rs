//! `status`: inspects the Engine and asks each service for its readiness, once.

use std::sync::Arc;

use futures::future::join;
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
    let configuration = &installation.configuration;
    let reading = configuration.read(|it| (it.stack_to_look_at(), it.is_initialized()));
    let work_lock = configuration.work_lock().clone();
    let reading_job = in_background(move || work_lock.read());
    let reporting = status::report(Arc::clone(&installation.engine), installation.readiness.as_ref(), reading);
    let (reported, record) = join(reporting, reading_job).await;
    let job = record.map(|record| record.job).filter(Job::is_running);
    match reported {
        Ok(report) if output.is_json() => {
            output.document(&StatusReport { job, ..report });
        }
        Ok(report) => print_report(output, &StatusReport { job, ..report }),
        Err(error) => {
            if output.is_json() {
                let report = StatusReport {
                    stack: StackState::EngineUnreachable,
                    network: NetworkStatus { name: NETWORK.into(), exists: false },
                    services: status::unknown_services(&configuration.stack_to_look_at()),
                    job,
                };
                output.failed_document(&report, &error);
            }
            return Err(error);
        }
    }
    if let Some(error) = configuration.silent_disk() {
        output.warning(&error);
    }
    // Invalid settings don't hide what is running. A warning is printed next to it.
    match configuration.settings() {
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
