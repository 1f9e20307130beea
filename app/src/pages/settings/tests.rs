//! Editing the form, and from pages and snapshots to text.

use std::collections::BTreeMap;

use monitor_core::{
    diff::{FileDiff, Hunk},
    error::StackError,
    file_view::FileState,
    job::{Job, JobKind},
    lifecycle::Recreate,
    live::Snapshot,
    service::Service,
    settings::{AgentNeed, PRESETS},
    settings_page::{AffectedService, AgentDrift, BrokenSettings, Drift, Preview, SettingsForm, SettingsPage},
    status::StackState,
    timestamp::Timestamp,
};

use super::{
    drift::{Remedy, StackFacts, layers, remedy},
    editor::bar_text,
    effects::{describe_effects, has_no_effect},
    form::Form,
    privacy::sentences,
    query,
};
use crate::components::Tone;

fn page(values: &[(&str, &str)]) -> SettingsPage {
    SettingsPage {
        file: "/s/settings.yaml".into(),
        base: format!("base of {values:?}").replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        misspelled: Vec::new(),
        broken: None,
        ports: Vec::new(),
        environment: Vec::new(),
        agent_env: String::new(),
        drift: Drift::default(),
    }
}

fn form(values: &[(&str, &str)]) -> Form {
    Form::new(&page(values), &SettingsForm::default())
}

/// The changes that the server decodes from the form's address: key and value, empty for the default.
fn sent(form: &Form) -> Vec<(String, String)> {
    let read = SettingsForm::from_pairs(query::read(&form.query()));
    assert_eq!(read.base, form.base());
    read.changes().into_iter().map(|change| (change.key, change.value.unwrap_or_default())).collect()
}

