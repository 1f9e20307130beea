//! `data`: shows, exports and deletes what the built-in receiver has recorded. Works beside a running receiver.

mod select;
mod statistics;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use monitor_core::{count, error::StackError};
use monitor_receiver::store::{Amount, Eraser, OpenError, ReadError, Reader, Selection};
use serde::Serialize;

use self::select::{SelectOptions, as_time};
use super::{OutputOptions, output::Output};
use crate::{
    configuration::Configuration,
    file_access::open_regular,
    paths::{Paths, TELEMETRY_FILE, file_error},
};

#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Show how much there is, how fast it grows, and what is deleted next.
    Stats {
        #[command(flatten)]
        file: FileOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Print events, oldest first, as one JSON object per line.
    Export(ExportOptions),
    /// Delete data. Shows what would be deleted, and deletes it only with `--yes`.
    Delete {
        #[command(flatten)]
        select: SelectOptions,
        /// Everything in the file.
        #[arg(long, conflicts_with = "selection")]
        all: bool,
        /// Delete it.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        file: FileOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct ExportOptions {
    #[command(flatten)]
    select: SelectOptions,
    #[command(flatten)]
    file: FileOptions,
}

#[derive(Debug, Clone, Args)]
pub(super) struct FileOptions {
    /// The folder of the file `telemetry.db`. The default is `telemetry` in Clawker's data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl DataCommand {
    pub(super) fn output(&self) -> OutputOptions {
        match self {
            DataCommand::Stats { output, .. } | DataCommand::Delete { output, .. } => *output,
            DataCommand::Export(_) => OutputOptions { json: true },
        }
    }
}

/// What `data delete --json` prints.
#[derive(Serialize)]
struct Deletion {
    deleted: bool,
    events: u64,
    agents: u64,
    sessions: u64,
    first: Option<String>,
    last: Option<String>,
}

pub(super) fn data(command: &DataCommand, output: &Output) -> Result<(), StackError> {
    let paths = Paths::from_environment(|name: &str| std::env::var_os(name))?;
    let (DataCommand::Stats { file, .. }
    | DataCommand::Delete { file, .. }
    | DataCommand::Export(ExportOptions { file, .. })) = command;
    let file = file.data.as_ref().map_or_else(|| paths.telemetry_file(), |folder| folder.join(TELEMETRY_FILE));
    // Before it is opened by SQLite, which would wait for a pipe.
    let found = open_regular(&file).map_err(|error| file_error(&file, "read", &error))?;
    let size = match found {
        Some(found) => {
            let bytes = found.metadata().map_err(|error| file_error(&file, "read", &error))?.len();
            // What was written last is only in the log until SQLite moves it.
            let log = file.with_extension("db-wal");
            bytes + std::fs::metadata(log).map_or(0, |log| log.len())
        }
        None => return Err(StackError::NoTelemetry { path: file.display().to_string() }),
    };
    let reader = Reader::open(&file).map_err(|error| unusable(&file, error))?;
    match command {
        DataCommand::Stats { .. } => {
            let settings = Configuration::new(paths, String::new()).settings()?;
            statistics::print(&file, size, &reader, &settings, output)
        }
        DataCommand::Export(ExportOptions { select, .. }) => reader
            .for_each_event(&select.selection(), |event| output.document(&event.to_json()))
            .map_err(|error| failed(&file, "read", &error)),
        DataCommand::Delete { select, all, yes, .. } => {
            let selection = select.selection().in_whole_minutes();
            if selection.is_everything() && !all {
                return Err(StackError::NothingSelected);
            }
            delete(&file, &reader, &selection, *yes, output)
        }
    }
}

fn delete(file: &Path, reader: &Reader, selection: &Selection, yes: bool, output: &Output) -> Result<(), StackError> {
    let amount = if yes {
        let mut eraser = Eraser::open(file).map_err(|error| unusable(file, error))?;
        eraser.delete(selection).map_err(|error| failed(file, "changed", &error))?
    } else {
        reader.amount(selection).map_err(|error| failed(file, "read", &error))?
    };
    let Amount { events, owners: agents, sessions, first, last } = amount;
    let (first, last) = (first.map(as_time), last.map(as_time));
    if output.is_json() {
        output.document(&Deletion { deleted: yes, events, agents, sessions, first, last });
        return Ok(());
    }
    let counted =
        |number: u64, what: &str| format!("{} {what}{}", count::exact(number), if number == 1 { "" } else { "s" });
    let mut sentence = format!(
        "{} {} of {} in {}",
        if yes { "Deleted" } else { "Would delete" },
        counted(events, "event"),
        counted(agents, "agent"),
        counted(sessions, "session")
    );
    if let (Some(first), Some(last)) = (first, last) {
        sentence.push_str(&format!(", from {first} to {last}"));
    }
    output.line(&format!("{sentence}, with their metrics and traces."));
    if selection.from.is_some() || selection.to.is_some() {
        let from = selection.from.map_or("the beginning".to_owned(), as_time);
        let to = selection.to.map_or("the end".to_owned(), as_time);
        output.line(&format!("Metrics are kept by minute, so whole minutes are deleted: from {from} to {to}."));
    }
    if !yes {
        output.line("Nothing was deleted. Add `--yes` to delete it.");
    }
    Ok(())
}

fn unusable(file: &Path, error: OpenError) -> StackError {
    let detail = match error {
        OpenError::Unusable { detail, .. } => detail,
        OpenError::Newer { .. } => "it was written by a newer version of clawker-monitor".into(),
        OpenError::NotOurs(_) => "it is a database of another program".into(),
        OpenError::InUse(_) => error.to_string(),
    };
    StackError::File { path: file.display().to_string(), verb: "read".into(), detail }
}

fn failed(file: &Path, verb: &str, error: &ReadError) -> StackError {
    StackError::File { path: file.display().to_string(), verb: verb.into(), detail: error.to_string() }
}
