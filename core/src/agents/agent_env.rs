//! Reads the map `agent.env` of a project's `.clawker.yaml`.
//!
//! **Invariant:** only telemetry variables are returned.

use saphyr::{LoadableYamlNode, Scalar, Yaml};

use crate::agent_environment::is_telemetry;

/// The telemetry variables in the text of a project's file as `NAME=value`. Empty if the text is not valid YAML;
/// reporting that is up to Clawker.
pub fn agent_env(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = Yaml::load_from_str(text).unwrap_or_default();
    let variables = documents.first().and_then(|root| member(root, "agent")).and_then(|agent| member(agent, "env"));
    let pairs = variables.and_then(Yaml::as_mapping).into_iter().flatten();
    let lines = pairs.filter_map(|(name, value)| {
        let name = name.as_str().filter(|name| is_telemetry(name))?;
        Some(format!("{name}={}", text_of(value)?))
    });
    lines.collect()
}

fn member<'a, 'input>(node: &'a Yaml<'input>, name: &str) -> Option<&'a Yaml<'input>> {
    node.as_mapping()?.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
}

/// People write `0` and `true` without quotes; programs get text.
fn text_of(value: &Yaml<'_>) -> Option<String> {
    Some(match value {
        Yaml::Value(Scalar::Boolean(value)) => value.to_string(),
        Yaml::Value(Scalar::Integer(value)) => value.to_string(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.to_string(),
        Yaml::Value(Scalar::String(value)) => value.to_string(),
        Yaml::Value(Scalar::Null) => String::new(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telemetry_variables_are_read_in_every_spelling() {
        let text = "# mine\nversion: 1\nagent:\n  env:\n    CLAUDE_CODE_ENABLE_TELEMETRY: 0\n    OTEL_LOG_USER_PROMPTS: \
                    false\n    OTEL_LOGS_EXPORTER: \"none\"\n    OTEL_METRICS_EXPORTER:\n    ANTHROPIC_API_KEY: hush\n    \
                    OTEL_RESOURCE_ATTRIBUTES: {a: b}\nOTEL_METRIC_EXPORT_INTERVAL: 1\n";
        let expected = [
            "CLAUDE_CODE_ENABLE_TELEMETRY=0",
            "OTEL_LOG_USER_PROMPTS=false",
            "OTEL_LOGS_EXPORTER=none",
            "OTEL_METRICS_EXPORTER=",
        ];
        assert_eq!(agent_env(text), expected);
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(agent_env(&windows), expected);
    }

    #[test]
    fn a_file_without_variables_or_invalid_yaml_sets_none() {
        for text in ["", "agent:", "agent:\n  env:\n", "agent: [env]", "agent:\n  env: [OTEL_A]", "a: [", "\t"] {
            assert_eq!(agent_env(text), Vec::<String>::new(), "{text}");
        }
    }
}
