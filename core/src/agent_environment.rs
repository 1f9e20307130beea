//! The telemetry variables of an agent's container: which ones Clawker sets, which ones have to be set manually for the
//! settings to take effect, and how an existing container differs.
//!
//! Sources: Clawker v0.8.0's image template (`Dockerfile.tmpl`) and `internal/docker/env.go` for what it sets; Claude
//! Code's monitoring documentation of 2026-08-22 for its defaults.

mod compare;
mod host;
mod settings_change;
mod shown;
mod text;

use serde::{Deserialize, Serialize};

pub use compare::{Difference, differences, is_telemetry};
pub use host::{HOST_AGENT, endpoint_on_host, on_host};
pub use settings_change::{SettingsChange, settings_change};
pub use shown::{NOT_SHOWN, shown, shown_attribute, shown_name, shown_url};
pub use text::{agent_env, env_file};

use crate::settings::Settings;

/// Where a variable of an agent's container is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Clawker sets it in the agent's image.
    Image,
    /// Clawker sets it when it creates the container. Setting it manually would lose project and agent.
    Creation,
    /// Not set: Clawker only sets enabled options, and Claude Code's default is off.
    Default,
    /// Not set, although it should be: Clawker only sets enabled options, but Claude Code's default is on. Only
    /// `agent.env` turns it off.
    OnlyByHand,
}

/// One telemetry variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// For example `OTEL_LOG_USER_PROMPTS`.
    pub name: String,
    /// The variable's value.
    pub value: String,
    /// Where it is set.
    pub source: Source,
    /// What it does, in a few words; empty if the name says it.
    pub about: String,
}

fn variable(name: &str, value: impl Into<String>, source: Source, about: &str) -> Variable {
    Variable { name: name.to_owned(), value: value.into(), source, about: about.to_owned() }
}

/// The variables in an agent's image, in the order of Clawker's template, and those that have to be set manually.
///
/// They are the same for all agents; a change requires new images.
pub fn baked(settings: &Settings) -> Vec<Variable> {
    let collector = match &settings.otel_collector_endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("http://{}:{}", settings.otel_collector_internal, settings.otel_collector_port),
    };
    image_variables(settings, &collector)
}

/// The same for a collector at this URL.
fn image_variables(settings: &Settings, collector: &str) -> Vec<Variable> {
    let telemetry = &settings.telemetry;
    let endpoint = |path: &str| format!("{collector}{path}");
    // Clawker only sets enabled options. Claude Code attaches IDs by default, and does not record contents.
    let id = |name: &str, on: bool, about: &str| {
        if on {
            variable(name, "true", Source::Image, about)
        } else {
            variable(name, "false", Source::OnlyByHand, about)
        }
    };
    let contents = |name: &str, on: bool, about: &str| {
        if on { variable(name, "1", Source::Image, about) } else { variable(name, "0", Source::Default, about) }
    };
    vec![
        variable(ENABLE, "1", Source::Image, "0 in containers created while no collector was running"),
        variable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", Source::Image, ""),
        variable("OTEL_METRICS_EXPORTER", "otlp", Source::Image, ""),
        variable("OTEL_LOGS_EXPORTER", "otlp", Source::Image, ""),
        variable(
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            endpoint(telemetry.metrics_path.as_str()),
            Source::Image,
            "where metrics go",
        ),
        variable(
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            endpoint(telemetry.logs_path.as_str()),
            Source::Image,
            "where events go",
        ),
        id("OTEL_METRICS_INCLUDE_ACCOUNT_UUID", telemetry.include_account_uuid, "the Anthropic account ID"),
        id("OTEL_METRICS_INCLUDE_SESSION_ID", telemetry.include_session_id, "the session ID"),
        variable(
            "OTEL_LOGS_EXPORT_INTERVAL",
            telemetry.logs_export_interval.count().to_string(),
            Source::Image,
            "milliseconds",
        ),
        variable(
            "OTEL_METRIC_EXPORT_INTERVAL",
            telemetry.metric_export_interval.count().to_string(),
            Source::Image,
            "milliseconds",
        ),
        contents("OTEL_LOG_TOOL_DETAILS", telemetry.log_tool_details, "commands, file names, inputs, errors"),
        contents("OTEL_LOG_USER_PROMPTS", telemetry.log_user_prompts, "prompts and Claude's answers"),
    ]
}

/// All variables of an agent: from its image, manual ones, and those set at creation. An empty project means none.
pub fn environment(settings: &Settings, project: &str, agent: &str) -> Vec<Variable> {
    let mut variables = baked(settings);
    let pairs: Vec<String> = [("project", project), ("agent", agent)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !pairs.is_empty() {
        variables.push(variable(
            RESOURCE_ATTRIBUTES,
            pairs.join(","),
            Source::Creation,
            "identifies the agent on the dashboard",
        ));
    }
    let loki_port = settings.loki_port.number();
    if loki_port != 3100 {
        let about = "where the firewall's events go";
        variables.push(variable("CLAWKER_LOKI_PORT", loki_port.to_string(), Source::Creation, about));
    }
    variables
}

/// Clawker sets it for each container: 0 if no collector is running when the container is created.
const ENABLE: &str = "CLAUDE_CODE_ENABLE_TELEMETRY";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Turns traces on, if an exporter is set for them.
const TRACES_BETA: &str = "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA";

#[cfg(test)]
mod tests;
