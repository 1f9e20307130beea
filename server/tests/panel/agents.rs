//! Agents in the snapshot: which there are, what changes them, and how many requests that takes.

use std::time::{Duration, Instant};

use clawker_monitor::{agents::gather, engine::AgentFiles};
use monitor_core::{
    agents::{AgentContainer, CauseCode, SettingsFile, SettingsLayer, Verdict},
    live::Snapshot,
    stack::NETWORK,
    status::{ContainerState, StackState},
    telemetry::{CollectorThen, Flow, Numbers, Owner, OwnerLastSeen, OwnerNumbers},
    timestamp::Timestamp,
};
use monitor_testing::harness::{Events, agent_container, configured_agent, panel, panel_that_reads_files_again};

fn now() -> Timestamp {
    clawker_monitor::clock::now()
}

fn seen(snapshot: &Snapshot) -> Vec<(&str, ContainerState)> {
    snapshot.agents.iter().map(|agent| (agent.container.as_str(), agent.state)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_tracked_from_creation_to_removal() {
    let panel = panel();
    assert!(panel.shown().await.agents.is_empty());
    let dev = |state| AgentContainer { state, ..agent_container("dev") };
    let is = |state: ContainerState| move |snapshot: &Snapshot| seen(snapshot) == [("clawker.demo.dev", state)];

    panel.engine.agent_is(dev(ContainerState::Created), "create");
    let snapshot = panel.until("created", is(ContainerState::Created)).await;
    assert_eq!(snapshot.agents[0].project.as_deref(), Some("demo"));
    panel.engine.agent_is(dev(ContainerState::Running), "start");
    panel.until("started", is(ContainerState::Running)).await;
    panel.engine.agent_is(dev(ContainerState::Exited), "die");
    panel.until("stopped", is(ContainerState::Exited)).await;
    panel.engine.agent_is(AgentContainer { container: "renamed".into(), ..dev(ContainerState::Exited) }, "rename");
    panel.until("renamed", |snapshot| seen(snapshot) == [("renamed", ContainerState::Exited)]).await;
    panel.engine.agent_goes("id-dev");
    panel.until("removed", |snapshot| snapshot.agents.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_event_is_shown_before_the_container_is_inspected() {
    let panel = panel();
    panel.engine.agent_is(agent_container("dev"), "start");
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    panel.engine.hold_looks(true);
    panel.engine.happens("id-dev", "clawker.demo.dev", "die");
    panel.until("ended", |snapshot| snapshot.agents[0].state == ContainerState::Exited).await;
    panel.engine.agent_goes("id-dev");
    panel.until("gone", |snapshot| snapshot.agents.is_empty()).await;

    // The look in progress says that the container is still running. That is out of date, so the engine is asked again.
    let mut follower = panel.follow();
    panel.questions();
    panel.engine.hold_looks(false);
    let is_asked_again = || panel.engine.world().questions.contains(&"agent id-dev".to_owned());
    panel.until("asked again", |_| is_asked_again()).await;
    panel.engine.agent_is(agent_container("ada"), "start");
    while seen(&follower.snapshot) != [("clawker.demo.ada", ContainerState::Running)] {
        let snapshot = follower.next("the other agent").await;
        assert!(snapshot.agent("clawker.demo.dev").is_none(), "a removed agent came back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_listed_on_connecting_and_cleared_on_losing_docker() {
    let panel = panel();
    panel.shown().await;
    panel.engine.go_away();
    panel.until("gone", |snapshot| snapshot.stack == StackState::EngineUnreachable).await;
    panel.engine.world().agents = ["b", "a"].map(agent_container).into();
    panel.engine.come_back();
    let snapshot = panel.until("both", |snapshot| snapshot.agents.len() == 2).await;
    assert_eq!(seen(&snapshot)[0].0, "clawker.demo.a", "by name");
    panel.engine.go_away();
    panel.until("nobody", |snapshot| snapshot.agents.is_empty() && snapshot.new_agents.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_agents_will_report_once_the_collector_runs_on_the_network() {
    let panel = panel();
    assert!(!panel.shown().await.new_agents.unwrap().would_report);
    panel.up().await;
    let would = |wanted: bool| {
        move |snapshot: &Snapshot| snapshot.new_agents.as_ref().is_some_and(|new| new.would_report == wanted)
    };
    panel.until("ready for agents", would(true)).await;
    panel.engine.container_exits(monitor_core::service::Service::OtelCollector, 1);
    panel.until("without a collector", would(false)).await;
}

/// `down` removes the collector's container, and with it what Docker knows of its runs.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_was_turned_off_stays_so_after_down_and_up() {
    let panel = panel();
    panel.up().await;
    let mut off = configured_agent("dev");
    // A day before the collector's container.
    let created = Timestamp::from_unix_milliseconds(off.created_at.unwrap().unix_milliseconds() - 86_400_000);
    off.created_at = Some(created);
    off.environment.push("CLAUDE_CODE_ENABLE_TELEMETRY=0".into());
    panel.engine.agent_is(off, "start");
    let _reader = panel.follow();
    for (then, verdict, cause) in [
        (CollectorThen::Running, Verdict::Off, CauseCode::DisabledByConfiguration),
        (CollectorThen::NotRunning, Verdict::Dark, CauseCode::DisabledBecauseStackWasDown),
        (CollectorThen::Unclear, Verdict::Dark, CauseCode::DisabledForUnknownReason),
    ] {
        panel.telemetry.answers().collector_then = [(created, then)].into();
        panel
            .until("the snapshot agrees", |snapshot| {
                snapshot.agent("clawker.demo.dev").is_some_and(|agent| agent.causes[0].code == cause)
            })
            .await;
        let page = panel.agent_page().await;
        assert_eq!((page.agent.verdict, page.agent.causes[0].code), (verdict, cause), "{then:?}");
        let listed = gather(&panel.panel.installation).await.unwrap().list.agents;
        assert_eq!((listed[0].verdict, listed[0].causes[0].code), (verdict, cause), "{then:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_files_are_read_once_for_each_run() {
    let panel = panel();
    panel.shown().await;
    let managed = r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#;
    let path = "/etc/claude-code/managed-settings.json";
    let settings = vec![SettingsFile::parse(SettingsLayer::Managed, path, managed)];
    let files = AgentFiles { claude_version: Some("2.1.113".into()), settings };
    panel.engine.world().agent_files.insert("id-dev".into(), files);
    let dev = agent_container("dev");
    panel.engine.agent_is(dev.clone(), "start");
    panel.until("learnt", |_| panel.engine.world().questions.contains(&"files id-dev".to_owned())).await;
    panel.questions();
    // The container is still in the same run, so its files are not read again.
    for _ in 0..2 {
        panel.engine.agent_is(AgentContainer { networks: Vec::new(), ..dev.clone() }, "pause");
        panel.engine.agent_is(dev.clone(), "unpause");
    }
    panel.engine.agent_is(agent_container("ada"), "start");
    panel.until("both", |snapshot| snapshot.agents.len() == 2).await;
    assert!(!panel.questions().contains(&"files id-dev".to_owned()));
    let again = AgentContainer { started_at: Some(now()), ..dev };
    panel.engine.agent_is(again, "start");
    panel.until("learnt anew", |_| panel.engine.world().questions.contains(&"files id-dev".to_owned())).await;
}

/// Docker does not tell when somebody edits a file in a container.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_settings_file_changes_the_verdict_while_somebody_looks() {
    let panel = panel_that_reads_files_again();
    panel.up().await;
    let _reader = panel.follow();
    panel.engine.agent_is(configured_agent("dev"), "start");
    let is = |snapshot: &Snapshot, verdict| snapshot.agents.first().is_some_and(|agent| agent.verdict == verdict);
    panel.until("nothing heard yet", |snapshot| is(snapshot, Verdict::Waiting)).await;
    for (text, verdict) in [
        (r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#, Verdict::Off),
        (r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"1"}}"#, Verdict::Waiting),
    ] {
        let settings = vec![SettingsFile::parse(SettingsLayer::User, "/home/node/.claude/settings.json", text)];
        let files = AgentFiles { claude_version: Some("2.1.330".into()), settings };
        panel.engine.world().agent_files.insert("id-dev".into(), files);
        panel.until("it follows the file", |snapshot| is(snapshot, verdict)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_are_queried_only_while_someone_is_watching() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.engine.agent_is(agent_container("dev"), "start");
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    let asked = panel.heard();
    assert!(asked >= 1, "for whoever comes first");
    // No one is watching: events change the snapshot, and no store is asked.
    for round in 0..20 {
        panel.engine.agent_is(agent_container(&format!("more-{round}")), "start");
    }
    panel.until_unobserved("all 21 agents", |snapshot| snapshot.agents.len() == 21).await;
    assert_eq!(panel.heard(), asked);
    // `until` watches until the stores have been queried again.
    panel.hears("dev", now());
    panel.until("heard", |snapshot| snapshot.agent("clawker.demo.dev").unwrap().verdict == Verdict::Reporting).await;
    assert!(panel.heard() > asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_loaded_after_a_long_pause_is_up_to_date_without_javascript() {
    let panel = panel();
    panel.engine.agent_is(agent_container("dev"), "start");
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    // No one is watching the live stream while new data arrives in the stores.
    panel.hears("dev", now());
    assert_ne!(panel.panel.hub.snapshot().agents[0].verdict, Verdict::Reporting);
    let page = panel.get("/agents").await;
    assert_eq!(panel.panel.hub.snapshot().agents[0].verdict, Verdict::Reporting);
    assert!(page.text.contains(Verdict::Reporting.title()), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_flow_is_shown_while_someone_is_watching_and_a_store_is_running() {
    let panel = panel();
    panel.telemetry.answers().flow =
        Some(Flow { hops: Vec::new(), error: Some("so it says".into()), warnings: Vec::new() });
    let is_asked = || panel.telemetry.answers().asked.contains(&"flow");
    assert_eq!(panel.shown().await.flow, None);
    assert!(!is_asked(), "no store is running");
    panel.up().await;
    panel.until_unobserved("running", |snapshot| snapshot.stack == StackState::Running).await;
    assert!(!is_asked(), "no one is watching");
    let told = |snapshot: &Snapshot| snapshot.flow.as_ref().is_some_and(|flow| flow.error.is_some());
    panel.until("flow", told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_loki_discarded_is_told_with_its_agent() {
    let panel = panel();
    panel.up().await;
    for agent in ["dev", "other"] {
        panel.engine.agent_is(configured_agent(agent), "start");
        panel.hears(agent, now());
    }
    let stream = r#"{agent=\"dev\", project=\"demo\", service_name=\"claude-code\"}"#;
    let details = format!("stream '{stream}' has structured metadata too large: '192270' bytes, limit: '65536' bytes.");
    let line = format!(
        r#"{} level=error path=write msg="write operation failed" details="{details}" org_id=fake"#,
        now().to_rfc3339()
    );
    panel.engine.logs_line(monitor_core::service::Service::Loki, &line);
    panel.telemetry.answers().losses.discarded_by_loki.insert("structured_metadata_too_large".into(), 1);
    let evidence = |snapshot: &Snapshot, container: &str| {
        let causes = snapshot.agent(container).map(|agent| agent.causes.as_slice()).unwrap_or_default();
        let lost = causes.iter().find(|cause| cause.code == CauseCode::RefusedDownstream);
        lost.map(|cause| cause.evidence.clone())
    };
    let named = panel.until("named", |snapshot| evidence(snapshot, "clawker.demo.dev").is_some()).await;
    let said = evidence(&named, "clawker.demo.dev").unwrap();
    assert!(said.contains("discarded: 1 (`structured_metadata_too_large`)"), "{said}");
    assert_eq!(evidence(&named, "clawker.demo.other"), None, "it was not shown to be refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_setting_changes_verdicts_without_asking_the_engine() {
    let panel = panel();
    panel.up().await;
    panel.engine.agent_is(configured_agent("dev"), "start");
    let is = |verdict: Verdict| {
        move |snapshot: &Snapshot| snapshot.agent("clawker.demo.dev").is_some_and(|agent| agent.verdict == verdict)
    };
    panel.until("waiting", is(Verdict::Waiting)).await;
    panel.until("learnt", |_| panel.engine.world().questions.contains(&"files id-dev".to_owned())).await;
    panel.questions();

    std::fs::write(panel.settings_file(), "monitoring:\n  otel_collector_port: 4320\n").unwrap();
    panel.panel.installation.configuration.notify_changed();
    let changed = panel.until("dark", is(Verdict::Dark)).await;
    assert_eq!(changed.agents[0].causes[0].code, CauseCode::EndpointMismatch);
    assert_eq!(panel.questions(), Vec::<String>::new(), "no container was inspected for it");
}

/// Prints how long the slowest change took.
#[tokio::test(flavor = "multi_thread")]
async fn one_event_among_two_hundred_agents_costs_one_inspection() {
    let panel = panel();
    panel.shown().await;
    panel.engine.go_away();
    panel.until("gone", |snapshot| snapshot.stack == StackState::EngineUnreachable).await;
    panel.engine.world().agents = (0..200).map(|number| agent_container(&format!("a{number:03}"))).collect();
    panel.engine.come_back();
    panel.until("all of them", |snapshot| snapshot.agents.len() == 200).await;
    let learnt = || panel.engine.world().questions.iter().filter(|it| it.starts_with("files ")).count() == 200;
    panel.until("learnt", |_| learnt()).await;
    panel.questions();

    let mut reader = panel.panel.hub.subscribe();
    let mut slowest = Duration::ZERO;
    for round in 0..20 {
        let state = if round % 2 == 0 { ContainerState::Paused } else { ContainerState::Running };
        let action = if round % 2 == 0 { "pause" } else { "unpause" };
        let began = Instant::now();
        panel.engine.agent_is(AgentContainer { state, ..agent_container("a100") }, action);
        while panel.panel.hub.snapshot().agent("clawker.demo.a100").unwrap().state != state {
            tokio::time::timeout(Duration::from_secs(5), reader.next()).await.expect("a change is due");
        }
        slowest = slowest.max(began.elapsed());
    }
    let questions = panel.questions();
    eprintln!("20 events among 200 agents: {} questions, the slowest shown after {slowest:?}", questions.len());
    assert_eq!(questions, vec!["agent id-a100".to_owned(); 20]);

    for _ in 0..20 {
        panel.engine.network_event("id-a007");
        panel.engine.happens("id-a007", "clawker.demo.a007", "archive-path");
        panel.engine.happens("id-a007", "clawker.demo.a007", "exec_start: sh");
        panel.engine.happens("id-a007", "clawker.demo.a007", "health_status: healthy");
    }
    panel
        .engine
        .agent_is(AgentContainer { networks: vec![NETWORK.into(), "x".into()], ..agent_container("last") }, "create");
    panel.until("the last", |snapshot| snapshot.agents.len() == 201).await;
    let looks = panel.questions().into_iter().filter(|question| question == "agent id-a007").count();
    eprintln!("20 network events and 60 others of one agent: {looks} looks");
    assert!((1..=20).contains(&looks), "{looks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_invented_agents_make_no_endless_page_and_hide_no_container() {
    let panel = panel();
    panel.have_dev();
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    let invented = |number: u32| Owner::new(Some("invented"), Some(&format!("a{number}")));
    {
        let mut answers = panel.telemetry.answers();
        for number in 0..5_000 {
            let heard = OwnerLastSeen { last_seen: Some(now()), ..OwnerLastSeen::default() };
            answers.heard.owners.insert(invented(number), heard);
            answers.owners.push(OwnerNumbers { owner: invented(number), ..OwnerNumbers::default() });
        }
    }
    let page = panel.get("/agents").await.text;
    panel.until("listed", |snapshot| snapshot.unlisted_agents == 4_800 && snapshot.agents.len() == 201).await;
    let page = if page.contains("4,800 more agents") { page } else { panel.get("/agents").await.text };
    assert!(page.contains("clawker.demo.dev") && page.contains("4,800 more agents"));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let mut stream = Events::open(&panel, "/events/numbers?range=1h").await;
    let numbers: Numbers = serde_json::from_str(&stream.next().await.unwrap()).unwrap();
    assert_eq!(numbers.owners.len(), 200);
}
