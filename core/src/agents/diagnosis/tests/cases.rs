//! Setups that people reported, each with what Claude Code was seen to do with it.

use super::*;
use crate::agents::Weight;

const USER: &str = "/home/claude/.claude/settings.json";
const OFF: &str = "CLAUDE_CODE_ENABLE_TELEMETRY=0";

/// The verdict, and the first cause.
#[track_caller]
fn first(scene: &Scene) -> (Verdict, Cause) {
    let diagnosis = scene.judged();
    (diagnosis.verdict, diagnosis.causes.into_iter().next().expect("a cause"))
}

/// Checks the verdict and the first cause: its code, parts of its evidence, and its fix.
#[track_caller]
fn check(scene: &Scene, verdict: Verdict, code: CauseCode, parts: &[&str], fix: (FixKind, bool)) {
    let (found, cause) = first(scene);
    assert_eq!((found, cause.code), (verdict, code), "{}", scene.told());
    for part in parts {
        assert!(cause.evidence.contains(part), "{part}: {}", cause.evidence);
    }
    assert_eq!((cause.fix.kind, cause.fix.restart), fix, "{}", scene.told());
}

const RESTART: (FixKind, bool) = (FixKind::Edit, true);
const EDIT: (FixKind, bool) = (FixKind::Edit, false);
const RECREATE: (FixKind, bool) = (FixKind::Recreate, false);

#[test]
fn user_settings_in_the_container_win() {
    let elsewhere = r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"https://app.example/api/otel/v1/logs"}}"#;
    check(&silent().user_settings(elsewhere), Verdict::Dark, CauseCode::EndpointMismatch, &[USER], RESTART);
    let off = r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#;
    check(&silent().user_settings(off), Verdict::Off, CauseCode::DisabledByConfiguration, &[USER], RESTART);
    let grpc = r#"{"env":{"OTEL_EXPORTER_OTLP_PROTOCOL":"grpc"}}"#;
    check(&silent().user_settings(grpc), Verdict::Dark, CauseCode::EndpointMismatch, &[USER], RESTART);
    // A common endpoint does not win over those of each signal.
    let common = r#"{"env":{"OTEL_EXPORTER_OTLP_ENDPOINT":"https://app.example"}}"#;
    assert_eq!(silent().user_settings(common).verdict(), Verdict::Waiting);
    // It mends what the container has wrong.
    let on = r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"1"}}"#;
    assert_eq!(silent().given(OFF).user_settings(on).verdict(), Verdict::Waiting);
}

#[test]
fn claude_codes_own_state_may_hold_variables() {
    let none = r#"{"numStartups":3,"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#;
    check(&silent().config(none), Verdict::Dark, CauseCode::ExporterNone, &["/home/claude/.claude.json"], RESTART);
    let user = r#"{"env":{"OTEL_LOGS_EXPORTER":"otlp"}}"#;
    assert_eq!(silent().config(none).user_settings(user).verdict(), Verdict::Waiting);
}

#[test]
fn project_settings_replace_attributes_in_all_releases_and_the_rest_in_older_ones() {
    let tags = r#"{"env":{"OTEL_RESOURCE_ATTRIBUTES":"repo.owner=acme,repo.name=shop"}}"#;
    for version in ["2.1.252", "2.1.330", "2.1.300", ""] {
        let scene = silent().project_settings(tags).version(version).heard_of(Owner::default(), "11:58:00");
        let parts = ["`/home/ada/shop/.claude/settings.json`", "data without project and agent last arrived at"];
        check(&scene, Verdict::Dark, CauseCode::TagsMissing, &parts, RESTART);
    }
    let elsewhere = r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"https://app.example/v1/logs"}}"#;
    let scene = |version: &str| silent().project_settings(elsewhere).version(version);
    check(&scene("2.1.252"), Verdict::Dark, CauseCode::EndpointMismatch, &["/home/ada/shop/.claude"], RESTART);
    assert_eq!(scene("2.1.330").codes(), [CauseCode::NoSampleYet]);
    assert_eq!(scene("2.1.270").codes(), [CauseCode::NoSampleYet, CauseCode::EndpointMismatch]);
    let off = silent().project_settings(r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#).version("");
    assert_eq!(off.codes(), [CauseCode::NoSampleYet, CauseCode::DisabledByConfiguration, CauseCode::NotChecked]);
}

