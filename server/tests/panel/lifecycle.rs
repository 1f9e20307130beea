//! Up and down on an engine in memory: the order of requests, and the state after a failure.

use monitor_core::{
    error::StackError,
    job::{Job, JobKind, JobState, Phase},
    service::Service,
    status::{ContainerState, StackState},
};
use monitor_testing::harness::{Harness, panel, panel_with};

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
async fn how_a_job_ended_can_be_dismissed_and_a_running_one_cannot() {
    let panel = panel();
    panel.up().await;
    panel.press("/api/dismiss-job", "").await;
    panel.until("dismissed", |snapshot| snapshot.job.is_none()).await;
    // The lock's file still holds it, as it holds those of other processes.
    panel.get("/").await;
    assert_eq!(panel.panel.hub.snapshot().job, None);
    panel.engine.hold("stop loki");
    assert!(panel.press("/api/stop-stack", "").await.status.is_redirection());
    panel.press("/api/dismiss-job", "").await;
    assert!(panel.panel.hub.snapshot().running_job().is_some());
    panel.engine.release("stop loki");
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
    // Otherwise the first may have ended before the second is heard.
    panel.readiness.not_ready(Service::Grafana, "no answer on port 3000");
    let (first, second) = tokio::join!(panel.plane.start_stack(), panel.plane.start_stack());
    let first = first.unwrap();
    assert_eq!(first.id, second.unwrap().id);
    panel.readiness.ready(Service::Grafana);
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
async fn a_service_that_exits_is_reported_with_the_line_that_says_why_and_the_others_run() {
    let panel = panel();
    panel.engine.world().faults.exits.insert(Service::Grafana, 3);
    panel.readiness.not_ready(Service::Grafana, "no answer on port 3000");
    let fatal = r#"logger=sqlstore level=error msg="can't open" err="the disk is on fire""#;
    panel.engine.logs_line(Service::Grafana, &format!("2026-11-22T07:12:56Z {fatal}"));
    panel.engine.logs_line(Service::Grafana, "2026-11-22T07:12:56Z level=info msg=bye");
    let job = panel.up().await;
    assert_eq!(
        job.error,
        Some(StackError::ServiceFailed {
            service: Service::Grafana,
            detail: "exited with code 3".into(),
            reason: Some("can't open: the disk is on fire".into()),
            log: vec![fatal.into(), "level=info msg=bye".into()],
        })
    );
    // The command line and the page print this sentence; the raw lines stay in the JSON.
    let error = job.error.unwrap();
    assert_eq!(error.to_string(), "Grafana failed to start (exited with code 3): can't open: the disk is on fire");
    assert_eq!(error.log(), &[] as &[String]);
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
    assert_eq!(
        job.error.as_ref().unwrap().to_string(),
        "port 3100 for Loki is already in use by process `nginx` (pid 812)"
    );
    assert_eq!((phase(&job, Service::Loki), phase(&job, Service::Grafana)), (Phase::Failed, Phase::Failed));
    assert_eq!((phase(&job, Service::Prometheus), phase(&job, Service::Jaeger)), (Phase::Ready, Phase::Ready));
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
async fn a_service_that_becomes_ready_during_the_wait_is_waited_for() {
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    panel.readiness.ready_after(Service::Grafana, 3);
    let job = panel.plane.start_stack().await.unwrap();
    let job = panel.panel.jobs.wait_for_end(job.id).await.unwrap();
    assert_eq!((job.state, job.error), (JobState::Done, None));
}

pub fn phase(job: &Job, service: Service) -> Phase {
    job.steps.iter().find(|step| step.service == service).unwrap().phase
}

/// Starts the stack and waits until the running job is as wanted.
async fn starting(panel: &Harness, awaited: &str, is_wanted: impl Fn(&Job) -> bool) -> Job {
    panel.plane.initialize(false).await.unwrap();
    panel.plane.start_stack().await.unwrap();
    let snapshot = panel
        .until(awaited, |snapshot| {
            snapshot.running_job().is_some_and(|job| job.steps.len() == Service::ALL.len() && is_wanted(job))
        })
        .await;
    snapshot.running_job().cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_never_ends_delays_only_its_own_service() {
    let panel = panel();
    let stack = panel.stack();
    let held = format!("pull {}", stack.service(Service::Grafana).unwrap().image);
    panel.engine.world().images.clear();
    panel.engine.hold(&held);
    let is_done = |job: &Job| job.steps.iter().filter(|it| it.phase == Phase::Ready).count() == 5;
    let job = starting(&panel, "five of six ready", is_done).await;
    assert_eq!(phase(&job, Service::Grafana), Phase::Pulling);
    panel.engine.release(&held);
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_a_service_is_created_meanwhile_and_started_after_it() {
    let panel = panel();
    let stack = panel.stack();
    let loki = stack.service(Service::Loki).unwrap().image.to_string();
    panel.engine.world().images.remove(&loki);
    panel.engine.hold(&format!("pull {loki}"));
    let waiting = [Service::Grafana, Service::Promtail];
    let job = starting(&panel, "two that wait for Loki", |job| {
        let others = [Service::OtelCollector, Service::Prometheus, Service::Jaeger];
        others.iter().all(|service| phase(job, *service) == Phase::Ready)
            && panel.engine.calls().contains(&"create grafana".to_owned())
            && panel.engine.calls().contains(&"create promtail".to_owned())
            && waiting.iter().all(|service| phase(job, *service) == Phase::Waiting)
    })
    .await;
    let calls = panel.engine.calls();
    for service in waiting {
        position(&calls, &format!("create {service}"));
        assert!(!calls.contains(&format!("start {service}")), "{calls:#?}");
    }
    panel.engine.release(&format!("pull {loki}"));
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_pull_fails_its_service_and_those_that_depend_on_it() {
    let panel = panel();
    panel.engine.world().images.clear();
    panel.engine.world().faults.pulls.insert(Service::Jaeger, "manifest unknown".into());
    let job = panel.up().await;
    assert!(matches!(job.error, Some(StackError::PullFailed { service: Service::Jaeger, .. })), "{job:?}");
    let phases = Service::ALL.map(|service| phase(&job, service));
    let (failed, ready) = (Phase::Failed, Phase::Ready);
    assert_eq!(phases, [ready, ready, ready, failed, failed, ready], "Grafana depends on Jaeger");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_images_are_pulled_at_once() {
    let panel = panel();
    panel.engine.world().images.clear();
    panel.engine.hold_pulls();
    let pulling = |job: &Job| job.steps.iter().filter(|it| it.phase == Phase::Pulling).count();
    let job = starting(&panel, "three pulls", |job| pulling(job) == 3 && job.pulls.len() == 3).await;
    let pulls = |panel: &Harness| panel.engine.calls().iter().filter(|call| call.starts_with("pull ")).count();
    assert_eq!(pulls(&panel), 3);
    panel.engine.release_pulls();
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    assert_eq!(pulls(&panel), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_with_the_same_image_share_one_pull() {
    let panel = panel_with("monitoring:\n  images:\n    loki: example/both:1\n    promtail: example/both:1\n");
    panel.engine.world().images.clear();
    panel.engine.hold("pull example/both:1");
    let job = starting(&panel, "both pulling", |job| {
        [Service::Loki, Service::Promtail].iter().all(|service| phase(job, *service) == Phase::Pulling)
    })
    .await;
    panel.engine.release("pull example/both:1");
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    assert_eq!(panel.engine.calls().iter().filter(|call| *call == "pull example/both:1").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_container_runs_until_its_new_image_is_there() {
    let panel = panel_with("monitoring:\n  images:\n    loki: example/loki:1\n");
    panel.up().await;
    std::fs::write(panel.settings_file(), "monitoring:\n  images:\n    loki: example/loki:2\n").unwrap();
    panel.plane.initialize(true).await.unwrap();
    panel.engine.hold("pull example/loki:2");
    let job = starting(&panel, "pulling", |job| phase(job, Service::Loki) == Phase::Pulling).await;
    let loki = |panel: &Harness| {
        let world = panel.engine.world();
        let loki = world.containers.iter().find(|container| container.name == "loki").unwrap();
        (loki.image.clone(), loki.state)
    };
    assert_eq!(loki(&panel), ("example/loki:1".into(), ContainerState::Running));
    panel.engine.release("pull example/loki:2");
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    assert_eq!(loki(&panel), ("example/loki:2".into(), ContainerState::Running));
}
