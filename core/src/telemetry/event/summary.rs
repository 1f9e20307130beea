//! Summarizes each kind of event in a few words. Unknown kinds show their first fields.

use serde_json::Value;

use crate::{
    count::exact,
    telemetry::series::{Labels, label},
};

/// Logged by some releases in place of a missing number.
const UNDEFINED: &str = "undefined";

/// Read access to the fields of one event.
struct Fields<'a>(&'a Labels);

impl<'a> Fields<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        label(self.0, name).filter(|text| *text != UNDEFINED)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.text(name) == Some(value)
    }

    /// A field with text around it: `attempt 11`.
    fn with(&self, before: &str, name: &str, after: &str) -> Option<String> {
        self.text(name).map(|text| format!("{before}{text}{after}"))
    }

    /// A duration in milliseconds: `340 ms`, `1.2 s`, `2 min 5 s`.
    fn span(&self, name: &str) -> Option<String> {
        let milliseconds = self.number(name)?;
        let seconds = milliseconds / 1000.0;
        Some(match () {
            () if milliseconds < 1000.0 => format!("{milliseconds:.0} ms"),
            () if seconds < 99.95 => format!("{seconds:.1} s"),
            () => format!("{} min {} s", (seconds / 60.0) as u64, (seconds % 60.0) as u64),
        })
    }

    fn bytes(&self, name: &str) -> Option<String> {
        let bytes = self.number(name)?;
        Some(if bytes < 1000.0 { format!("{bytes:.0} B") } else { format!("{:.1} kB", bytes / 1000.0) })
    }

    /// A text field, or its length if the text is redacted.
    fn told(&self, name: &str, length: &str) -> Option<String> {
        self.text(name).filter(|text| *text != "<REDACTED>").map(str::to_owned).or(self.with("", length, " characters"))
    }

    /// A member of a field that contains a JSON object.
    fn member(&self, name: &str, members: &[&str]) -> Option<String> {
        let object: Value = serde_json::from_str(self.text(name)?).ok()?;
        members.iter().find_map(|member| object.get(member)?.as_str().map(str::to_owned))
    }

    /// The tool's name; for an MCP tool, server and tool.
    fn tool(&self) -> Option<String> {
        let server = self.member("tool_parameters", &["mcp_server_name"]);
        let of_server = server.zip(self.member("tool_parameters", &["mcp_tool_name"]));
        of_server.map(|(server, tool)| format!("{server}/{tool}")).or_else(|| self.text("tool_name").map(str::to_owned))
    }

    /// The file, command, or other target of a tool call.
    fn object(&self) -> Option<String> {
        let members = ["file_path", "notebook_path", "command", "pattern", "url", "query", "description"];
        self.member("tool_parameters", &["full_command"]).or_else(|| self.member("tool_input", &members))
    }
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Whether the event reports a failure. A rejected tool call is not a failure.
pub fn failed(name: &str, labels: &Labels) -> bool {
    let fields = Fields(labels);
    let counts = |name: &str| fields.number(name).is_some_and(|count| count > 0.0);
    match name {
        "api_error" | "api_retries_exhausted" | "api_refusal" | "internal_error" => true,
        "mcp_server_connection" => fields.is("status", "failed"),
        "hook_execution_complete" => counts("num_non_blocking_error"),
        "retention_sweep" => counts("error_count"),
        _ => fields.is("success", "false"),
    }
}

