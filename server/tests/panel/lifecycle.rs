//! Up and down on an engine in memory: the order of requests, and the state after a failure.

use monitor_core::{
    error::StackError,
    job::{JobKind, JobState, Phase},
    service::Service,
    status::{ContainerState, StackState},
};
use monitor_testing::harness::panel;

fn position(calls: &[String], call: &str) -> usize {
    calls.iter().position(|known| known == call).unwrap_or_else(|| panic!("`{call}` is not in {calls:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn up_creates_everything_in_order_and_ends_when_all_six_are_ready() {
    let panel = panel();
    let job = panel.up().await;
    assert_eq!((job.kind, job.state, job.error), (JobKind::Up, JobState::Done, None));
    assert!(job.steps.len() == 6 && job.steps.iter().all(|step| step.phase == Phase::Ready));
    let calls = panel.engine.calls();
    assert_eq!(calls[0], "create network clawker-net");
    for spec in &panel.stack().services {
        for dependency in &spec.depends_on {
            assert!(
                position(&calls, &format!("start {dependency}")) < position(&calls, &format!("start {}", spec.service))
            );
        }
    }
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_up_changes_nothing() {
    let panel = panel();
    panel.up().await;
    let before = panel.engine.calls();
    assert_eq!(panel.up().await.state, JobState::Done);
    assert_eq!(panel.engine.calls(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_left_by_a_crash_are_adopted() {
    let panel = panel();
    panel.up().await;
    panel.engine.world().containers[2].state = ContainerState::Created;
    panel.engine.world().containers.truncate(4);
    let before = panel.engine.calls().len();
    assert_eq!(panel.up().await.state, JobState::Done);
    let after: Vec<String> = panel.engine.calls().split_off(before);
    let mut made: Vec<&str> = after.iter().map(String::as_str).collect();
    made.sort_unstable();
    let started = panel.engine.world().containers[2].name.clone();
    assert!(made.contains(&format!("start {started}").as_str()), "{made:#?}");
    assert_eq!(made.iter().filter(|call| call.starts_with("create ")).count(), 2, "{made:#?}");
    assert_eq!(made.iter().filter(|call| call.starts_with("start ")).count(), 3, "{made:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_simultaneous_starts_get_one_job() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    let (first, second) = tokio::join!(panel.plane.start_stack(), panel.plane.start_stack());
    let first = first.unwrap();
    assert_eq!(first.id, second.unwrap().id);
    assert_eq!(panel.ended(first.id).await.state, JobState::Done);
    let created =
        panel.engine.calls().into_iter().filter(|call| call.starts_with("create ") && !call.contains("network"));
    assert_eq!(created.filter(|call| !call.contains("volume")).count(), Service::ALL.len(), "the work was done once");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_without_files_asks_to_initialize() {
    let panel = panel();
    let job = panel.plane.start_stack().await.unwrap();
    let job = panel.ended(job.id).await;
    assert!(matches!(job.error, Some(StackError::NotInitialized { .. })), "{job:?}");
    assert_eq!(panel.engine.calls(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_exits_is_reported_with_its_last_log_lines_and_the_others_run() {
    let panel = panel();
    panel.engine.world().faults.exits.insert(Service::Grafana, 3);
    panel.readiness.not_ready(Service::Grafana, "no answer on port 3000");
    panel.engine.logs_line(Service::Grafana, "2026-11-22T07:12:56Z the disk is on fire");
    let job = panel.up().await;
    assert_eq!(
        job.error,
        Some(StackError::ServiceFailed {
            service: Service::Grafana,
            detail: "exited with code 3".into(),
            log: vec!["the disk is on fire".into()],
        })
    );
    let running = |state| panel.engine.world().containers.iter().filter(|container| container.state == state).count();
    assert_eq!((running(ContainerState::Running), running(ContainerState::Exited)), (5, 1));
    let snapshot = panel.until("partial", |snapshot| snapshot.stack == StackState::Partial).await;
    assert_eq!(snapshot.service(Service::Grafana).unwrap().problem.as_deref(), Some("exited with code 3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_names_its_setting_and_what_depends_on_the_service_is_not_started() {
    let panel = panel();
    panel.engine.world().faults.ports_taken.insert(Service::Loki, Some("process `nginx` (pid 812)".into()));
    let job = panel.up().await;
    // The collector comes first on the data path, but it only waited for Loki.
    assert_eq!(job.error.unwrap().to_string(), "port 3100 for Loki is already in use by process `nginx` (pid 812)");
    let phase = |service| job.steps.iter().find(|step| step.service == service).unwrap().phase;
    assert_eq!((phase(Service::Loki), phase(Service::Grafana)), (Phase::Failed, Phase::Failed));
    assert_eq!((phase(Service::Prometheus), phase(Service::Jaeger)), (Phase::Ready, Phase::Ready));
    assert!(!panel.engine.calls().contains(&"start grafana".into()));

    panel.engine.world().faults.ports_taken.clear();
    assert_eq!(panel.up().await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_becomes_ready_is_reported_with_its_answer() {
    let panel = panel();
    panel.readiness.not_ready(Service::Loki, "HTTP 503: Ingester not ready");
    let job = panel.up().await;
    let Some(StackError::NotReady { service: Service::Loki, detail, .. }) = job.error else { panic!("{job:?}") };
    assert_eq!(detail, "HTTP 503: Ingester not ready");
    let snapshot = panel
        .until("waiting for loki", |snapshot| {
            snapshot.service(Service::Loki).is_some_and(|loki| loki.waiting_for.is_some())
        })
        .await;
    assert_eq!(snapshot.stack, StackState::Partial);

    panel.readiness.ready(Service::Loki);
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_pulled_is_named_and_the_other_services_start() {
    let panel = panel();
    panel.engine.world().images.clear();
    panel.engine.world().faults.pulls.insert(Service::Promtail, "manifest unknown".into());
    let job = panel.up().await;
    assert!(
        matches!(&job.error, Some(StackError::PullFailed { service: Service::Promtail, detail, .. }) if detail == "manifest unknown"),
        "{job:?}"
    );
    assert_eq!(job.pulls.iter().filter(|pull| pull.complete).count(), 5);
    assert_eq!(job.steps.iter().filter(|step| step.phase == Phase::Ready).count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_container_stops_up_before_anything_is_created() {
    let panel = panel();
    panel.engine.have_foreign_container("grafana", "grafana/grafana:9.0");
    let job = panel.up().await;
    assert!(matches!(&job.error, Some(StackError::ForeignContainer { name, .. }) if name == "grafana"), "{job:?}");
    assert_eq!(panel.engine.calls(), Vec::<String>::new());
    let snapshot = panel
        .until("seen", |snapshot| snapshot.service(Service::Grafana).is_some_and(|grafana| grafana.problem.is_some()))
        .await;
    assert!(
        snapshot.service(Service::Grafana).unwrap().problem.as_deref().unwrap().contains("is not part of this stack")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_up_continues_where_a_canceled_one_stopped() {
    let panel = panel();
    panel.engine.world().images.clear();
    panel.engine.hold_pulls();
    panel.plane.initialize(false).await.unwrap();
    let job = panel.plane.start_stack().await.unwrap();
    panel
        .until("half fetched", |snapshot| {
            snapshot.running_job().is_some_and(|job| job.pulled_bytes().is_some_and(|(fetched, _)| fetched > 0))
        })
        .await;
    panel.plane.cancel_job().await.unwrap();
    let job = panel.ended(job.id).await;
    assert_eq!(job.state, JobState::Cancelled);
    panel.engine.release_pulls();
    let created = |what: &str| panel.engine.calls().iter().filter(|call| *call == what).count();
    assert_eq!(created("create loki"), 0);
    assert_eq!(panel.up().await.state, JobState::Done);
    assert_eq!((created("create network clawker-net"), created("create loki")), (1, 1), "completed steps were kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_docker_during_up_fails_the_job_and_the_next_up_finishes() {
    let panel = panel();
    panel.engine.world().images.clear();
    panel.engine.hold_pulls();
    panel.plane.initialize(false).await.unwrap();
    let job = panel.plane.start_stack().await.unwrap();
    panel.until("fetching", |snapshot| snapshot.job.as_ref().is_some_and(|job| !job.pulls.is_empty())).await;
    panel.engine.go_away();
    panel.engine.release_pulls();
    let job = panel.ended(job.id).await;
    assert!(matches!(job.error, Some(StackError::EngineUnreachable { .. })), "{job:?}");
    panel.engine.come_back();
    assert_eq!(panel.up().await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn down_keeps_data_and_network_and_remove_deletes_the_data() {
    let panel = panel();
    panel.up().await;
    let job = panel.plane.stop_stack().await.unwrap();
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    let left = |panel: &monitor_testing::harness::Harness| {
        let world = panel.engine.world();
        (world.containers.len(), world.volumes.len(), world.network.is_some())
    };
    assert_eq!(left(&panel), (0, panel.stack().volumes.len(), true));
    panel.until("stopped", |snapshot| snapshot.stack == StackState::Stopped).await;

    let job = panel.plane.remove_stack_and_data().await.unwrap();
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    assert_eq!(left(&panel), (0, 0, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_becomes_ready_during_the_wait_is_waited_for() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    panel.readiness.ready_after(Service::Grafana, 3);
    let job = panel.plane.start_stack().await.unwrap();
    let job = panel.panel.jobs.wait_for_end(job.id).await.unwrap();
    assert_eq!((job.state, job.error), (JobState::Done, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_reappears_fails_the_stop() {
    let panel = panel();
    panel.up().await;
    panel.engine.world().faults.reappears.insert(Service::Loki);
    let job = panel.plane.stop_stack().await.unwrap();
    let job = panel.panel.jobs.wait_for_end(job.id).await.unwrap();
    assert_eq!(job.state, JobState::Failed);
    let Some(StackError::Refused { service, verb, .. }) = job.error else { panic!("{:?}", job.error) };
    assert_eq!((service, verb.as_str()), (Service::Loki, "removed"));
}