#[test]
fn managed_settings_and_their_drop_in_folder_win() {
    let path = "/etc/claude-code/managed-settings.d/10-otel.json";
    let text = r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"https://otel.corp.example/v1/logs"}}"#;
    let scene = || {
        silent().user_settings(r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"http://otel-collector:4318/v1/logs"}}"#)
    };
    let dropped = scene().settings_file(SettingsLayer::Managed, path, text);
    check(&dropped, Verdict::Dark, CauseCode::ManagedSettingsOverride, &[path], RESTART);
    let metrics = r#"{"env":{"OTEL_METRICS_EXPORTER":"none"}}"#;
    let two = dropped.clone().settings_file(SettingsLayer::Managed, "/etc/claude-code/managed-settings.json", metrics);
    assert!(two.told().contains("` and `/etc/claude-code/managed-settings.json` override the"), "{}", two.told());
    let mended = r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"http://otel-collector:4318/v1/logs"}}"#;
    let later = dropped.settings_file(SettingsLayer::Managed, "/etc/claude-code/managed-settings.d/20.json", mended);
    assert_eq!(later.verdict(), Verdict::Waiting, "the last file wins: {}", later.told());
}

#[test]
fn quotes_are_part_of_a_value() {
    let switch = "CLAUDE_CODE_ENABLE_TELEMETRY=\"1\"";
    let parts = ["`\"1\"`", "the quotes are part of the value", "write `CLAUDE_CODE_ENABLE_TELEMETRY=1`"];
    let no_folder = |agent: &mut AgentContainer| {
        agent.workdir = None;
        let why = "the container does not name its folder".into();
        agent.clawker.unread = vec![UnreadFile { path: "the project's files".into(), why }];
    };
    check(&silent().given(switch).agent(no_folder), Verdict::Dark, CauseCode::ValueInQuotes, &parts, EDIT);
    check(&silent().by_hand().given(switch), Verdict::Dark, CauseCode::ValueInQuotes, &parts, EDIT);
    let exporter = silent().given("OTEL_METRICS_EXPORTER=\"otlp\"").agent(no_folder);
    check(&exporter, Verdict::Dark, CauseCode::ValueInQuotes, &["write `OTEL_METRICS_EXPORTER=otlp`"], EDIT);
    let env_file = silent().given(switch).clawker_file(switch, "/home/ada/shop/.env", "env");
    check(&env_file, Verdict::Dark, CauseCode::ValueInQuotes, &["in `/home/ada/shop/.env`"], EDIT);
    let single = silent()
        .user_settings(r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"'http://otel-collector:4318/v1/logs'"}}"#);
    check(&single, Verdict::Dark, CauseCode::ValueInQuotes, &[USER], RESTART);
    // What does not stop events is a warning.
    let prompts = healthy().given("OTEL_LOG_USER_PROMPTS=\"1\"");
    check(&prompts, Verdict::Reporting, CauseCode::ValueInQuotes, &["write `OTEL_LOG_USER_PROMPTS=1`"], RECREATE);
    let off = silent().filed("CLAUDE_CODE_ENABLE_TELEMETRY=\"0\"");
    assert_eq!(off.verdict(), Verdict::Off);
}

#[test]
fn without_an_exporter_for_events_nothing_is_said_about_metrics() {
    let scene = silent().given("OTEL_LOGS_EXPORTER=none");
    check(&scene, Verdict::Dark, CauseCode::ExporterNone, &["so no events are sent"], RECREATE);
    assert!(!scene.told().contains("metrics"), "{}", scene.told());
}

