//! Compares the variables of an existing container with those of a new one.
//!
//! **Invariant:** only telemetry variables leave this module, without secrets.

use serde::{Deserialize, Serialize};

use super::{ENABLE, RESOURCE_ATTRIBUTES, TRACES_BETA, environment, shown};
use crate::settings::Settings;

/// A telemetry variable whose effect in a container differs from the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The variable's name.
    pub name: String,
    /// The expected value; `None` if it would not be set.
    pub wanted: Option<String>,
    /// The actual value; `None` if it is not set.
    pub found: Option<String>,
}

/// Compares the variables of an agent's container (`NAME=value`, as Docker lists them) with those it would get now. A
/// missing variable equals one with Claude Code's default.
pub fn differences(container: &[String], settings: &Settings, project: &str, agent: &str) -> Vec<Difference> {
    let found: Vec<(&str, &str)> =
        container.iter().filter_map(|line| line.split_once('=')).filter(|(name, _)| is_telemetry(name)).collect();
    // If a name occurs several times, the last one counts.
    let found_value = |name: &str| found.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let wanted = environment(settings, project, agent);
    let mut differences = Vec::new();
    for variable in wanted.iter().filter(|variable| is_telemetry(&variable.name)) {
        let value = found_value(&variable.name);
        if !is_same(&variable.name, Some(&variable.value), value) {
            differences.push(difference(&variable.name, Some(&variable.value), value));
        }
    }
    for (name, _) in &found {
        let known = wanted.iter().any(|variable| variable.name == *name)
            || differences.iter().any(|difference| difference.name == *name);
        let value = found_value(name);
        if !known && !is_same(name, None, value) {
            differences.push(difference(name, None, value));
        }
    }
    differences
}

/// Whether a variable is about telemetry and may be read. Others may contain secrets.
pub fn is_telemetry(name: &str) -> bool {
    name.starts_with("OTEL_") || name == ENABLE || name == TRACES_BETA || name.starts_with("CLAUDE_CODE_OTEL")
}

fn difference(name: &str, wanted: Option<&str>, found: Option<&str>) -> Difference {
    let shown = |value: &str| shown(name, value);
    Difference { name: name.to_owned(), wanted: wanted.map(shown), found: found.map(shown) }
}

fn is_same(name: &str, wanted: Option<&str>, found: Option<&str>) -> bool {
    if name == RESOURCE_ATTRIBUTES {
        // People add their own attributes; only project and agent matter here.
        let has = |pair: &str| found.is_some_and(|found| found.split(',').any(|part| part.trim() == pair));
        return wanted.unwrap_or_default().split(',').filter(|pair| !pair.is_empty()).all(has);
    }
    let effect = |value: Option<&str>| meaning(value.filter(|value| !value.is_empty()).or_else(|| default_of(name)));
    effect(wanted) == effect(found)
}

/// Maps all spellings of true and false to one each.
fn meaning(value: Option<&str>) -> Option<String> {
    let lower = value?.trim().to_ascii_lowercase();
    Some(match lower.as_str() {
        "1" | "true" | "yes" | "on" => "true".to_owned(),
        "0" | "false" | "no" | "off" => "false".to_owned(),
        _ => value?.to_owned(),
    })
}

/// Claude Code's default for a variable that is not set.
fn default_of(name: &str) -> Option<&'static str> {
    Some(match name {
        ENABLE
        | TRACES_BETA
        | "OTEL_LOG_USER_PROMPTS"
        | "OTEL_LOG_TOOL_DETAILS"
        | "OTEL_LOG_TOOL_CONTENT"
        | "OTEL_LOG_RAW_API_BODIES"
        | "OTEL_METRICS_INCLUDE_VERSION"
        | "OTEL_METRICS_INCLUDE_ENTRYPOINT" => "false",
        "OTEL_METRICS_INCLUDE_SESSION_ID"
        | "OTEL_METRICS_INCLUDE_ACCOUNT_UUID"
        | "OTEL_METRICS_INCLUDE_RESOURCE_ATTRIBUTES" => "true",
        "OTEL_METRIC_EXPORT_INTERVAL" => "60000",
        "OTEL_LOGS_EXPORT_INTERVAL" | "OTEL_TRACES_EXPORT_INTERVAL" => "5000",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" => "delta",
        "CLAUDE_CODE_OTEL_CONTENT_MAX_LENGTH" => "61440",
        "CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS" => "2000",
        "CLAUDE_CODE_OTEL_FLUSH_TIMEOUT_MS" => "5000",
        _ => return None,
    })
}
