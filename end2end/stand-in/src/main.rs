//! Stands in for one of the six services where its image cannot be pulled. It takes the same command line, environment
//! and configuration files as the real one, listens where they say, and answers readiness as the real one does.
//!
//! `STAND_IN` says whom to play; `STAND_IN_FAULT` makes it misbehave. Both are set in the image, not by the stack, so
//! that the stack under test is the stack that people run.
//!
//! Loki and Prometheus keep what tests feed them (`loki`, `prometheus`) and answer the panel's questions about it.

mod answer;
mod fault;
mod records;
mod log;
mod listeners;
mod logql;
mod loki;
mod prometheus;
mod request;
mod role;

use std::{process::exit, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use fault::Fault;
use log::{Journal, Level};
use role::Role;

fn main() {
    let role: Role = match std::env::var("STAND_IN").unwrap_or_default().parse() {
        Ok(role) => role,
        Err(problem) => {
            eprintln!("{problem}");
            exit(2);
        }
    };
    let journal = Journal::of(role);
    if let Err(error) = serve(role, journal) {
        journal.write(Level::Error, &format!("{error:#}"));
        exit(1);
    }
}

fn serve(role: Role, journal: Journal) -> Result<()> {
    // Process 1 of a container ignores SIGTERM unless it asks for it.
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be caught")?;
    let fault: Option<Fault> = match std::env::var("STAND_IN_FAULT") {
        Ok(text) => Some(text.parse().map_err(anyhow::Error::msg)?),
        Err(_) => None,
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let endpoints = listeners::endpoints(role, &arguments)?;
    journal.write(Level::Info, &format!("starting a stand-in for {}", role.name()));
    if let Some(Fault::Exit(code)) = fault {
        journal.write(Level::Error, "the disk that this fault pretends is full");
        exit(code);
    }
    let kept = Arc::new(answer::Kept::default());
    for endpoint in endpoints {
        answer::listen(role, journal, endpoint, fault, Arc::clone(&kept))?;
    }
    journal.write(Level::Warn, "this is a stand-in: only what tests feed it is kept");
    journal.write(Level::Info, role.ready_words());
    // A slow stand-in logs while it waits, as the real one would.
    if let Some(Fault::SlowReady(wait)) = fault {
        std::thread::spawn(move || {
            std::thread::sleep(wait.min(Duration::from_secs(60)));
            journal.write(Level::Info, "ready after the delay that was asked for");
        });
    }
    let _ = signals.forever().next();
    journal.write(Level::Info, "received a signal, shutting down");
    Ok(())
}
