//! Claude Code's settings files in a container. Of their `env`, only telemetry variables are kept.

use serde_json::{Map, Value};

use super::ProxyVariables;
use crate::agent_environment::is_telemetry;

/// Kinds of settings files, from the lowest precedence to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingsLayer {
    /// `.claude.json`, in which Claude Code keeps its own state, in the user's home or configuration folder.
    Config,
    /// `settings.json` in the user's configuration folder.
    User,
    /// `.claude/settings.local.json` of the Git repository above the work folder.
    Repository,
    /// `.claude/settings.json` and `.claude/settings.local.json` in the work folder.
    Project,
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
    /// What it says about proxies.
    pub proxy: ProxyVariables,
    /// Whether it names a command that makes headers for each export (`otelHeadersHelper`). If the command fails, nothing is
    /// sent.
    pub has_headers_helper: bool,
}

/// More variables than these are not looked at.
const MOST_VARIABLES: usize = 200;

impl SettingsFile {
    /// Reads the member `env`. The text has to be limited in size already.
    pub fn parse(layer: SettingsLayer, path: &str, text: &str) -> SettingsFile {
        let settings = settings_in(text, layer).map_err(FileProblem::Invalid);
        SettingsFile {
            layer,
            path: path.to_owned(),
            has_headers_helper: settings.as_ref().is_ok_and(|settings| settings.contains_key("otelHeadersHelper")),
            proxy: settings.as_ref().map(proxies_in).unwrap_or_default(),
            variables: settings.map(|settings| variables_in(&settings)),
        }
    }

    /// A file that could not be read, and why.
    pub fn not_read(layer: SettingsLayer, path: &str, why: &str) -> SettingsFile {
        let variables = Err(FileProblem::NotRead(why.to_owned()));
        SettingsFile {
            layer,
            path: path.to_owned(),
            variables,
            proxy: ProxyVariables::default(),
            has_headers_helper: false,
        }
    }

    /// Whether it turns telemetry on or off.
    pub fn sets_telemetry(&self) -> bool {
        let lines = self.variables.as_deref().unwrap_or_default();
        lines.iter().any(|line| line.starts_with("CLAUDE_CODE_ENABLE_TELEMETRY="))
    }
}

/// Settings of which Claude Code uses nothing at all if one of these has another type; managed settings lose only that one.
/// Found by running 2.1.332, some also 2.1.252 and 2.1.100; others may exist.
const TYPES: [(&str, JsonType); 13] = [
    ("alwaysThinkingEnabled", JsonType::Boolean),
    ("apiKeyHelper", JsonType::Text),
    ("attribution", JsonType::Object),
    ("cleanupPeriodDays", JsonType::Number),
    ("enableAllProjectMcpServers", JsonType::Boolean),
    ("enabledPlugins", JsonType::Object),
    ("env", JsonType::Object),
    ("includeCoAuthoredBy", JsonType::Boolean),
    ("language", JsonType::Text),
    ("model", JsonType::Text),
    ("outputStyle", JsonType::Text),
    ("permissions", JsonType::Object),
    ("statusLine", JsonType::Object),
];

#[derive(Debug, Clone, Copy)]
enum JsonType {
    Boolean,
    Number,
    Object,
    Text,
}

impl JsonType {
    fn is_of(self, value: &Value) -> bool {
        match self {
            JsonType::Boolean => value.is_boolean(),
            JsonType::Number => value.is_number(),
            JsonType::Object => value.is_object(),
            JsonType::Text => value.is_string(),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            JsonType::Boolean => "`true` or `false`",
            JsonType::Number => "a number",
            JsonType::Object => "an object",
            JsonType::Text => "text",
        }
    }
}

