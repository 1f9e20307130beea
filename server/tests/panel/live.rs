//! The live snapshot follows changes made by others, and streams end at shutdown.

use std::time::{Duration, Instant};

use futures::FutureExt;
use monitor_core::{
    live::{Change, EngineState, LiveEvent, Snapshot},
    service::Service,
    status::{ContainerState, StackState},
};
use monitor_testing::harness::{Events, get, panel, post};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_exits_is_noticed_through_events() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.engine.container_exits(Service::Loki, 137);
    let snapshot = panel.until("partial", |snapshot| snapshot.stack == StackState::Partial).await;
    let loki = snapshot.service(Service::Loki).unwrap();
    assert_eq!((loki.state, loki.ready), (ContainerState::Exited, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_and_regaining_docker_updates_the_snapshot() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.engine.go_away();
    let snapshot = panel.until("gone", |snapshot| snapshot.stack == StackState::EngineUnreachable).await;
    assert!(matches!(snapshot.engine, EngineState::Unreachable { .. }));
    panel.engine.come_back();
    panel.until("back", |snapshot| snapshot.stack == StackState::Running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_hangs_is_noticed_while_somebody_looks_and_again_when_it_answers() {
    let panel = panel();
    panel.up().await;
    let stream = Events::open(&panel, "/events").await;
    panel.engine.world().faults.silent = true;
    let lost = panel.until("unreachable", |snapshot| snapshot.stack == StackState::EngineUnreachable).await;
    let EngineState::Unreachable { error } = lost.engine else { panic!("{:?}", lost.engine) };
    assert!(error.to_string().contains("has not answered for 3 s"), "{error}");
    assert!(error.hint().starts_with("restart the Docker Engine"), "{}", error.hint());
    panel.engine.world().faults.silent = false;
    panel.until("back", |snapshot| snapshot.stack == StackState::Running).await;
    drop(stream);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_asked_whether_they_are_ready_when_a_page_is_loaded() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    assert!(!panel.get("/").await.text.contains("HTTP 503: ingester"));
    panel.readiness.not_ready(Service::Loki, "HTTP 503: ingester not ready");
    let page = panel.get("/").await.text;
    assert!(page.contains("HTTP 503: ingester not ready"), "readiness was remembered");
    panel.readiness.ready(Service::Loki);
    assert!(!panel.get("/").await.text.contains("HTTP 503: ingester"));
    assert!(page.contains("Checked "), "the page says how old its answers are");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_asked_again_when_something_happens_to_its_container() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.readiness.not_ready(Service::Loki, "no answer on port 3100");
    panel.engine.network_changes(Service::Loki);
    // A service that is ready is asked every 15 s otherwise.
    let begun = Instant::now();
    panel.until("not ready", |snapshot| !snapshot.service(Service::Loki).unwrap().ready).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn cpu_and_memory_are_measured_only_while_someone_is_watching() {
    let panel = panel();
    panel.up().await;
    panel.until_unobserved("running", |snapshot| snapshot.stack == StackState::Running).await;
    assert_eq!(panel.engine.usage_streams(), 0, "no one is watching yet");

    let reader = panel.panel.hub.subscribe();
    let is_measured = |snapshot: &Snapshot| snapshot.services.iter().all(|service| service.usage.is_some());
    panel.until("measured", is_measured).await;
    assert_eq!(panel.engine.usage_streams(), Service::ALL.len());

    drop(reader);
    panel.until_unobserved("without measurements", |_| panel.engine.usage_streams() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_sends_the_build_then_a_snapshot_then_changes() {
    let panel = panel();
    let mut events = Events::open(&panel, "/events").await;
    let LiveEvent::Hello { build } = events.next_live().await else { panic!("hello comes first") };
    assert_eq!(build, panel.plane.build());
    let LiveEvent::Snapshot(mut seen) = events.next_live().await else { panic!("the snapshot comes second") };
    assert_eq!(seen.stack, StackState::NotInitialized);

    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    while seen.stack != StackState::Running {
        match events.next_live().await {
            LiveEvent::Changes { changes, .. } => changes.into_iter().for_each(|change| seen.apply(change)),
            LiveEvent::Snapshot(fresh) => seen = fresh,
            LiveEvent::Hello { .. } => panic!("hello comes once"),
        }
    }
    assert!(seen.services.iter().all(|service| service.ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tab_is_told_about_a_job_before_its_caller_gets_an_answer() {
    let panel = panel();
    let mut events = Events::open(&panel, "/events").await;
    let opening = [events.next_live().await, events.next_live().await];
    assert!(matches!(&opening, [LiveEvent::Hello { .. }, LiveEvent::Snapshot(_)]), "{opening:?}");
    let started = panel.plane.initialize(false).await.unwrap();
    let mut jobs = Vec::new();
    // Only what was sent before the answer: an event that would have to be waited for comes too late.
    while let Some(event) = events.next_live().now_or_never() {
        let LiveEvent::Changes { changes, .. } = event else { panic!("{event:?}") };
        jobs.extend(changes.into_iter().filter_map(|change| match change {
            Change::Job(job) => job,
            _ => None,
        }));
    }
    assert!(jobs.iter().any(|job| job.id == started.id), "{jobs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_at_shutdown() {
    let panel = panel();
    panel.up().await;
    let mut events = Events::open(&panel, "/events").await;
    let mut log = Events::open(&panel, "/logs/loki/stream").await;
    assert!(events.next().await.is_some());
    panel.engine.logs_line(Service::Loki, "2026-11-22T07:12:56Z level=info msg=hello");
    let batch = log.next().await.unwrap();
    assert!(batch.contains("level=info msg=hello"), "{batch}");
    panel.shutdown.cancel();
    events.end().await;
    log.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_the_snapshot_reads_no_files_and_loading_a_page_does() {
    let panel = panel();
    let is_broken = || panel.plane.snapshot().unwrap().configuration.error.is_some();
    std::fs::write(panel.folder.path().join("settings.yaml"), "monitoring: {grafana_port: none}\n").unwrap();
    assert!(!is_broken(), "nobody has asked for a refresh");
    assert_eq!(panel.send(post("/api/cancel-job"), "").await.status, 200);
    assert!(!is_broken(), "a server function needs no refresh");
    panel.get("/").await;
    assert!(is_broken());
    std::fs::write(panel.folder.path().join("settings.yaml"), "").unwrap();
    drop(panel.open(get("/events")).await);
    assert!(!is_broken(), "a tab that reconnects sees the files as they are");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_container_has_its_new_name_and_gets_its_own_back() {
    let panel = panel();
    panel.up().await;
    let shown = |snapshot: &Snapshot| snapshot.service(Service::Loki).unwrap().container.clone();
    panel.until("ready", |snapshot| shown(snapshot) == "loki" && snapshot.stack == StackState::Running).await;
    for name in ["old-loki", "loki"] {
        panel.engine.rename(Service::Loki, name);
        panel.until(name, |snapshot| shown(snapshot) == name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_image_is_noticed_by_the_checks() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    let before = panel.until("checked", |snapshot| snapshot.checkup.is_some()).await.checkup;
    let at = |checkup: &Option<_>| checkup.as_ref().map(|it: &monitor_core::doctor::Checkup| it.checked_at);
    panel.engine.images_change();
    panel.until("checked again", |snapshot| at(&snapshot.checkup) != at(&before)).await;
}
