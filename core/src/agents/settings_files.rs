//! Claude Code's settings files in a container. Of their `env`, only telemetry variables are kept.

use crate::agent_environment::is_telemetry;

/// Kinds of settings files, from the lowest precedence to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingsLayer {
    /// `.claude/settings.json` and `.claude/settings.local.json` in the work folder.
    Project,
    /// `settings.json` in the user's configuration folder.
    User,
    /// `managed-settings.json` and the files in `managed-settings.d`.
    Managed,
}

/// Why nothing is known about a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It is not valid: what is wrong, as a clause.
    Invalid(String),
    /// It could not be read: why, as a clause.
    NotRead(String),
}

impl FileProblem {
    /// What is wrong, as a clause.
    pub fn clause(&self) -> &str {
        match self {
            FileProblem::Invalid(clause) | FileProblem::NotRead(clause) => clause,
        }
    }
}

/// A settings file that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// The kind of file.
    pub layer: SettingsLayer,
    /// The path in the container.
    pub path: String,
    /// Its telemetry variables as `NAME=value`.
    pub variables: Result<Vec<String>, FileProblem>,
}

/// More variables than these are not looked at.
const MOST_VARIABLES: usize = 200;

impl SettingsFile {
    /// Reads the member `env`. The text has to be limited in size already.
    pub fn parse(layer: SettingsLayer, path: &str, text: &str) -> SettingsFile {
        SettingsFile { layer, path: path.to_owned(), variables: variables_in(text).map_err(FileProblem::Invalid) }
    }

    /// A file that could not be read, and why.
    pub fn not_read(layer: SettingsLayer, path: &str, why: &str) -> SettingsFile {
        SettingsFile { layer, path: path.to_owned(), variables: Err(FileProblem::NotRead(why.to_owned())) }
    }

    /// Whether it turns telemetry on or off.
    pub fn sets_telemetry(&self) -> bool {
        let lines = self.variables.as_deref().unwrap_or_default();
        lines.iter().any(|line| line.starts_with("CLAUDE_CODE_ENABLE_TELEMETRY="))
    }
}

fn variables_in(text: &str) -> Result<Vec<String>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let settings: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("it is not valid JSON (line {})", error.line()))?;
    let pairs = settings.get("env").and_then(|env| env.as_object()).into_iter().flatten();
    let lines = pairs.filter(|(name, _)| is_telemetry(name)).filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some(format!("{name}={text}")),
        // Claude Code makes text of them, also of `null`.
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) | serde_json::Value::Null => {
            Some(format!("{name}={value}"))
        }
        _ => None,
    });
    Ok(lines.take(MOST_VARIABLES).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, FileProblem> {
        SettingsFile::parse(SettingsLayer::User, "/s.json", text).variables
    }

    #[test]
    fn only_telemetry_variables_are_kept() {
        let text = r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":1,"OTEL_LOG_USER_PROMPTS":false,"API_KEY":"hush",
            "OTEL_LOGS_EXPORTER":"otlp","OTEL_X":{},"OTEL_LOGS_EXPORTER":"none"},"permissions":{}}"#;
        let expected = ["CLAUDE_CODE_ENABLE_TELEMETRY=1", "OTEL_LOGS_EXPORTER=none", "OTEL_LOG_USER_PROMPTS=false"];
        let mut lines = read(text).expect("valid");
        lines.sort();
        assert_eq!(lines, expected);
        assert_eq!(read("\u{feff}{}"), Ok(Vec::new()));
        assert_eq!(read(" \n"), Ok(Vec::new()));
        assert_eq!(read("[1]"), Ok(Vec::new()));
    }

    #[test]
    fn invalid_or_deeply_nested_text_is_an_error_without_its_content() {
        for text in ["{", "// hush\n{}", "{\"env\":{},}", &"[".repeat(100_000)] {
            let problem = read(text).expect_err("not JSON");
            assert!(problem.clause().starts_with("it is not valid JSON (line "), "{problem:?}");
        }
    }
}
