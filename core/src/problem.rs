//! What is wrong with a setting, and where.

use serde::{Deserialize, Serialize};

/// One thing wrong with the settings. All of them are found and reported at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The dotted key, as `monitoring.grafana_port`; empty when the file as a whole is meant.
    pub field: String,
    /// What is wrong, and what is allowed: one sentence.
    pub message: String,
    /// The path of the file, where the value came from one.
    pub file: Option<String>,
    /// The line in that file, counted from 1.
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
