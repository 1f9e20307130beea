//! Standard output and standard error of a command: the only way to both.
//!
//! A closed output (`clawker-monitor logs | head`) is not an error. An output that can't be written (a full disk) is one,
//! and is kept until the command ends. Everything is printed as `Printable`.

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use monitor_core::error::{ReportedError, StackError};
use serde::Serialize;
use serde_json::Value;

use super::{printable::Printable, terminal};

/// Moves the cursor to the top left and clears the screen below it (ECMA-48).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What a command prints on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text for people.
    Text,
    /// One indented JSON document.
    Json,
    /// JSON documents, one per line.
    JsonLines,
}

/// A command's output. Clones write to the same.
#[derive(Debug, Clone)]
pub(super) struct Output {
    format: Format,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The first failure to write to standard output, other than that it was closed.
    failure: Option<io::Error>,
    /// A document says already why the command failed.
    error_printed: bool,
}

impl Output {
    pub(super) fn new(format: Format) -> Output {
        Output { format, state: Arc::default() }
    }

    pub(super) fn is_json(&self) -> bool {
        self.format != Format::Text
    }

    /// Whether standard output is a terminal on which text can be replaced.
    pub(super) fn is_screen(&self) -> bool {
        !self.is_json() && io::stdout().is_terminal() && terminal::is_capable()
    }

    /// Prints a line. `false` once the output is closed or has failed.
    pub(super) fn line(&self, text: &str) -> bool {
        self.print(format_args!("{}\n", Printable::line(text)))
    }

    /// Prints every line of a text of our own.
    pub(super) fn lines(&self, text: &str) -> bool {
        text.lines().all(|line| self.line(line))
    }

    /// Clears the screen.
    pub(super) fn clear(&self) -> bool {
        self.print(format_args!("{CLEAR}"))
    }

    /// Prints a JSON document. `false` once the output is closed or has failed.
    pub(super) fn document<T: Serialize>(&self, document: &T) -> bool {
        let text = match self.format {
            Format::JsonLines => serde_json::to_string(document),
            Format::Text | Format::Json => serde_json::to_string_pretty(document),
        };
        match text {
            Ok(text) => self.print(format_args!("{}\n", Printable::json(&text))),
            Err(error) => {
                self.note(&format!("can't write the result as JSON: {error}"));
                true
            }
        }
    }

    /// Prints the document of a command that failed, with the error as its `error`.
    pub(super) fn failed_document<T: Serialize>(&self, document: &T, error: &StackError) {
        let mut value = serde_json::to_value(document).unwrap_or_default();
        if let (Value::Object(members), Ok(error)) = (&mut value, serde_json::to_value(ReportedError::from(error))) {
            members.insert("error".to_owned(), error);
        }
        self.state().error_printed = true;
        self.document(&value);
    }

    /// Writes a line to standard error.
    pub(super) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", Printable::line(text));
    }

    /// Writes a problem that does not end the command to standard error.
    pub(super) fn warning(&self, error: &StackError) {
        self.sentences("warning", error);
    }

    /// Writes what happened, the end of the failing service's log, and the next step to standard error; with JSON, also to
    /// standard output, unless a document has it already.
    pub(super) fn error(&self, error: &StackError) {
        let is_printed = std::mem::replace(&mut self.state().error_printed, true);
        if self.is_json() && !is_printed {
            self.document(&serde_json::json!({ "error": ReportedError::from(error) }));
        }
        self.sentences("error", error);
        for logged in error.log() {
            self.note(&format!("  | {logged}"));
        }
        self.note(&format!("hint: {}", error.hint()));
    }

    /// The failure to write to standard output, if there was one.
    pub(super) fn failure(&self) -> Option<StackError> {
        let failure = self.state().failure.take()?;
        Some(StackError::OutputFailed { detail: failure.to_string() })
    }

    fn sentences(&self, kind: &str, error: &StackError) {
        match error {
            StackError::SettingsInvalid { problems } | StackError::ChangeRefused { problems } if problems.len() > 1 => {
                self.note(&format!("{kind}: {} settings are invalid:", problems.len()));
                problems.iter().for_each(|problem| self.note(&format!("  {problem}")));
            }
            _ => self.note(&format!("{kind}: {error}")),
        }
    }

    fn print(&self, text: std::fmt::Arguments<'_>) -> bool {
        let mut out = io::stdout();
        match out.write_fmt(text).and_then(|()| out.flush()) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => false,
            Err(error) => {
                self.state().failure.get_or_insert(error);
                false
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
