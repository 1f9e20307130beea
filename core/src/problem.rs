//! A problem with a setting, and where it is.

use serde::{Deserialize, Serialize};

/// A problem with a setting. All problems are found and reported at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The dotted key, for example `monitoring.grafana_port`; empty for the file as a whole.
    pub field: String,
    /// What is wrong and what is valid, in one sentence without its period.
    pub message: String,
    /// The path of the file; `None` if the value is not from a file.
    pub file: Option<String>,
    /// The line in the file, counted from 1; `None` if unknown.
    pub line: Option<u32>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(formatter, "{file}:{line}: ")?,
            (Some(file), None) => write!(formatter, "{file}: ")?,
            (None, _) => {}
        }
        if !self.field.is_empty() {
            write!(formatter, "`{}`: ", self.field)?;
        }
        formatter.write_str(&self.message)
    }
}
