//! The text of variables in evidence.

pub(super) use super::super::variables::{
    ENABLE, LOGS_INTERVAL, METRICS_INTERVAL, RESOURCE_ATTRIBUTES, TRACES_BETA, ValueSource, Variables, is_off, is_on,
    leading_integer, unquoted,
};
use crate::agent_environment::{NOT_SHOWN, shown};

/// Maximum length of a value in a sentence, in characters.
const LONGEST: usize = 200;

/// Quotes a literal in backticks and replaces characters that would break out of them or of the line.
pub(super) fn backticked(text: &str) -> String {
    let harmless = |letter: char| match letter {
        '`' => '\'',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let mut shown: String = text.chars().take(LONGEST).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    if shown.trim().is_empty() { "empty".to_owned() } else { format!("`{shown}`") }
}

/// The clause "`NAME` is `value`", as far as the value may be shown.
pub(super) fn variable_is(name: &str, value: &str) -> String {
    match shown(name, value) {
        hidden if hidden == NOT_SHOWN => format!("`{name}` is set (its value is not shown)"),
        shown => format!("`{name}` is {}", backticked(&shown)),
    }
}

/// The clause "set by …" or "set in …" about a variable.
pub(super) fn set_by(name: &str, source: &ValueSource) -> String {
    match source {
        ValueSource::Image => "set in its image".to_owned(),
        ValueSource::Container => "set when the container was created".to_owned(),
        ValueSource::Settings { path, .. } => {
            format!("set by {} in {}", backticked(&format!("env.{name}")), backticked(path))
        }
        ValueSource::Clawker { file, key } => format!("set by {} in {}", backticked(key), backticked(file)),
    }
}