#[test]
fn a_protocol_is_needed_by_older_releases_only() {
    let scene = |version: &str| silent().given("OTEL_EXPORTER_OTLP_PROTOCOL=").version(version);
    assert_eq!(scene("2.1.330").codes(), [CauseCode::NoSampleYet]);
    check(&scene("2.1.252"), Verdict::Dark, CauseCode::ProtocolMissing, &["2.1.290"], RECREATE);
    let unknown = scene("");
    assert_eq!(unknown.verdict(), Verdict::Waiting);
    assert!(unknown.codes().contains(&CauseCode::ProtocolMissing), "{}", unknown.told());
}

#[test]
fn a_report_about_a_release_is_a_note() {
    for version in ["2.1.113", "2.1.126", "2.1.252"] {
        let scene = silent().version(version);
        assert_eq!(scene.codes(), [CauseCode::NoSampleYet, CauseCode::KnownBadVersion]);
        assert_eq!(scene.verdict(), Verdict::Waiting);
        assert!(scene.told().contains("on macOS"), "{}", scene.told());
    }
}

#[test]
fn one_attribute_voids_all_in_older_releases() {
    let scene = |pair: &str, version: &str| {
        silent().given(&format!("OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,{pair}")).version(version)
    };
    for version in ["2.1.191", "2.1.100", ""] {
        let parts = ["`team.name=Blue%20Team`", "drops all attributes"];
        check(&scene("team.name=Blue Team", version), Verdict::Dark, CauseCode::TagsMissing, &parts, RECREATE);
        check(&scene("team=한글팀", version), Verdict::Dark, CauseCode::TagsMissing, &["percent-encode it"], RECREATE);
    }
    for version in ["2.1.330", "2.1.400"] {
        assert_eq!(scene("team.name=Blue Team", version).codes(), [CauseCode::NoSampleYet]);
        assert_eq!(scene("team=한글팀", version).codes(), [CauseCode::NoSampleYet]);
    }
    assert_eq!(scene("team.name=Blue%20Team", "2.1.100").codes(), [CauseCode::NoSampleYet]);
}

#[test]
fn percent_encoded_owners_are_decoded() {
    let scene = silent()
        .agent(|agent| agent.project = Some("my app".into()))
        .given("OTEL_RESOURCE_ATTRIBUTES=project=my%20app,agent=dev")
        .heard_of(owner(Some("my app"), Some("dev")), "11:59:58");
    assert_eq!(scene.verdict(), Verdict::Reporting, "{}", scene.told());
}

#[test]
fn another_service_name_is_set_back_by_our_collector_only() {
    for line in ["OTEL_SERVICE_NAME=nous", "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,service.name=nous"] {
        let scene = silent().given(line);
        assert_eq!(scene.codes(), [CauseCode::NoSampleYet, CauseCode::ServiceNameChanged]);
        assert!(scene.told().contains("sets it back to `claude-code`"), "{}", scene.told());
        assert_eq!(healthy().given(line).codes(), []);
        let elsewhere = silent().given(line).settings(&[("otel_collector_endpoint", "http://otel-collector:4318")]);
        assert!(elsewhere.told().contains("panel and dashboard look for `claude-code`"), "{}", elsewhere.told());
    }
    assert_eq!(healthy().given("OTEL_SERVICE_NAME=claude-code").codes(), []);
}

#[test]
fn traces_need_an_endpoint() {
    let scene = |line: &str| {
        let beta = healthy().given("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1").given("OTEL_TRACES_EXPORTER=otlp");
        if line.is_empty() { beta } else { beta.given(line) }
    };
    let parts =
        ["`http://localhost:4318`", "set `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://otel-collector:4318/v1/traces`"];
    check(&scene(""), Verdict::Reporting, CauseCode::TracesMisdirected, &parts, EDIT);
    let wrong = scene("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://elsewhere:4318/v1/traces");
    check(&wrong, Verdict::Reporting, CauseCode::TracesMisdirected, &["http://elsewhere:4318/v1/traces"], RECREATE);
    for line in [
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://otel-collector:4318/v1/traces",
        "OTEL_TRACES_EXPORTER=none",
        "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=0",
    ] {
        assert_eq!(scene(line).codes(), [], "{line}");
    }
}

