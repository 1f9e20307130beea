use super::*;
use crate::{
    agents::{ClawkerVariables, SettingsFile, SettingsLayer},
    status::ContainerState,
};

fn container(environment: &[&str], image: Option<&[&str]>) -> AgentContainer {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    AgentContainer {
        id: "1".into(),
        container: "clawker.demo.dev".into(),
        managed: true,
        project: Some("demo".into()),
        agent: "dev".into(),
        image: "clawker-demo:latest".into(),
        state: ContainerState::Running,
        created_at: None,
        started_at: None,
        finished_at: None,
        workdir: None,
        networks: Vec::new(),
        addresses: Vec::new(),
        environment: lines(environment),
        image_environment: image.map(lines),
        claude_version: None,
        settings_files: Vec::new(),
        clawker: ClawkerVariables::default(),
        proxy: Default::default(),
        files_read: true,
    }
}

#[test]
fn every_variable_is_listed_once_with_origin_and_expected_value() {
    let found = compare_variables(
        &container(
            &[
                "OTEL_LOGS_EXPORTER=none",
                "OTEL_LOGS_EXPORTER=otlp",
                "OTEL_METRICS_EXPORTER=none",
                "OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev",
                "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer hush",
                "OTEL_SERVICE_NAME=mine",
            ],
            Some(&["OTEL_LOGS_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=otlp"]),
        ),
        &Settings::default(),
    );
    let of = |name: &str| found.iter().find(|variable| variable.name == name).expect("it is there");
    let said = |name: &str| {
        let it = of(name);
        (it.found.as_deref(), it.wanted.as_deref(), it.differs, it.origin.clone())
    };
    assert_eq!(said("OTEL_LOGS_EXPORTER"), (Some("otlp"), None, false, Origin::Image));
    assert_eq!(said("OTEL_METRICS_EXPORTER"), (Some("none"), Some("otlp"), true, Origin::Creation));
    assert_eq!(said("OTEL_EXPORTER_OTLP_PROTOCOL"), (None, Some("http/protobuf"), true, Origin::Unknown));
    assert_eq!(said("OTEL_SERVICE_NAME"), (Some("mine"), None, true, Origin::Creation));
    assert_eq!(found.iter().filter(|it| it.name == "OTEL_LOGS_EXPORTER").count(), 1);
    assert!(!format!("{found:?}").contains("hush"));
    let gone = compare_variables(&container(&["OTEL_LOGS_EXPORTER=otlp"], None), &Settings::default());
    assert!(gone.iter().all(|it| it.origin == Origin::Unknown), "without its image nobody can tell");
}

#[test]
fn a_settings_file_overrides_the_containers_variables() {
    let mut agent = container(&["OTEL_LOGS_EXPORTER=otlp"], Some(&["OTEL_LOGS_EXPORTER=otlp"]));
    let text = r#"{"env":{"OTEL_LOGS_EXPORTER":"none"}}"#;
    agent.settings_files = vec![SettingsFile::parse(SettingsLayer::User, "/root/.claude/settings.json", text)];
    let found = compare_variables(&agent, &Settings::default());
    let exporter = found.iter().find(|it| it.name == "OTEL_LOGS_EXPORTER").expect("it is there");
    assert_eq!(exporter.found.as_deref(), Some("none"));
    assert_eq!(exporter.origin, Origin::File("/root/.claude/settings.json".into()));
}

#[test]
fn owners_without_activity_have_0_only_if_the_store_answered() {
    let numbers = |missing: &[Store]| Numbers {
        range: Range::Day,
        at: Timestamp::from_unix_milliseconds(0),
        owners: vec![OwnerNumbers { simulated: true, sessions: Some(3), ..OwnerNumbers::default() }],
        missing: missing
            .iter()
            .map(|store| Missing { store: *store, error: String::new(), lacks: String::new() })
            .collect(),
    };
    let dev = Owner::new(None, Some("dev"));
    for (missing, zero) in [(&[][..], Some(0)), (&[Store::Loki], Some(0)), (&[Store::Prometheus], None)] {
        let of = owner_numbers(&numbers(missing), &dev, false);
        assert_eq!((of.sessions, of.tool_calls, of.lines_added), (zero, zero, zero), "{missing:?}");
        assert_eq!(of.owner, dev);
    }
    let sessions = |simulated: bool| owner_numbers(&numbers(&[]), &Owner::default(), simulated).sessions;
    assert_eq!((sessions(false), sessions(true)), (Some(0), Some(3)), "simulated data is nobody else's");
}
