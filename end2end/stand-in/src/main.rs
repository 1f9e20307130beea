//! Simulates one of the six services where its image cannot be pulled. It reads the same command line, environment and
//! configuration files as the real service, listens on the configured addresses, and answers readiness probes.
//!
//! `STAND_IN` selects the service; `STAND_IN_FAULT` switches on a fault. Both are set in the image, not by the stack, so
//! that tests run the same stack that people run.
//!
//! Loki and Prometheus store the records that tests send them (`loki`, `prometheus`) and answer the panel's queries.

#![expect(clippy::disallowed_methods, reason = "it reads the files that the tests themselves have generated")]

mod answer;
mod derived;
mod fault;
mod journal;
mod listeners;
mod log;
mod logql;
mod loki;
mod otlp;
mod pipeline;
mod prometheus;
mod promql;
mod promtail;
mod push;
mod records;
mod request;
mod role;

use std::{process::exit, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use fault::Fault;
use log::{Level, ServiceLog};
use role::Role;

fn main() {
    let role: Role = match std::env::var("STAND_IN").unwrap_or_default().parse() {
        Ok(role) => role,
        Err(problem) => {
            eprintln!("{problem}");
            exit(2);
        }
    };
    let log = ServiceLog::new(role);
    if let Err(error) = serve(role, log) {
        log.write(Level::Error, &format!("{error:#}"));
        exit(1);
    }
}

fn serve(role: Role, log: ServiceLog) -> Result<()> {
    // Process 1 of a container ignores SIGTERM unless it has a handler.
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be caught")?;
    let fault: Option<Fault> = match std::env::var("STAND_IN_FAULT") {
        Ok(text) => Some(text.parse().map_err(anyhow::Error::msg)?),
        Err(_) => None,
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let endpoints = listeners::endpoints(role, &arguments)?;
    log.write(Level::Info, &format!("starting a stand-in for {}", role.name()));
    if let Some(Fault::Exit(code)) = fault {
        log.write(Level::Error, "no space left on device (simulated fault)");
        exit(code);
    }
    let mut stores = answer::Stores::new(listeners::scraped_loki(role, &arguments));
    if role == Role::Loki {
        let (limits, folder) = listeners::loki(&arguments)?;
        stores.loki = loki::Loki::new(limits, &folder, log);
    }
    if role == Role::Promtail {
        stores.promtail = Some(promtail::Promtail::new(&listeners::promtail(&arguments)?)?);
    }
    let stores = Arc::new(stores);
    for endpoint in endpoints {
        answer::listen(role, log, endpoint, fault, Arc::clone(&stores))?;
    }
    log.write(Level::Warn, "this is a stand-in: it stores only what tests send it");
    log.write(Level::Info, role.started_message());
    if let Some(Fault::SlowReady(wait)) = fault {
        std::thread::spawn(move || {
            std::thread::sleep(wait.min(Duration::from_secs(60)));
            log.write(Level::Info, "ready after the configured delay");
        });
    }
    let _ = signals.forever().next();
    log.write(Level::Info, "received a signal, shutting down");
    Ok(())
}