#[test]
fn clawkers_files_say_what_a_new_container_gets() {
    let restarted = |scene: Scene| scene.collector(|it| it.started_at = Some(at("11:00:00")));
    let file = "/home/ada/shop/.clawker.yml";
    let off = restarted(silent().given(OFF).clawker_file(OFF, file, "agent.env"));
    let parts = ["`agent.env.CLAUDE_CODE_ENABLE_TELEMETRY`", file];
    check(&off, Verdict::Off, CauseCode::DisabledByConfiguration, &parts, EDIT);
    let hidden = restarted(silent().given(OFF));
    check(&hidden, Verdict::Dark, CauseCode::DisabledBecauseStackWasDown, &[], RECREATE);
    // A run before the last one is no proof, and no file says so.
    let ended = |scene: Scene| scene.collector(|it| it.finished_at = Some(at("10:59:58")));
    let parts = ["an earlier run of it ended at 2026-11-22T10:59:58.000Z"];
    check(&ended(hidden), Verdict::Dark, CauseCode::DisabledBecauseStackWasDown, &parts, RECREATE);
    let unread = ended(restarted(silent().given(OFF))).agent(|agent| {
        let why = "the container does not name its folder".into();
        agent.clawker.unread = vec![UnreadFile { path: "the project's files".into(), why }];
    });
    check(&unread, Verdict::Off, CauseCode::DisabledByConfiguration, &["it was set manually"], EDIT);
    let none = "OTEL_LOGS_EXPORTER=none";
    for (file, key) in [
        ("/home/ada/shop/.clawker.yaml", "build.instructions.env"),
        ("/home/ada/.config/clawker/clawker.yaml", "agent.env"),
    ] {
        let scene = silent().given(none).clawker_file(none, file, key);
        let key = format!("`{key}.OTEL_LOGS_EXPORTER`");
        check(&scene, Verdict::Dark, CauseCode::ExporterNone, &[file, &key], EDIT);
    }
    // What another file turns off as well does not make a new container right.
    let elsewhere = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://otel.corp.example/v1/logs";
    let both = silent().given(elsewhere).clawker_file(elsewhere, "/home/ada/shop/.env", "env").clawker_file(
        none,
        "/home/ada/.config/clawker/clawker.yaml",
        "agent.env",
    );
    check(&both, Verdict::Dark, CauseCode::EndpointMismatch, &["`/home/ada/shop/.env`"], EDIT);
    let passed_on = silent().given(none).agent(|agent| {
        let file = "/home/ada/shop/.clawker.yaml".into();
        let (name, key) = ("OTEL_LOGS_EXPORTER".into(), "agent.from_env".into());
        agent.clawker.variables.push(ClawkerVariable { name, value: None, file, key });
    });
    check(&passed_on, Verdict::Dark, CauseCode::ExporterNone, &["`agent.from_env`"], EDIT);
}

#[test]
fn nothing_is_called_right_that_was_not_checked() {
    let says = |scene: Scene, part: &str| {
        let found = scene.judged().causes.into_iter().find(|cause| cause.code == CauseCode::NotChecked);
        let found = found.unwrap_or_else(|| panic!("{}", scene.told()));
        assert!(found.evidence.contains(part), "{}", found.evidence);
    };
    says(silent().version(""), "the version of Claude Code was not found");
    says(silent().agent(|agent| agent.files_read = false), "have not been read");
    says(silent().user_settings("{"), "`/home/claude/.claude/settings.json`: it is not valid JSON (line 1)");
    assert!(!silent().told().contains("not_checked"));
}

