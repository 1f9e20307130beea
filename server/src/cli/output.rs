//! Writing to standard output and standard error. A closed output (`clawker-monitor logs | head`) is not an error.

use std::io::Write;

use monitor_core::error::StackError;

/// Writes a line to standard output. `false` once the output is closed.
pub(super) fn line(text: &str) -> bool {
    writeln!(std::io::stdout(), "{text}").is_ok()
}

/// Writes text without a line break to standard output. `false` once the output is closed.
pub(super) fn text(text: &str) -> bool {
    let mut out = std::io::stdout();
    write!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

/// Writes a JSON document as one line to standard output. `false` once the output is closed.
pub(super) fn json_line<T: serde::Serialize>(document: &T) -> bool {
    match serde_json::to_string(document) {
        Ok(text) => line(&text),
        Err(error) => {
            note(&format!("can't write the result as JSON: {error}"));
            true
        }
    }
}

/// Writes an indented JSON document to standard output.
pub(super) fn json<T: serde::Serialize>(document: &T) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => {
            line(&text);
        }
        Err(error) => note(&format!("can't write the result as JSON: {error}")),
    }
}

/// Writes a line to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes what happened, the end of the failing service's log, and the next step to standard error.
pub(super) fn error(error: &StackError) {
    note(&format!("error: {error}"));
    for logged in error.log() {
        note(&format!("  | {logged}"));
    }
    note(&format!("hint: {}", error.hint()));
}
