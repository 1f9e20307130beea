//! Telemetry variables as a program in the container sees them, and their text in evidence.

use std::collections::BTreeMap;

use crate::agent_environment::{is_telemetry, masked};

/// Turns all telemetry on or off.
pub(super) const ENABLE: &str = "CLAUDE_CODE_ENABLE_TELEMETRY";
/// Tags the data with its project and agent.
pub(super) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Export interval of events in milliseconds.
pub(super) const LOGS_INTERVAL: &str = "OTEL_LOGS_EXPORT_INTERVAL";
/// Export interval of metrics in milliseconds.
pub(super) const METRICS_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Parses lines `NAME=value`. If a name occurs several times, the last one counts.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a String>) -> Variables {
        let pairs = lines.into_iter().filter_map(|line| line.split_once('='));
        Variables(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Reads the member `env` of a Claude Code settings file. Text that is not JSON sets nothing.
    pub fn of_settings(text: &str) -> Variables {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let settings: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let pairs = settings.get("env").and_then(|env| env.as_object()).into_iter().flatten();
        let telemetry = pairs.filter(|(name, _)| is_telemetry(name)).filter_map(|(name, value)| {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some((name.clone(), text))
        });
        Variables(telemetry.collect())
    }

    /// These variables, overridden by `others`.
    pub fn under(mut self, others: &Variables) -> Variables {
        self.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// The value, which may be empty.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value; `None` if it is empty, as OpenTelemetry defines it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first of these variables with a value.
    pub fn first<'a>(&self, names: [&'a str; 2]) -> Option<(&'a str, &str)> {
        names.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// An interval in milliseconds, rounded up to seconds.
    pub fn interval_seconds(&self, name: &str, default_milliseconds: u64) -> u64 {
        let given = self.get(name).and_then(|value| value.parse::<u64>().ok()).filter(|number| *number > 0);
        given.unwrap_or(default_milliseconds).div_ceil(1000)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Whether Claude Code treats the value as true; all other values are false.
pub(super) fn is_on(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

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

/// The clause "`NAME` is `value`", with secrets hidden.
pub(super) fn variable_is(name: &str, value: &str) -> String {
    format!("`{name}` is {}", backticked(&masked(name, value)))
}
