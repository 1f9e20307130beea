//! Tables: what somebody does in the form, and what follows; from pages and snapshots to words.

use std::collections::BTreeMap;

use monitor_core::{
    diff::{FileDiff, Hunk},
    error::StackError,
    file_view::FileState,
    lifecycle::Recreate,
    live::Snapshot,
    service::Service,
    settings::{AgentNeed, PRESETS},
    settings_page::{AgentDrift, BrokenSettings, Drift, Preview, SettingsForm, SettingsPage},
    status::StackState,
};

use super::{
    drift::{Remedy, layers, remedy},
    editor::bar_words,
    follows::{does_nothing, follows},
    form::Form,
    privacy::in_words,
    query,
};
use crate::{components::Tone, live::Seed};

fn page(values: &[(&str, &str)]) -> SettingsPage {
    SettingsPage {
        file: "/s/settings.yaml".into(),
        base: format!("base of {values:?}").replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
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

/// The changes that the server reads out of the form's address: key and value, the empty text for its default.
fn sent(form: &Form) -> Vec<(String, String)> {
    let read = SettingsForm::from_pairs(query::read(&form.query()));
    assert_eq!(read.base, form.base());
    read.changes().into_iter().map(|change| (change.key, change.value.unwrap_or_default())).collect()
}

fn pairs(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn only_what_is_changed_is_sent() {
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
fn switches_keep_the_files_own_spelling_where_nothing_changes() {
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
fn a_preset_changes_what_is_not_so_already() {
    let mut form = form(&[("telemetry.log_tool_details", "off"), ("telemetry.include_session_id", "false")]);
    form.take(&PRESETS[0]);
    let changes = [("telemetry.include_account_uuid", "false"), ("telemetry.log_user_prompts", "false")];
    assert_eq!(sent(&form), pairs(&changes));
    assert!(!form.recorded().telemetry.log_user_prompts);
    form.take(&PRESETS[1]);
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
    assert_eq!(form.recorded().retention.metrics.days(), 30, "what is wrong is judged by its default");
    assert_eq!(form.port("grafana_port"), None);
    assert_eq!(form.port("loki_port"), Some(9090));
    assert_eq!(form.port("promtail_port"), Some(9080), "its default");
}

#[test]
fn an_address_fills_the_form_and_fields_that_nobody_touched_follow_the_file() {
    let mut first = form(&[("grafana_port", "3001"), ("loki_port", "3100")]);
    first.type_in("grafana_port", "3002");
    let asked = SettingsForm::from_pairs(query::read(&first.query()));
    // On the way to the preview and back, somebody else changed both.
    let theirs = page(&[("grafana_port", "3005"), ("loki_port", "3105")]);
    let mut second = Form::new(&theirs, &asked);
    let told = |form: &Form, path: &str| {
        let field = form.field(path).expect("it is in the table");
        (field.value.clone(), field.moved().map(str::to_owned))
    };
    assert_eq!(told(&second, "grafana_port"), ("3002".into(), Some("3005".into())));
    assert_eq!(told(&second, "loki_port"), ("3105".into(), None));
    assert!(second.query().contains("was.grafana_port=3001"), "the server learns what it was filled with");

    first.follow(&theirs);
    assert_eq!(first, second, "the same while the page stays open");

    let broken = BrokenSettings { error: StackError::Cancelled, text: None };
    second.follow(&SettingsPage { broken: Some(broken), ..page(&[]) });
    assert_eq!(told(&second, "loki_port"), ("3105".into(), None), "a broken file says nothing of its values");

    second.follow(&page(&[("grafana_port", "3002")]));
    assert_eq!((second.changes(), told(&second, "loki_port").0), (0, String::new()), "they came to agree");
}

#[test]
fn a_browsers_form_without_javascript_bears_every_field_and_changes_those_that_differ() {
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
fn how_long_it_is_kept_is_said_as_well() {
    let mut form = form(&[]);
    let last = |form: &Form| in_words(&form.recorded()).pop();
    assert_eq!(last(&form).as_deref(), Some("All of it is kept for 30 days."));
    form.type_in("retention.logs", "1d");
    form.type_in("retention.metrics", "8w");
    assert_eq!(last(&form).as_deref(), Some("Metrics are kept for 56 days, events for 1 day."));
}

#[test]
fn the_bar_counts_changes_and_problems() {
    for (changes, problems, words) in [
        (0, 0, "Nothing is changed."),
        (1, 0, "One setting changed."),
        (2, 1, "Two settings changed. One problem to solve first."),
        (0, 2, "Two problems in the file."),
    ] {
        assert_eq!(bar_words(changes, problems), words);
    }
}

fn snapshot(stack: StackState) -> Snapshot {
    let mut snapshot = Seed::empty().snapshot;
    snapshot.configuration.initialized = stack != StackState::NotInitialized;
    snapshot.stack = stack;
    snapshot
}

#[test]
fn each_layer_is_told_by_the_one_before_and_there_is_one_thing_to_do() {
    use FileState::{Edited, Missing, Outdated};
    let file = |state| ("compose.yaml".to_owned(), state);
    let agent = AgentDrift { container: "a".into(), running: true, differences: Vec::new() };
    let service = (Service::Loki, Recreate::DefinitionChanged);
    let unknown = Some(StackError::Cancelled);
    let none = || Drift { agents_seen: 2, ..Drift::default() };
    for (drift, stack, words, next) in [
        (none(), StackState::Running, ["Saved", "Agree", "Agree", "Agree"], Remedy::None),
        (none(), StackState::Stopped, ["Saved", "Agree", "None run", "Agree"], Remedy::None),
        (Drift::default(), StackState::Running, ["Saved", "Agree", "Agree", "None"], Remedy::None),
        (
            Drift { files: vec![file(Missing)], ..none() },
            StackState::NotInitialized,
            ["Saved", "None yet", "None run", "Agree"],
            Remedy::Initialize,
        ),
        (
            Drift { files: vec![file(Outdated)], services: vec![service], agents: vec![agent.clone()], ..none() },
            StackState::Running,
            ["Saved", "Lag", "Lag", "Lag"],
            Remedy::Apply,
        ),
        (
            Drift { files: vec![file(Edited)], ..none() },
            StackState::Running,
            ["Saved", "Edited", "Agree", "Agree"],
            Remedy::Apply,
        ),
        (
            Drift { agents: vec![agent], ..none() },
            StackState::Running,
            ["Saved", "Agree", "Agree", "Lag"],
            Remedy::Agents,
        ),
        (
            Drift { engine_error: unknown, ..none() },
            StackState::EngineUnreachable,
            ["Saved", "Agree", "Unknown", "Unknown"],
            Remedy::None,
        ),
    ] {
        let (page, snapshot) = (SettingsPage { drift, ..page(&[]) }, snapshot(stack));
        assert_eq!((layers(&page, &snapshot).map(|layer| layer.word), remedy(&page, &snapshot)), (words, next));
    }
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
    }
}

#[test]
fn what_follows_is_said_for_services_and_agents() {
    let told = |preview: &Preview| follows(preview).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>();
    assert_eq!(told(&preview()), ["No service is made anew.", "Agents need nothing."]);
    let some = Preview {
        services: vec![Service::Prometheus, Service::Grafana],
        agents: AgentNeed::NewImages,
        agents_affected: vec!["a".into(), "b".into()],
        ..preview()
    };
    assert_eq!(
        told(&some),
        [
            "Prometheus and Grafana are made anew; the other four keep running. If one does not get ready, all is put \
             back as it was.",
            "Agents follow once their image is built anew (`clawker build`) and their containers are made from it. Until \
             then `a` and `b` go on as before.",
        ]
    );
    let stopped = Preview { stack_runs: false, agents: AgentNeed::NewContainers, ..preview() };
    assert_eq!(follows(&stopped)[0].0, Tone::Off);
    assert!(told(&stopped)[1].ends_with("No agent exists that this concerns."));
    assert!(told(&Preview { services: Service::ALL.to_vec(), ..preview() })[0].starts_with("All six services"));
}

#[test]
fn nothing_to_apply_is_told_apart_from_little() {
    assert!(does_nothing(&preview()));
    let change = Hunk { lines: Vec::new() };
    for something in [
        Preview { settings: FileDiff { hunks: vec![change], ..preview().settings }, ..preview() },
        Preview { edited: vec!["compose.yaml".into()], ..preview() },
        Preview { services: vec![Service::Loki], ..preview() },
    ] {
        assert!(!does_nothing(&something));
    }
}