#[test]
fn an_interval_of_metrics_below_1_stops_everything() {
    for value in ["0", "-5", "0.5", "0s", "\"0\""] {
        let scene = silent().given(&format!("OTEL_METRIC_EXPORT_INTERVAL={value}"));
        assert!(scene.codes().contains(&CauseCode::IntervalInvalid), "{value}: {}", scene.told());
        assert_eq!(scene.verdict(), Verdict::Dark, "{value}");
    }
    let project = silent().project_settings(r#"{"env":{"OTEL_METRIC_EXPORT_INTERVAL":0}}"#);
    check(&project, Verdict::Dark, CauseCode::IntervalInvalid, &["/home/ada/shop/.claude/settings.json"], RESTART);
    for line in ["OTEL_METRIC_EXPORT_INTERVAL=abc", "OTEL_METRIC_EXPORT_INTERVAL=5e3", "OTEL_LOGS_EXPORT_INTERVAL=0"] {
        assert_eq!(silent().given(line).verdict(), Verdict::Waiting, "{line}");
    }
    let without_metrics = silent().given("OTEL_METRIC_EXPORT_INTERVAL=0").given("OTEL_METRICS_EXPORTER=none");
    assert_eq!(without_metrics.verdict(), Verdict::Waiting, "{}", without_metrics.told());
}

#[test]
fn quotes_around_a_resource_attribute_are_part_of_it() {
    let scene =
        |version: &str| silent().given("OTEL_RESOURCE_ATTRIBUTES=project=\"shop\",agent=\"dev\"").version(version);
    let parts = ["the quotes are part of the values", "write `OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev`"];
    for version in ["2.1.252", "2.1.332", ""] {
        check(&scene(version), Verdict::Dark, CauseCode::ValueInQuotes, &parts, RECREATE);
    }
    assert_eq!(scene("2.1.100").verdict(), Verdict::Waiting);
    let single = silent().given("OTEL_RESOURCE_ATTRIBUTES=project='shop',agent='dev'").version("2.1.100");
    check(&single, Verdict::Dark, CauseCode::ValueInQuotes, &parts, RECREATE);
}

#[test]
fn values_that_are_no_text_become_text() {
    let none = silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":["none"]}}"#);
    check(&none, Verdict::Dark, CauseCode::ExporterNone, &[USER], RESTART);
    let object = silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":{}}}"#);
    check(&object, Verdict::Dark, CauseCode::ExporterInvalid, &[USER], RESTART);
}

#[test]
fn settings_that_claude_code_does_not_use_are_no_cause() {
    for text in [
        r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#,
        r#"{"env":{"OTEL_LOGS_EXPORTER":"none"},}"#,
        "// mine\n{\"env\":{\"OTEL_LOGS_EXPORTER\":\"none\"}}",
    ] {
        let scene = silent().user_settings(text);
        assert_eq!(scene.codes(), [CauseCode::NoSampleYet, CauseCode::NotChecked], "{text}");
        assert!(scene.told().contains("so Claude Code uses nothing in it"), "{}", scene.told());
    }
    let managed = silent().managed_settings(r#"{"model":3,"env":{"OTEL_LOGS_EXPORTER":"none"}}"#);
    check(&managed, Verdict::Dark, CauseCode::ManagedSettingsOverride, &["so no events are sent"], RESTART);
    let no_object = silent().managed_settings("[1]");
    check(&no_object, Verdict::Dark, CauseCode::ManagedSettingsInvalid, &["it is not a JSON object"], RESTART);
}

#[test]
fn a_command_that_makes_headers_is_not_checked() {
    let scene = silent().user_settings(r#"{"otelHeadersHelper":"/bin/headers"}"#);
    assert_eq!(scene.codes(), [CauseCode::NoSampleYet, CauseCode::NotChecked]);
    assert!(scene.told().contains("`otelHeadersHelper` is a command"), "{}", scene.told());
}

#[test]
fn events_that_are_not_sent_are_a_warning_where_metrics_arrive() {
    let reporting = healthy().given("OTEL_LOGS_EXPORTER=none");
    assert_eq!(reporting.codes(), [], "events arrive, whatever the variables say");
    let owner = owner(Some("shop"), Some("dev"));
    let metrics_only = reporting.stack(|stack| {
        let seen = stack.last_seen.as_mut().expect("the stores answer");
        seen.owners.get_mut(&owner).expect("it was seen").metrics_only = true;
    });
    check(&metrics_only, Verdict::Reporting, CauseCode::ExporterNone, &["so no events are sent"], RECREATE);
    assert_eq!(metrics_only.judged().causes[0].weight, Weight::Warning);
}
