//! Errors as `--json` prints them.

use serde::{Deserialize, Serialize};

use super::StackError;

/// An error as `--json` prints it, below `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedError {
    /// The kind of error. Does not change between releases.
    pub code: String,
    /// What happened, in one sentence without a trailing period.
    pub message: String,
    /// What to do next, as a clause without a trailing period.
    pub hint: String,
    /// The last log lines of the service that failed, if it is about one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

impl From<&StackError> for ReportedError {
    fn from(error: &StackError) -> ReportedError {
        let log = match error {
            StackError::ServiceFailed { log, .. } | StackError::NotReady { log, .. } => log.clone(),
            _ => Vec::new(),
        };
        ReportedError { code: error.code().to_owned(), message: error.to_string(), hint: error.hint(), log }
    }
}

impl StackError {
    /// The name of the kind of error in `--json`.
    pub const fn code(&self) -> &'static str {
        match self {
            StackError::EngineUnreachable { .. } => "engine_unreachable",
            StackError::EngineSilent { .. } => "engine_silent",
            StackError::TooManyOpenFiles => "too_many_open_files",
            StackError::EnginePermission { .. } => "engine_permission",
            StackError::EngineTooOld { .. } => "engine_too_old",
            StackError::ContextNotFound { .. } => "context_not_found",
            StackError::EndpointUnsupported { .. } => "endpoint_unsupported",
            StackError::SettingsInvalid { .. } => "settings_invalid",
            StackError::ChangeRefused { .. } => "change_refused",
            StackError::UnknownSetting { .. } => "unknown_setting",
            StackError::SettingsChanged { .. } => "settings_changed",
            StackError::Busy { .. } => "busy",
            StackError::LockHeld { .. } => "lock_held",
            StackError::NotInitialized { .. } => "not_initialized",
            StackError::FilesDiffer { .. } => "files_differ",
            StackError::OtherGeneration { .. } => "other_generation",
            StackError::DataFolderUnusable { .. } => "data_folder_unusable",
            StackError::File { .. } => "file",
            StackError::CannotStart { .. } => "cannot_start",
            StackError::TelemetryFile { .. } => "telemetry_file",
            StackError::NoTelemetry { .. } => "no_telemetry",
            StackError::ClaudeSettings { .. } => "claude_settings",
            StackError::NothingSelected => "nothing_selected",
            StackError::NotAllowed { .. } => "not_allowed",
            StackError::PortTaken { .. } => "port_taken",
            StackError::CannotPublish { .. } => "cannot_publish",
            StackError::PullFailed { .. } => "pull_failed",
            StackError::ForeignContainer { .. } => "foreign_container",
            StackError::OtherFolder { .. } => "other_folder",
            StackError::OtherEngine { .. } => "other_engine",
            StackError::ForeignNetwork { .. } => "foreign_network",
            StackError::InternalNetwork { .. } => "internal_network",
            StackError::AmbiguousNetwork { .. } => "ambiguous_network",
            StackError::ServiceFailed { .. } => "service_failed",
            StackError::NotReady { .. } => "not_ready",
            StackError::Refused { .. } => "refused",
            StackError::EngineRefused { .. } => "engine_refused",
            StackError::NoContainer { .. } => "no_container",
            StackError::UnknownAgent { .. } => "unknown_agent",
            StackError::AmbiguousAgent { .. } => "ambiguous_agent",
            StackError::NoCollector { .. } => "no_collector",
            StackError::CannotListen { .. } => "cannot_listen",
            StackError::OutputFailed { .. } => "output_failed",
            StackError::Cancelled => "cancelled",
            StackError::Internal { .. } => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_reported_with_its_code_its_sentence_and_its_hint() {
        let error = StackError::UnknownSetting { key: "grafana-port".into(), near: vec!["grafana_port".into()] };
        let report = serde_json::to_string_pretty(&ReportedError::from(&error)).expect("JSON");
        insta::assert_snapshot!(report, @r#"
        {
          "code": "unknown_setting",
          "message": "unknown setting `grafana-port`",
          "hint": "did you mean `grafana_port`? `clawker-monitor settings get` lists all settings"
        }
        "#);
        // The code is the name on the wire, which the panel uses.
        let wire = serde_json::to_value(&error).expect("JSON");
        assert_eq!(wire.as_object().and_then(|it| it.keys().next()).map(String::as_str), Some(error.code()));
        let wire = serde_json::to_value(StackError::Cancelled).expect("JSON");
        assert_eq!(wire.as_str(), Some(StackError::Cancelled.code()));
    }
}
