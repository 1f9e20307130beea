//! Which values of telemetry variables may be shown.
//!
//! **Invariant:** this is a list of what is known to hold no secret. Everything else is "set, not shown": a new variable
//! is hidden until somebody adds it here.

/// Stands for a value, or a part of one, that is not shown.
pub const NOT_SHOWN: &str = "(set, not shown)";

/// Variables whose value is a switch, a number, or a word out of a few.
const WORDS: [&str; 58] = [
    "CLAUDE_CODE_ENABLE_TELEMETRY",
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA",
    "CLAUDE_CODE_OTEL_CONTENT_MAX_LENGTH",
    "CLAUDE_CODE_OTEL_FLUSH_TIMEOUT_MS",
    "CLAUDE_CODE_OTEL_HEADERS_HELPER_DEBOUNCE_MS",
    "CLAUDE_CODE_OTEL_SHUTDOWN_TIMEOUT_MS",
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_LOGS_EXPORTER",
    "OTEL_LOGS_EXPORT_INTERVAL",
    "OTEL_LOG_LEVEL",
    "OTEL_LOG_RAW_API_BODIES",
    "OTEL_LOG_TOOL_CONTENT",
    "OTEL_LOG_TOOL_DETAILS",
    "OTEL_LOG_USER_PROMPTS",
    "OTEL_METRICS_EXEMPLAR_FILTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_METRICS_INCLUDE_ACCOUNT_UUID",
    "OTEL_METRICS_INCLUDE_ENTRYPOINT",
    "OTEL_METRICS_INCLUDE_RESOURCE_ATTRIBUTES",
    "OTEL_METRICS_INCLUDE_SESSION_ID",
    "OTEL_METRICS_INCLUDE_VERSION",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_PROPAGATORS",
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_EXPORT_INTERVAL",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];
/// Variables whose value is a URL. It is shown without user and password, query, and fragment.
const ENDPOINTS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];
/// Resource attributes whose value is a name that people chose.
const ATTRIBUTES: [&str; 18] = [
    "agent",
    "clawker.simulated",
    "cost_center",
    "department",
    "deployment.environment",
    "deployment.environment.name",
    "environment",
    "host.name",
    "project",
    "repo.name",
    "repo.owner",
    "service.name",
    "service.namespace",
    "service.version",
    "team",
    "team.id",
    "team.name",
    "user.name",
];

/// Longest word that is shown, in bytes. Tokens are longer.
const LONGEST_WORD: usize = 40;
/// Longest name that is shown, in characters.
const LONGEST_NAME: usize = 80;

/// A telemetry variable's value as far as it may be shown.
pub fn shown(name: &str, value: &str) -> String {
    // Quotes that are part of a value are shown around what is shown of it.
    let trimmed = value.trim();
    for quote in ['"', '\''] {
        if let Some(inside) = trimmed.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let inside = shown(name, inside);
            return if inside == NOT_SHOWN { inside } else { format!("{quote}{inside}{quote}") };
        }
    }
    match name {
        _ if value.is_empty() => String::new(),
        name if WORDS.contains(&name) => if is_word(value) { value } else { NOT_SHOWN }.to_owned(),
        name if ENDPOINTS.contains(&name) => shown_url(value),
        "OTEL_SERVICE_NAME" => shown_name(value).to_owned(),
        "OTEL_RESOURCE_ATTRIBUTES" => value.split(',').map(shown_attribute).collect::<Vec<_>>().join(","),
        _ => NOT_SHOWN.to_owned(),
    }
}

/// A URL without user and password, query, and fragment. Text that is no URL is not shown.
pub fn shown_url(text: &str) -> String {
    url_without_secrets(text.trim()).unwrap_or_else(|| NOT_SHOWN.to_owned())
}

/// One resource attribute, `name=value`: the value of a known one, the name of others.
pub fn shown_attribute(pair: &str) -> String {
    let Some((name, value)) = pair.split_once('=') else {
        return if pair.trim().is_empty() { pair } else { NOT_SHOWN }.to_owned();
    };
    let is_name_plain = name.len() <= LONGEST_WORD
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || " ._-".contains(letter));
    match () {
        () if ATTRIBUTES.contains(&name.trim()) => format!("{name}={}", shown_name(value)),
        () if is_name_plain => format!("{name}={NOT_SHOWN}"),
        () => NOT_SHOWN.to_owned(),
    }
}

/// A name that people chose, of an agent or a service. One that looks like more than a name is not shown.
pub fn shown_name(text: &str) -> &str {
    let is_suspicious = text.contains(['@', '=', ':', '?']) || text.chars().count() > LONGEST_NAME;
    if is_suspicious { NOT_SHOWN } else { text }
}

fn is_word(value: &str) -> bool {
    value.len() <= LONGEST_WORD
        && value.chars().all(|letter| letter.is_ascii_alphanumeric() || " ,._/-+".contains(letter))
}

/// `None` if it is not certain which part is what.
fn url_without_secrets(text: &str) -> Option<String> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if scheme.is_some_and(|scheme| !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')) {
        return None;
    }
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    // An `@` further on may be the end of a password that holds one of these characters.
    if after.contains('@') {
        return None;
    }
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if !is_host_and_port(host) {
        return None;
    }
    let path = &after[..after.find(['?', '#']).unwrap_or(after.len())];
    let mut shown = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    if user.is_some() {
        shown.push_str(NOT_SHOWN);
        shown.push('@');
    }
    shown.push_str(host);
    let has_token = path.split('/').any(|part| !is_word(part));
    shown.push_str(if has_token { "/" } else { path });
    if has_token {
        shown.push_str(NOT_SHOWN);
    }
    if path.len() < after.len() {
        shown.push_str(&after[path.len()..=path.len()]);
        shown.push_str(NOT_SHOWN);
    }
    Some(shown)
}

/// `host`, `host:4318`, or `[::1]:4318`.
fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rfind(':').filter(|colon| !text[*colon..].contains(']')) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |inside: &str| inside.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => is_address(inside),
        None => is_name(host) && host.len() <= 253,
    };
    is_host && port.is_none_or(is_port)
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
