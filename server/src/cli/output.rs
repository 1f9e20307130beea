//! Writing to standard output and standard error. A reader that went away (`clawker-monitor logs | head`) is no error.

use std::io::Write;

use monitor_core::error::StackError;

/// A line on standard output. `false` when nobody reads any more.
pub(super) fn line(text: &str) -> bool {
    writeln!(std::io::stdout(), "{text}").is_ok()
}

/// A piece of a line on standard output. `false` when nobody reads any more.
pub(super) fn piece(text: &str) -> bool {
    let mut out = std::io::stdout();
    write!(out, "{text}").and_then(|()| out.flush()).is_ok()
}

/// A JSON document on a line of its own. `false` when nobody reads any more.
pub(super) fn json_line<T: serde::Serialize>(document: &T) -> bool {
    match serde_json::to_string(document) {
        Ok(text) => line(&text),
        Err(error) => {
            note(&format!("the answer could not be written as JSON: {error}"));
            true
        }
    }
}

/// A JSON document on standard output.
pub(super) fn json<T: serde::Serialize>(document: &T) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => {
            line(&text);
        }
        Err(error) => note(&format!("the answer could not be written as JSON: {error}")),
    }
}

/// A line on standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What happened, the failing service's last words, and the next step.
pub(super) fn error(error: &StackError) {
    note(&format!("error: {error}"));
    for logged in error.log() {
        note(&format!("  | {logged}"));
    }
    note(&format!("hint: {}", error.hint()));
}
