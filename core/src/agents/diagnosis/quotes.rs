//! Values in quotes. Neither `docker run --env-file` nor Clawker's `agent.env_file` removes them.

use super::super::CauseCode;
use super::environment::Fault;
use super::variables::{ENABLE, RESOURCE_ATTRIBUTES, Variables, unquoted, variable_is};
use crate::agent_environment::{is_telemetry, shown};

/// Variables without which no event arrives with its tags. An unknown exporter or protocol stops all signals.
const NEEDED_FOR_EVENTS: [&str; 8] = [
    ENABLE,
    RESOURCE_ATTRIBUTES,
    "OTEL_LOGS_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];
/// More variables than these are not listed.
const MOST_LISTED: usize = 4;

/// All variables in quotes as one fault.
pub(super) fn values_in_quotes(variables: &Variables) -> Option<Fault> {
    let quoted: Vec<(&str, &str, &str)> = variables
        .iter()
        .filter(|(name, ..)| is_telemetry(name))
        .filter_map(|(name, value, _)| Some((name, value, unquoted(value)?)))
        .collect();
    if quoted.is_empty() {
        return None;
    }
    let is_needed = |name: &str| {
        NEEDED_FOR_EVENTS.contains(&name)
            || name == "OTEL_EXPORTER_OTLP_ENDPOINT" && variables.get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT").is_none()
    };
    let listed = || quoted.iter().take(MOST_LISTED);
    let said: Vec<String> = listed().map(|(name, value, _)| variable_is(name, value)).collect();
    let plain = listed().filter(|(name, _, inside)| shown(name, inside) == *inside);
    let write: Vec<String> = plain.map(|(name, _, inside)| format!("{name}={inside}")).collect();
    let write: Vec<String> = write.iter().map(|line| super::variables::backticked(line)).collect();
    let write = if write.is_empty() { String::new() } else { format!("; write {}", write.join(" and ")) };
    let more = quoted.len().saturating_sub(MOST_LISTED);
    let more = if more > 0 { format!(" ({more} more are in quotes)") } else { String::new() };
    Some(Fault {
        code: CauseCode::ValueInQuotes,
        blocking: quoted.iter().any(|(name, ..)| is_needed(name)),
        variables: quoted.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        evidence: format!("{}{more}; the quotes are part of the value{write}", said.join(" and ")),
        likewise: String::new(),
    })
}
