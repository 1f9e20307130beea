//! Telemetry variables, with the source of each value.

use std::collections::BTreeMap;

use super::SettingsLayer;

/// Turns all telemetry on or off.
pub(super) const ENABLE: &str = "CLAUDE_CODE_ENABLE_TELEMETRY";
/// Tags the data with its project and agent.
pub(super) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Export interval of events in milliseconds.
pub(super) const LOGS_INTERVAL: &str = "OTEL_LOGS_EXPORT_INTERVAL";
/// Export interval of metrics in milliseconds.
pub(super) const METRICS_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
/// Turns traces on, if an exporter is set for them.
pub(super) const TRACES_BETA: &str = "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA";

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// The image.
    Image,
    /// The container's variables: set when it was created.
    Container,
    /// A settings file of Claude Code in the container, which has the value below `env`.
    Settings {
        /// The kind of file.
        layer: SettingsLayer,
        /// The path in the container.
        path: String,
    },
    /// A file from which Clawker takes variables when it creates a container.
    Clawker {
        /// The path on this machine.
        file: String,
        /// What sets the value there, for example `agent.env.OTEL_LOGS_EXPORTER`.
        key: String,
    },
}

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables(BTreeMap<String, (String, ValueSource)>);

impl Variables {
    /// Parses lines `NAME=value`. If a name occurs several times, the last one counts.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a String>, source: &ValueSource) -> Variables {
        let pairs = lines.into_iter().filter_map(|line| line.split_once('='));
        Variables(pairs.map(|(name, value)| (name.to_owned(), (value.to_owned(), source.clone()))).collect())
    }

    /// A container's variables. Those that have their image's value come from the image.
    pub fn of_container(environment: &[String], image: Option<&Variables>) -> Variables {
        let mut variables = Variables::of(environment, &ValueSource::Container);
        for (name, (value, source)) in &mut variables.0 {
            if image.is_some_and(|image| image.raw(name) == Some(value.as_str())) {
                *source = ValueSource::Image;
            }
        }
        variables
    }

    /// These variables, overridden by `others`.
    pub fn under(mut self, others: &Variables) -> Variables {
        self.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// Sets one variable.
    pub fn set(&mut self, name: &str, value: String, source: ValueSource) {
        self.0.insert(name.to_owned(), (value, source));
    }

    /// Keeps the variables for which this is true.
    pub fn retain(&mut self, keep: impl Fn(&str, &ValueSource) -> bool) {
        self.0.retain(|name, (_, source)| keep(name, source));
    }

    /// These variables with values as if nobody had put quotes around them.
    pub fn without_quotes(&self) -> Variables {
        let plain = |value: &str| unquoted(value).unwrap_or(value).to_owned();
        Variables(self.0.iter().map(|(name, (value, from))| (name.clone(), (plain(value), from.clone()))).collect())
    }

    /// The value, which may be empty.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str())
    }

    /// The value; `None` if it is empty, as OpenTelemetry defines it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Where the value comes from; `None` if it is not set.
    pub fn source(&self, name: &str) -> Option<&ValueSource> {
        self.0.get(name).map(|(_, source)| source)
    }

    /// The first of these variables with a value.
    pub fn first<'a>(&self, names: [&'a str; 2]) -> Option<(&'a str, &str)> {
        names.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// An interval in milliseconds, rounded up to seconds.
    pub fn interval_seconds(&self, name: &str, default_milliseconds: u64) -> u64 {
        let given = self.get(name).and_then(leading_integer).filter(|number| *number > 0);
        given.and_then(|number| u64::try_from(number).ok()).unwrap_or(default_milliseconds).div_ceil(1000)
    }

    /// All names, values and sources, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &ValueSource)> {
        self.0.iter().map(|(name, (value, source))| (name.as_str(), value.as_str(), source))
    }
}

/// The value inside of quotes that are part of it; `None` if there are none.
pub(super) fn unquoted(value: &str) -> Option<&str> {
    let value = value.trim();
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// The integer at the beginning of the text, as JavaScript's `parseInt` reads it: 5 of `5s`, and 0 of `0.5`. `None` if there
/// is none. One that is too large is the largest.
pub(super) fn leading_integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = &digits[..digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len())];
    if digits.is_empty() {
        return None;
    }
    let number = digits.parse::<u64>().map_or(i128::from(u64::MAX), i128::from);
    Some(if negative { -number } else { number })
}

/// Whether Claude Code treats the value as true; all other values are false.
pub(super) fn is_on(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

/// Whether somebody who writes this value means "off".
pub(super) fn is_off(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}
