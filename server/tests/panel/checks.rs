//! The doctor in the panel: it runs automatically and on request, and problems are shown first.

use std::net::TcpListener;

use axum::http::StatusCode;
use monitor_core::{
    doctor::{Check, Finding, Grade, PassedOver},
    error::StackError,
    job::JobState,
    live::Snapshot,
    status::StackState,
};
use monitor_testing::harness::{panel, panel_with};

fn problems(snapshot: &Snapshot) -> Vec<Finding> {
    let findings = snapshot.checkup.iter().flat_map(|checkup| checkup.findings.clone());
    findings.filter(|finding| finding.grade == Grade::Problem).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_runs_automatically_and_attributes_the_ports_to_the_running_stack() {
    let panel = panel();
    let free = |snapshot: &Snapshot| {
        snapshot.checkup.iter().flat_map(|it| &it.findings).any(|finding| finding.summary.ends_with("is free"))
    };
    let first = panel.until("checked", free).await;
    assert_eq!(problems(&first), []);
    let page = panel.get("/").await.text;
    assert!(page.contains("No problems found.") && page.contains("All 17 checks"), "{page}");

    panel.up().await;
    let own = |snapshot: &Snapshot| {
        let ports = snapshot.checkup.iter().flat_map(|it| &it.findings).filter(|it| it.check == Check::Port);
        ports.clone().count() == 7 && ports.into_iter().all(|port| port.summary.ends_with("is used by this stack"))
    };
    panel.until("the ports are its own", own).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_taken_by_a_process_is_found_on_request_and_shown_above_the_services() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let panel = panel_with(&format!("monitoring:\n  grafana_port: {port}\n"));
    panel.engine.world().location.publishes_here = true;
    let pressed = panel.press("/api/check-up", "").await;
    assert_eq!(pressed.status, StatusCode::FOUND);
    let page = panel.get("/").await.text;
    let taken = page.find(&format!("Port {port} for Grafana is already in use")).unwrap_or_else(|| panic!("{page}"));
    assert!(taken < page.find("id=\"services\"").unwrap(), "the problem is read first");
    assert!(page.contains(&format!("(pid {})", std::process::id())), "{page}");

    drop(held);
    panel.press("/api/check-up", "").await;
    let page = panel.get("/").await.text;
    let place = |id: &str| page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    assert!(!page.contains("is already in use") && place("checks") > place("services"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_engine_and_broken_settings_are_found_automatically() {
    let panel = panel();
    panel.until("checked", |snapshot| snapshot.checkup.is_some()).await;
    panel.engine.go_away();
    let gone = panel.until("the engine is missed", |snapshot| !problems(snapshot).is_empty()).await;
    assert_eq!(problems(&gone)[0].check, Check::Engine);
    panel.engine.come_back();
    panel.until("it is back", |snapshot| problems(snapshot).is_empty()).await;

    std::fs::write(panel.folder.path().join("settings.yaml"), "monitoring:\n  loki_port: 0\n").unwrap();
    panel.get("/").await;
    let broken = panel.until("the setting is found", |snapshot| !problems(snapshot).is_empty()).await;
    assert_eq!(problems(&broken)[0].subject.as_deref(), Some("monitoring.loki_port"));
}

/// The stack that a later Clawker generates: same folder and project name, other services.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_the_opensearch_stack_is_reported_and_not_changed() {
    let panel = panel();
    let directory = panel.folder.path().join("data/monitor");
    std::fs::create_dir_all(&directory).unwrap();
    let compose = "services:\n  opensearch-node:\n    image: opensearchproject/opensearch:3.6.0\n  prometheus: {}\n";
    std::fs::write(directory.join("compose.yaml"), compose).unwrap();

    let written = panel.plane.initialize(true).await.unwrap();
    assert_eq!(written.state, JobState::Failed);
    assert!(matches!(written.error, Some(StackError::OtherGeneration { .. })), "{:?}", written.error);
    for begun in [panel.plane.start_stack().await.unwrap(), panel.plane.remove_stack_and_data().await.unwrap()] {
        let ended = panel.ended(begun.id).await;
        assert!(matches!(ended.error, Some(StackError::OtherGeneration { .. })), "{:?}", ended.error);
    }
    assert_eq!(panel.engine.calls(), Vec::<String>::new());
    let names: Vec<_> = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["compose.yaml"], "nothing was written beside it");
    assert_eq!(std::fs::read_to_string(directory.join("compose.yaml")).unwrap(), compose);

    let found = panel.until("found", |snapshot| !problems(snapshot).is_empty()).await;
    assert_eq!(problems(&found)[0].check, Check::Files);
    assert_eq!(found.stack, StackState::Stopped);
    let page = panel.get("/").await.text;
    assert!(page.contains("OpenSearch") && page.contains("clawker monitor down"), "{page}");
    assert!(!page.contains("Replace the files") && !page.contains(">Start stack<"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_over_on_the_way_to_the_engine_is_shown() {
    let panel = panel();
    let what = "this user isn't allowed to use the socket `/var/run/docker.sock`".to_owned();
    panel.engine.world().passed_over = vec![PassedOver { what, next: "set `DOCKER_HOST`".into() }];
    panel.press("/api/check-up", "").await;
    let page = panel.get("/").await.text;
    assert!(page.contains("1 warning.") && page.contains("Another Docker Engine may have been meant"));
    assert!(page.contains("to use the socket "));
}
