//! The live snapshot follows what happens behind the panel's back, and streams end at shutdown.

use monitor_core::{
    live::{Change, EngineState, LiveEvent},
    service::Service,
    status::{ContainerState, StackState},
};
use monitor_testing::harness::{Events, get, panel, post};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_dies_is_seen_without_asking() {
    let panel = panel();
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    panel.engine.container_exits(Service::Loki, 137);
    let snapshot = panel.until("partial", |snapshot| snapshot.stack == StackState::Partial).await;
    let loki = snapshot.service(Service::Loki).unwrap();
    assert_eq!((loki.state, loki.ready), (ContainerState::Exited, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_going_away_and_coming_back_are_events_too() {
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
async fn use_of_cpu_and_memory_is_measured_only_while_somebody_looks() {
    let panel = panel();
    panel.up().await;
    let measured = |snapshot: &monitor_core::live::Snapshot| snapshot.services.iter().all(|it| it.usage.is_some());
    // `until` itself is a reader, so the streams begin with it.
    panel.until("measured", measured).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_begins_with_the_build_and_a_snapshot_and_goes_on_with_changes() {
    let panel = panel();
    let mut events = Events::open(&panel, "/events").await;
    let Some(LiveEvent::Hello { build }) = events.next_live().await else { panic!("hello comes first") };
    assert_eq!(build, panel.plane.build());
    let Some(LiveEvent::Snapshot(mut seen)) = events.next_live().await else { panic!("the snapshot comes second") };
    assert_eq!(seen.stack, StackState::NotInitialized);

    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    while seen.stack != StackState::Running {
        match events.next_live().await.unwrap() {
            LiveEvent::Changes { changes, .. } => changes.into_iter().for_each(|change| seen.apply(change)),
            LiveEvent::Snapshot(fresh) => seen = fresh,
            LiveEvent::Hello { .. } => panic!("hello comes once"),
        }
    }
    assert!(seen.services.iter().all(|service| service.ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tab_hears_of_a_job_before_its_caller_is_answered() {
    let panel = panel();
    let mut events = Events::open(&panel, "/events").await;
    panel.plane.initialize(false).await.unwrap();
    assert!(panel.panel.hub.snapshot().job.is_some());
    loop {
        if let Some(LiveEvent::Changes { changes, .. }) = events.next_live().await
            && changes.iter().any(|change| matches!(change, Change::Job(Some(_))))
        {
            break;
        }
    }
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
    while events.next().await.is_some() {}
    while log.next().await.is_some() {}
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