fn pairs(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn only_changes_are_sent() {
    let mut form = form(&[("grafana_port", "3001"), ("retention.logs", "8w")]);
    assert_eq!((sent(&form), form.changes()), (vec![], 0));
    form.type_in("grafana_port", " 3002 ");
    form.reset("retention.logs");
    // Its default, which the file leaves out.
    form.type_in("loki_port", "3100");
    assert_eq!(sent(&form), pairs(&[("grafana_port", "3002"), ("retention.logs", "")]));
    assert_eq!(form.changes(), 2);
    form.undo("grafana_port");
    assert_eq!(sent(&form), pairs(&[("retention.logs", "")]));
    form.discard();
    assert_eq!(sent(&form), vec![]);
}

#[test]
fn an_unchanged_switch_keeps_the_spelling_of_the_file() {
    let mut form = form(&[("telemetry.log_tool_details", "yes"), ("telemetry.log_user_prompts", "no")]);
    for on in [false, true] {
        form.switch("telemetry.log_tool_details", on);
        form.switch("telemetry.include_session_id", on);
    }
    assert_eq!(sent(&form), vec![], "switched off and on again");
    form.switch("telemetry.log_user_prompts", true);
    form.switch("telemetry.include_session_id", false);
    let changes = [("telemetry.include_session_id", "false"), ("telemetry.log_user_prompts", "true")];
    assert_eq!(sent(&form), pairs(&changes));
}

#[test]
fn a_preset_changes_only_values_that_differ() {
    let mut form = form(&[("telemetry.log_tool_details", "off"), ("telemetry.include_session_id", "false")]);
    form.apply_preset(&PRESETS[0]);
    let changes = [("telemetry.include_account_uuid", "false"), ("telemetry.log_user_prompts", "false")];
    assert_eq!(sent(&form), pairs(&changes));
    assert!(!form.recorded().telemetry.log_user_prompts);
    form.apply_preset(&PRESETS[1]);
    let changes = [("telemetry.include_session_id", "true"), ("telemetry.log_tool_details", "true")];
    assert_eq!(sent(&form), pairs(&changes));
}

#[test]
fn all_problems_are_found_at_once_and_do_not_hide_what_is_recorded() {
    let mut form = form(&[("jaeger_port", "4318")]);
    for (path, text) in [("grafana_port", "70000"), ("retention.metrics", "soon"), ("loki_port", "9090")] {
        form.type_in(path, text);
    }
    form.switch("telemetry.log_user_prompts", false);
    let mut fields: Vec<String> = form.problems().into_iter().map(|problem| problem.field).collect();
    fields.sort();
    let expected = ["grafana_port", "jaeger_port", "loki_port", "retention.metrics"];
    assert_eq!(fields, expected.map(|path| format!("monitoring.{path}")));
    assert!(!form.recorded().telemetry.log_user_prompts);
    assert_eq!(form.recorded().retention.metrics.days(), 30, "an invalid value counts as its default");
    assert_eq!(form.port("grafana_port"), None);
    assert_eq!(form.port("loki_port"), Some(9090));
    assert_eq!(form.port("promtail_port"), Some(9080), "its default");
}

#[test]
fn an_address_fills_the_form_and_unchanged_fields_follow_the_file() {
    let mut first = form(&[("grafana_port", "3001"), ("loki_port", "3100")]);
    first.type_in("grafana_port", "3002");
    let asked = SettingsForm::from_pairs(query::read(&first.query()));
    // Both were changed in the file between the preview and the return to the form.
    let theirs = page(&[("grafana_port", "3005"), ("loki_port", "3105")]);
    let mut second = Form::new(&theirs, &asked);
    let told = |form: &Form, path: &str| {
        let field = form.field(path).expect("it is in the table");
        (field.value.clone(), field.changed_on_disk().map(str::to_owned))
    };
    assert_eq!(told(&second, "grafana_port"), ("3002".into(), Some("3005".into())));
    assert_eq!(told(&second, "loki_port"), ("3105".into(), None));
    assert!(second.query().contains("was.grafana_port=3001"), "the server learns the original value");

    first.update_from(&theirs);
    assert_eq!(first, second, "the same while the page stays open");

    let broken = BrokenSettings { error: StackError::Cancelled, text: None };
    second.update_from(&SettingsPage { broken: Some(broken), ..page(&[]) });
    assert_eq!(told(&second, "loki_port"), ("3105".into(), None), "the values of a broken file are unknown");

    second.update_from(&page(&[("grafana_port", "3002")]));
    assert_eq!(
        (second.changes(), told(&second, "loki_port").0),
        (0, String::new()),
        "the change is already in the file"
    );
}

#[test]
fn a_form_without_javascript_sends_every_field_and_changes_those_that_differ() {
    let form = form(&[("grafana_port", "3001"), ("telemetry.log_tool_details", "yes")]);
    let all: BTreeMap<String, String> =
        form.fields().iter().map(|field| (field.key.path.to_owned(), field.was.clone())).collect();
    let mut values = all.clone();
    values.insert("bind_address".into(), "0.0.0.0".into());
    let asked = SettingsForm { base: String::new(), values, was: all };
    let filled = Form::new(&page(&[("grafana_port", "3001"), ("telemetry.log_tool_details", "yes")]), &asked);
    assert_eq!(sent(&filled), pairs(&[("bind_address", "0.0.0.0")]));
}

#[test]
fn the_sentences_mention_the_retention() {
    let mut form = form(&[]);
    let last = |form: &Form| sentences(&form.recorded()).pop();
    assert_eq!(last(&form).as_deref(), Some("All data is kept for 30 days."));
    form.type_in("retention.logs", "1d");
    form.type_in("retention.metrics", "8w");
    assert_eq!(last(&form).as_deref(), Some("Metrics are kept for 56 days, events for 1 day."));
}

#[test]
fn the_bar_counts_changes_and_problems() {
    for (changes, problems, words) in [
        (0, 0, "No changes."),
        (1, 0, "1 setting changed."),
        (2, 1, "2 settings changed. 1 problem to fix first."),
        (0, 2, "2 problems in the file."),
    ] {
        assert_eq!(bar_text(changes, problems), words);
    }
}

#[test]
fn each_layer_is_compared_with_the_one_before_and_there_is_one_next_step() {
    use FileState::{Edited, Missing, Outdated};
    let file = |state| ("compose.yaml".to_owned(), state);
    let agent = AgentDrift { container: "a".into(), running: true, differences: Vec::new() };
    let service = affected(Service::Loki);
    let unknown = Some(StackError::Cancelled);
    let none = || Drift { agents_seen: 2, ..Drift::default() };
    for (drift, stack, words, next) in [
        (none(), StackState::Running, ["Saved", "In sync", "In sync", "In sync"], Remedy::None),
        (none(), StackState::Stopped, ["Saved", "In sync", "Stopped", "In sync"], Remedy::None),
        (Drift::default(), StackState::Running, ["Saved", "In sync", "In sync", "None"], Remedy::None),
        (
            Drift { files: vec![file(Missing)], ..none() },
            StackState::NotInitialized,
            ["Saved", "None yet", "Stopped", "In sync"],
            Remedy::Initialize,
        ),
        (
            Drift { files: vec![file(Outdated)], services: vec![service], agents: vec![agent.clone()], ..none() },
            StackState::Running,
            ["Saved", "Out of date", "Out of date", "Out of date"],
            Remedy::Apply,
        ),
        // The next start recreates them; there is nothing to apply until then.
        (
            Drift { services: vec![affected(Service::Loki)], ..none() },
            StackState::Stopped,
            ["Saved", "In sync", "Stopped", "In sync"],
            Remedy::None,
        ),
        (
            Drift { files: vec![file(Edited)], ..none() },
            StackState::Running,
            ["Saved", "Edited", "In sync", "In sync"],
            Remedy::Apply,
        ),
        (
            Drift { agents: vec![agent], ..none() },
            StackState::Running,
            ["Saved", "In sync", "In sync", "Out of date"],
            Remedy::Agents,
        ),
        (
            Drift { engine_error: unknown, ..none() },
            StackState::EngineUnreachable,
            ["Saved", "In sync", "Unknown", "Unknown"],
            Remedy::None,
        ),
    ] {
        let initialized = stack != StackState::NotInitialized;
        let (page, stack) =
            (SettingsPage { drift, ..page(&[]) }, StackFacts { state: stack, initialized, job_is_running: false });
        assert_eq!((layers(&page, stack).map(|layer| layer.word), remedy(&page, stack)), (words, next));
    }
}

#[test]
fn nothing_is_offered_while_a_job_is_running() {
    let drift = Drift { services: vec![affected(Service::Loki)], ..Drift::default() };
    let page = SettingsPage { drift, ..page(&[]) };
    let mut snapshot = Snapshot::unknown(Timestamp::from_unix_milliseconds(0));
    snapshot.configuration.initialized = true;
    snapshot.stack = StackState::Running;
    assert_eq!(remedy(&page, StackFacts::of(&snapshot)), Remedy::Apply);
    snapshot.job = Some(Job::begin(1, JobKind::Apply, snapshot.taken_at));
    assert_eq!(remedy(&page, StackFacts::of(&snapshot)), Remedy::None);
}

fn affected(service: Service) -> AffectedService {
    AffectedService { service, because: Some(Recreate::DefinitionChanged), files: Vec::new(), settings: Vec::new() }
}

fn preview() -> Preview {
    let same = FileDiff { name: "settings.yaml".into(), hunks: Vec::new() };
    Preview {
        base: String::new(),
        problems: Vec::new(),
        conflicts: Vec::new(),
        settings: same,
        files: Vec::new(),
        edited: Vec::new(),
        services: Vec::new(),
        agents: AgentNeed::Nothing,
        agents_affected: Vec::new(),
        stack_runs: true,
        engine_unknown: false,
    }
}

#[test]
fn effects_on_services_and_agents_are_described() {
    let told =
        |preview: &Preview| describe_effects(preview).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>();
    assert_eq!(told(&preview()), ["No services need to be recreated.", "No agent changes needed."]);
    let some = Preview {
        services: vec![
            AffectedService {
                because: Some(Recreate::FilesChanged),
                files: vec!["prometheus.yaml".into()],
                settings: vec!["grafana_port".into(), "loki_port".into()],
                ..affected(Service::Prometheus)
            },
            affected(Service::Grafana),
        ],
        agents: AgentNeed::NewImages,
        agents_affected: vec!["a".into(), "b".into()],
        ..preview()
    };
    assert_eq!(
        told(&some),
        [
            "Prometheus and Grafana will be recreated; the other four keep running. If one doesn't become ready, \
             everything is rolled back.",
            "Prometheus: a file that it mounts changed (`prometheus.yaml`, because of `monitoring.grafana_port`, \
             `monitoring.loki_port`).",
            "Grafana: its definition changed.",
            "Rebuild the agents' image (`clawker build`) and recreate their containers to update them. Until then `a` \
             and `b` keep their current settings.",
        ]
    );
    let many = |count: u32| Preview { agents_affected: (0..count).map(|n| format!("a{n}")).collect(), ..some.clone() };
    assert!(
        told(&many(6))[3].ends_with("Until then `a0`, `a1`, `a2`, `a3`, `a4`, and `a5` keep their current settings.")
    );
    assert!(told(&many(199))[3].ends_with("`a3`, `a4`, and 194 more keep their current settings."));
    let stopped = Preview { stack_runs: false, agents: AgentNeed::NewContainers, ..preview() };
    assert_eq!(describe_effects(&stopped)[0].0, Tone::Off);
    assert!(told(&stopped)[1].ends_with("No existing agents are affected."));
    let unknown = Preview { engine_unknown: true, ..stopped };
    let [services, agents] = told(&unknown).try_into().expect("two effects");
    assert!(services.starts_with("Can't reach Docker") && agents.ends_with("to update them."), "{services} {agents}");
    assert!(
        told(&Preview { services: Service::ALL.map(affected).into(), ..preview() })[0].starts_with("All six services")
    );
}

#[test]
fn a_preview_without_effect_is_recognized() {
    assert!(has_no_effect(&preview()));
    let change = Hunk { lines: Vec::new() };
    for something in [
        Preview { settings: FileDiff { hunks: vec![change], ..preview().settings }, ..preview() },
        Preview { edited: vec!["compose.yaml".into()], ..preview() },
        Preview { services: vec![affected(Service::Loki)], ..preview() },
    ] {
        assert!(!has_no_effect(&something));
    }
}

#[test]
fn nothing_is_said_to_agree_with_a_broken_file() {
    let broken = BrokenSettings { error: StackError::Cancelled, text: None };
    let page = SettingsPage { broken: Some(broken), ..page(&[]) };
    let stack = StackFacts { state: StackState::Running, initialized: true, job_is_running: false };
    assert_eq!(layers(&page, stack).map(|layer| layer.word), ["Broken", "Unknown", "Unknown", "Unknown"]);
}
