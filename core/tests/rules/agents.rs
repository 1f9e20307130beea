//! Which causes of a diagnosis are shown, and which are left out.

use std::collections::BTreeMap;

use monitor_core::{
    agents::{AgentContainer, CauseCode, ClawkerVariables, CollectorEvidence, StackEvidence, Verdict, diagnose_agent},
    settings::Settings,
    status::ContainerState,
    telemetry::{LastSeen, Losses},
};

use crate::at;

fn agent(managed: bool, variables: &[&str]) -> AgentContainer {
    AgentContainer {
        id: "1".into(),
        container: "a".into(),
        managed,
        project: None,
        agent: String::new(),
        image: String::new(),
        state: ContainerState::Running,
        created_at: Some(at(2000)),
        started_at: Some(at(2000)),
        finished_at: None,
        workdir: None,
        networks: vec!["clawker-net".into()],
        addresses: Vec::new(),
        environment: variables.iter().map(|variable| (*variable).to_owned()).collect(),
        image_environment: None,
        claude_version: None,
        settings_files: Vec::new(),
        clawker: ClawkerVariables::default(),
        proxy: Default::default(),
        files_read: true,
    }
}

fn causes(agent: &AgentContainer) -> (Verdict, Vec<CauseCode>) {
    let collector = CollectorEvidence {
        container: Some("otel-collector".into()),
        running: true,
        labelled: true,
        on_network: true,
        started_at: Some(at(1000)),
        created_at: Some(at(1000)),
        finished_at: None,
    };
    let stack = StackEvidence {
        now: at(3000),
        settings: Settings::default(),
        collector,
        containers_known: true,
        collector_then: Ok(BTreeMap::new()),
        last_seen: Ok(LastSeen::default()),
        losses: Losses::default(),
    };
    let diagnosis = diagnose_agent(agent, &stack);
    (diagnosis.verdict, diagnosis.causes.into_iter().map(|cause| cause.code).collect())
}

#[test]
fn an_agent_that_is_turned_off_shows_only_why_it_is_off() {
    let (verdict, causes) = causes(&agent(
        true,
        &["CLAUDE_CODE_ENABLE_TELEMETRY=0", "OTEL_LOGS_EXPORTER=none", "OTEL_METRICS_EXPORTER=none"],
    ));
    assert_eq!((verdict, causes), (Verdict::Off, vec![CauseCode::DisabledByConfiguration]));
}

#[test]
fn a_container_not_created_by_clawker_needs_only_one_of_project_and_agent() {
    let has_tags_missing = |agent: &AgentContainer| causes(agent).1.contains(&CauseCode::TagsMissing);
    let untagged = agent(false, &["CLAUDE_CODE_ENABLE_TELEMETRY=1"]);
    assert!(has_tags_missing(&untagged));
    let tagged = AgentContainer {
        project: Some("demo".into()),
        ..agent(false, &["CLAUDE_CODE_ENABLE_TELEMETRY=1", "OTEL_RESOURCE_ATTRIBUTES=project=demo"])
    };
    assert!(!has_tags_missing(&tagged));
}