/// The summary of an event.
pub fn of(name: &str, labels: &Labels) -> String {
    let fields = Fields(labels);
    let text = |name: &str| fields.text(name).map(str::to_owned);
    let span = |name: &str| fields.span(name);
    let failure = || {
        fields.is("success", "false").then(|| text("error_type").or(text("error")).unwrap_or_else(|| "failed".into()))
    };
    let words = match name {
        "user_prompt" => joined([fields.with("/", "command_name", ""), fields.told("prompt", "prompt_length")]),
        "assistant_response" => joined([fields.told("response", "response_length")]),
        "tool_result" => joined([fields.tool(), fields.object(), failure(), span("duration_ms")]),
        "tool_decision" => joined([fields.tool(), decision(&fields), text("source").map(by), fields.object()]),
        "api_request" => joined([text("model"), tokens(&fields), cost(&fields), span("duration_ms")]),
        "api_error" => joined([
            text("model"),
            fields.with("HTTP ", "status_code", ""),
            text("error"),
            fields.with("attempt ", "attempt", ""),
            span("duration_ms"),
        ]),
        "api_retries_exhausted" => joined([
            text("model"),
            fields.with("HTTP ", "status_code", ""),
            text("error"),
            fields.with("", "total_attempts", " attempts"),
            span("total_retry_duration_ms"),
        ]),
        "api_refusal" => joined([text("model"), text("category"), fields.with("attempt ", "attempt", "")]),
        "api_request_body" | "api_response_body" => {
            joined([text("model"), fields.bytes("body_length"), text("query_source")])
        }
        "permission_mode_changed" => {
            let modes = text("from_mode").zip(text("to_mode")).map(|(from, to)| format!("{from} → {to}"));
            joined([modes.or_else(|| text("to_mode")), text("trigger").map(by)])
        }
        "auth" => joined([
            text("action"),
            text("auth_method"),
            failure().map(|failure| text("error_category").unwrap_or(failure)),
            fields.with("HTTP ", "status_code", ""),
        ]),
        "mcp_server_connection" => joined([
            text("server_name").or(text("plugin_name")),
            text("status"),
            text("transport_type"),
            text("error").or(text("error_code")),
            span("duration_ms"),
        ]),
        "internal_error" => joined([text("error_name"), text("error_code")]),
        "plugin_installed" | "plugin_loaded" => {
            let version = text("plugin_version").map(|version| format!(" {version}")).unwrap_or_default();
            let plugin = text("plugin_name").map(|name| name + &version);
            joined([plugin, text("marketplace_name"), text("install_trigger").map(by), text("plugin_scope")])
        }
        "skill_activated" => joined([text("skill_name"), text("skill_source"), text("invocation_trigger").map(by)]),
        "at_mention" => joined([text("mention_type"), failure()]),
        "hook_registered" => joined([text("hook_event"), text("hook_matcher"), text("hook_type"), text("hook_source")]),
        "hook_execution_start" => joined([text("hook_name").or(text("hook_event")), hooks(&fields)]),
        "hook_execution_complete" => joined([
            text("hook_name").or(text("hook_event")),
            hooks(&fields),
            counted(&fields, "num_blocking", "blocked"),
            counted(&fields, "num_non_blocking_error", "failed"),
            counted(&fields, "num_cancelled", "canceled"),
            span("total_duration_ms"),
        ]),
        "compaction" => {
            let sizes = text("pre_tokens").zip(text("post_tokens"));
            let sizes = sizes
                .map(|(before, after)| format!("{} → {} tokens", with_separators(&before), with_separators(&after)));
            joined([text("trigger"), sizes, failure(), span("duration_ms")])
        }
        "subagent_completed" => joined([
            text("agent_type"),
            text("final_model").or(text("model")),
            fields.with("", "total_tool_uses", " tools"),
            span("duration_ms"),
        ]),
        "feedback_survey" => joined([text("survey_type"), text("event_type"), text("response")]),
        "retention_sweep" => joined([
            text("result").or(text("skip_reason")),
            fields.with("keeps ", "period_days", " days"),
            counted(&fields, "transcripts_deleted", "transcripts deleted"),
            counted(&fields, "error_count", "errors"),
        ]),
        "managed_settings_resolved" => {
            let sources = fields.text("managed_settings_sources").filter(|sources| *sources != "[]");
            let sources = sources.map_or_else(|| "no managed settings".to_owned(), str::to_owned);
            joined([Some(sources), text("managed_settings_trigger").map(by)])
        }
        _ => String::new(),
    };
    if words.is_empty() { rest(labels) } else { words }
}

fn by(whom: String) -> String {
    format!("by {whom}")
}

fn decision(fields: &Fields) -> Option<String> {
    Some(match fields.text("decision")? {
        "accept" => "accepted".to_owned(),
        "reject" => "rejected".to_owned(),
        other => other.to_owned(),
    })
}

fn tokens(fields: &Fields) -> Option<String> {
    Some(format!(
        "{} in, {} out",
        with_separators(fields.text("input_tokens")?),
        with_separators(fields.text("output_tokens")?)
    ))
}

/// A count as people read it; other text stays as it is.
fn with_separators(count: &str) -> String {
    count.parse().map_or_else(|_| count.to_owned(), exact)
}

/// Claude Code's own estimate.
fn cost(fields: &Fields) -> Option<String> {
    fields.number("cost_usd").map(|dollars| format!("${dollars:.4} estimated"))
}

fn hooks(fields: &Fields) -> Option<String> {
    let count = fields.text("num_hooks")?;
    Some(format!("{count} {}", if count == "1" { "hook" } else { "hooks" }))
}

/// A count with its noun; `None` if the count is 0.
fn counted(fields: &Fields, name: &str, what: &str) -> Option<String> {
    fields.number(name).filter(|count| *count > 0.0).map(|count| format!("{count} {what}"))
}

/// The first fields of an event of unknown kind.
fn rest(labels: &Labels) -> String {
    let said =
        labels.iter().filter(|(name, value)| !super::record::ENVELOPE.contains(&name.as_str()) && !value.is_empty());
    said.take(4).map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(" · ")
}