/// The settings in a file, or why Claude Code uses none of them, as a clause.
fn settings_in(text: &str, layer: SettingsLayer) -> Result<Map<String, Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    // Managed settings have a cause of their own, which says what follows.
    let follows = match layer {
        SettingsLayer::Managed => "",
        SettingsLayer::Config => ", so Claude Code may not start",
        SettingsLayer::Project | SettingsLayer::Repository | SettingsLayer::User => {
            ", so Claude Code uses nothing in it"
        }
    };
    let settings: Value =
        serde_json::from_str(text).map_err(|error| format!("it is not valid JSON (line {}){follows}", error.line()))?;
    let Value::Object(settings) = settings else { return Err(format!("it is not a JSON object{follows}")) };
    let wrong = TYPES.iter().find(|(name, wanted)| settings.get(*name).is_some_and(|value| !wanted.is_of(value)));
    match wrong.filter(|_| matches!(layer, SettingsLayer::Project | SettingsLayer::Repository | SettingsLayer::User)) {
        Some((name, wanted)) => Err(format!("`{name}` is not {}{follows}", wanted.words())),
        None => Ok(settings),
    }
}

fn variables_in(settings: &Map<String, Value>) -> Vec<String> {
    lines_in(settings, is_telemetry)
}

fn proxies_in(settings: &Map<String, Value>) -> ProxyVariables {
    ProxyVariables::read(lines_in(settings, ProxyVariables::includes).iter().map(String::as_str))
}

/// The variables of `env` whose names are wanted, as `NAME=value`.
fn lines_in(settings: &Map<String, Value>, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let pairs = settings.get("env").and_then(|env| env.as_object()).into_iter().flatten();
    let named = pairs.filter(|(name, _)| is_wanted(name)).take(MOST_VARIABLES);
    named.map(|(name, value)| format!("{name}={}", text_of(value))).collect()
}

/// The text that JavaScript makes of a value, which is what Claude Code sets.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(items) => {
            let text = |item: &Value| if item.is_null() { String::new() } else { text_of(item) };
            items.iter().map(text).collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
    }
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
            "OTEL_LOGS_EXPORTER":"otlp","OTEL_X":{},"OTEL_Y":["a",null,1],"OTEL_LOGS_EXPORTER":"none"},"permissions":{}}"#;
        let expected = [
            "CLAUDE_CODE_ENABLE_TELEMETRY=1",
            "OTEL_LOGS_EXPORTER=none",
            "OTEL_LOG_USER_PROMPTS=false",
            "OTEL_X=[object Object]",
            "OTEL_Y=a,,1",
        ];
        let mut lines = read(text).expect("valid");
        lines.sort();
        assert_eq!(lines, expected);
        assert_eq!(read("\u{feff}{}"), Ok(Vec::new()));
        assert_eq!(read(" \n"), Ok(Vec::new()));
    }

    #[test]
    fn claude_code_uses_nothing_of_a_file_with_a_wrong_type_unless_it_is_managed() {
        for (text, said) in [
            ("[1]", "it is not a JSON object"),
            (r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#, "`model` is not text"),
            (r#"{"permissions":"x","env":{"OTEL_LOGS_EXPORTER":"none"}}"#, "`permissions` is not an object"),
            (r#"{"env":["OTEL_LOGS_EXPORTER=none"]}"#, "`env` is not an object"),
        ] {
            for layer in [SettingsLayer::User, SettingsLayer::Project] {
                let problem = SettingsFile::parse(layer, "/s.json", text).variables.expect_err("nothing is used");
                assert_eq!(problem.clause(), format!("{said}, so Claude Code uses nothing in it"));
            }
            let managed = SettingsFile::parse(SettingsLayer::Managed, "/s.json", text).variables;
            assert_eq!(managed.is_ok(), text.starts_with('{'), "{text}");
        }
        assert_eq!(read(r#"{"unknown":3,"theme":3,"env":{"OTEL_A":"b"}}"#), Ok(vec!["OTEL_A=b".into()]));
    }

    #[test]
    fn a_command_that_makes_headers_is_noticed() {
        let has = |text: &str| SettingsFile::parse(SettingsLayer::User, "/s.json", text).has_headers_helper;
        assert!(has(r#"{"otelHeadersHelper":"/bin/headers"}"#));
        assert!(!has("{}") && !has("{"));
    }

    #[test]
    fn invalid_or_deeply_nested_text_is_an_error_without_its_content() {
        for text in ["{", "// hush\n{}", "{\"env\":{},}", &"[".repeat(100_000)] {
            let problem = read(text).expect_err("not JSON");
            assert!(problem.clause().starts_with("it is not valid JSON (line "), "{problem:?}");
        }
    }
}
