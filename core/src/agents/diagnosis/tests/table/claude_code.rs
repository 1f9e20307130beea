//! Rows about Claude Code itself: its releases, intervals, settings files, and what could not be checked.

use super::*;
use crate::agents::ProxyVariables;

pub(super) fn claude_code() -> Vec<Row> {
    let version = |scene: Scene, version: &str| scene.version(version);
    vec![
        ("a release with a report about it", version(silent(), "2.1.113")),
        ("the same, from its link", version(silent(), "v2.1.252 (Claude Code)")),
        ("the same, after something was heard", version(healthy().heard("11:00:00"), "2.1.113")),
        ("the same, just started", version(silent(), "2.1.113").agent(|agent| agent.started_at = Some(at("11:59:00")))),
        ("a release with a report about metrics", version(silent(), "2.1.126")),
        ("its neighbours are fine", version(silent(), "2.1.127")),
        ("metrics every ten minutes", silent().filed("OTEL_METRIC_EXPORT_INTERVAL=600000")),
        ("metrics every ten minutes, said at creation alone", silent().given("OTEL_METRIC_EXPORT_INTERVAL=600000")),
        ("metrics every ten minutes, said by the image", silent().baked("OTEL_METRIC_EXPORT_INTERVAL=600000")),
        ("metrics every 0 ms", silent().filed("OTEL_METRIC_EXPORT_INTERVAL=0")),
        ("ended before it sent", silent().agent(|agent| agent.started_at = Some(at("10:59:55"))).stopped("11:00:00")),
        ("ended before it sent, by Claude Code's own interval", silent().without("OTEL_METRIC_EXPORT_INTERVAL")
            .agent(|agent| agent.started_at = Some(at("10:59:30"))).stopped("11:00:00")),
        ("managed settings switch it off", silent().managed_settings(r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#)),
        ("managed settings send it elsewhere", silent().managed_settings(
            r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"https://k:s@otel.corp/v1/logs","API_KEY":"hush","OTEL_LOGS_EXPORTER":"otlp"}}"#,
        )),
        ("managed settings stop metrics only", healthy().managed_settings(r#"{"env":{"OTEL_METRICS_EXPORTER":"none"}}"#)),
        ("managed settings switch it on", silent().given(OFF).managed_settings(r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":1}}"#)),
        ("managed settings about other things", silent().managed_settings(r#"{"env":{"API_KEY":"hush"},"permissions":{}}"#)),
        ("managed settings that are no JSON", silent().managed_settings("{")),
        ("managed settings that are no JSON, and an older release", silent().managed_settings("{").version("2.1.200")),
        ("managed settings with an unknown switch", silent().managed_settings(r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"enabled"}}"#)),
        ("user settings that could not be read", silent().agent(|agent| {
            agent.settings_files = vec![SettingsFile::not_read(SettingsLayer::User, "/root/.claude/settings.json", "permission denied")];
        })),
        ("a file of Clawker that could not be read", silent().given("OTEL_LOGS_EXPORTER=none").agent(|agent| {
            let unread = UnreadFile { path: "/home/ada/shop/.env".into(), why: "permission denied".into() };
            agent.clawker.unread = vec![unread];
        })),
        ("an unknown version", silent().version("")),
        ("traces without an endpoint", healthy().filed("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1").filed("OTEL_TRACES_EXPORTER=otlp")),
        ("a proxy", silent().agent(|agent| agent.proxy = ProxyVariables::read(["HTTP_PROXY=http://proxy:3128"]))),
        ("a proxy in a settings file", silent().agent(|agent| {
            let text = r#"{"env":{"HTTPS_PROXY":"http://proxy:3128"}}"#;
            agent.settings_files = vec![SettingsFile::parse(SettingsLayer::User, "/root/.claude/settings.json", text)];
        })),
        ("another service name", silent().filed("OTEL_SERVICE_NAME=nous")),
        ("files that were not read yet", silent().agent(|agent| agent.files_read = false)),
        ("an event tells of managed settings", {
            let mut scene = healthy().heard("11:00:00");
            let heard = scene.stack.last_seen.as_mut().expect("stores");
            heard.owners.values_mut().for_each(|heard| heard.managed_settings_at = Some(at("10:05:00")));
            scene
        }),
    ]
}
