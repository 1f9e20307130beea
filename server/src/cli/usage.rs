//! Invalid usage, and the exit codes.

use std::process::ExitCode;

use clap::error::ErrorKind;
use monitor_core::error::{ReportedError, StackError};
use serde_json::json;

use super::output::{Format, Output};

/// The exit code for a command line that is not valid, as clap's.
const USAGE: u8 = 2;
/// The exit code of a command that a signal interrupted: 128 and the number of SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

/// The exit code for this error. What is wrong with the command line is the same mistake, whether it is found by clap or
/// by a command.
pub(super) fn exit_code(error: &StackError) -> ExitCode {
    match error {
        StackError::UnknownSetting { .. } | StackError::NothingSelected => ExitCode::from(USAGE),
        // A problem with a line is one that the file had before.
        StackError::ChangeRefused { problems } if problems.iter().all(|problem| problem.line.is_none()) => {
            ExitCode::from(USAGE)
        }
        StackError::Cancelled => ExitCode::from(INTERRUPTED),
        _ => ExitCode::FAILURE,
    }
}

/// Prints what clap says about a command line: help, the version, or what is wrong with it.
pub(super) fn refuse(error: &clap::Error) -> ExitCode {
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    let output = Output::new(if is_json { Format::Json } else { Format::Text });
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output.lines(&text);
        return match output.failure() {
            Some(failure) => {
                output.error(&failure);
                ExitCode::FAILURE
            }
            None => ExitCode::SUCCESS,
        };
    }
    text.lines().for_each(|line| output.note(line));
    if is_json {
        let first = text.lines().next().unwrap_or_default();
        let report = ReportedError {
            code: "usage".to_owned(),
            message: first.strip_prefix("error: ").unwrap_or(first).to_owned(),
            hint: "see `clawker-monitor --help`".to_owned(),
            log: Vec::new(),
        };
        output.document(&json!({ "error": report }));
    }
    ExitCode::from(USAGE)
}
