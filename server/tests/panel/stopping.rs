//! Down on an engine in memory: what is removed, in which order, and what is said where it fails.

use monitor_core::{
    error::StackError,
    job::{Job, JobState, Phase},
    lifecycle::ObservedContainer,
    live::Snapshot,
    service::Service,
    status::{ContainerState, StackState},
};
use monitor_testing::harness::{Harness, panel};

use crate::lifecycle::phase;

#[tokio::test(flavor = "multi_thread")]
async fn down_keeps_data_and_network_and_remove_deletes_the_data() {
    let panel = panel();
    panel.up().await;
    let job = panel.plane.stop_stack().await.unwrap();
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    let left = |panel: &Harness| {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_long_to_stop_holds_up_only_loki() {
    let panel = panel();
    panel.up().await;
    panel.engine.hold("stop promtail");
    let job = panel.plane.stop_stack().await.unwrap();
    let is_removed = |job: &Job, service| phase(job, service) == Phase::Removed;
    let others = [Service::OtelCollector, Service::Prometheus, Service::Jaeger, Service::Grafana];
    panel
        .until("four removed", |snapshot| {
            let job = snapshot.running_job();
            job.is_some_and(|job| job.steps.len() == 6 && others.iter().all(|service| is_removed(job, *service)))
        })
        .await;
    // Promtail still has lines for it.
    assert!(!panel.engine.calls().contains(&"stop loki".to_owned()));
    panel.engine.release("stop promtail");
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    assert_eq!(panel.engine.world().containers.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn loki_is_stopped_when_promtails_process_has_ended_and_not_later() {
    let panel = panel();
    panel.up().await;
    panel.engine.hold("clean up promtail");
    let job = panel.plane.stop_stack().await.unwrap();
    panel
        .until("five removed", |snapshot| {
            let removed = |job: &Job| job.steps.iter().filter(|step| step.phase == Phase::Removed).count();
            snapshot
                .running_job()
                .is_some_and(|job| removed(job) == 5 && phase(job, Service::Promtail) == Phase::Stopping)
        })
        .await;
    panel.engine.release("clean up promtail");
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_cannot_be_stopped_is_reported_and_the_others_are_removed() {
    let panel = panel();
    panel.up().await;
    panel.engine.world().faults.stops.insert(Service::Promtail, "permission denied".into());
    let job = panel.plane.stop_stack().await.unwrap();
    let job = panel.ended(job.id).await;
    assert_eq!(job.error.unwrap().to_string(), "Promtail could not be stopped: permission denied");
    let left: Vec<String> = panel.engine.world().containers.iter().map(|container| container.name.clone()).collect();
    assert_eq!(left, ["promtail"]);
}

/// Adds a second container of a service, as a killed recreation leaves it.
fn leave_over(panel: &Harness, service: Service) {
    let mut world = panel.engine.world();
    let container = world.containers.iter().find(|container| container.name == service.name()).unwrap().clone();
    let name = format!("1a2b3c4d5e6f_{service}");
    world.containers.push(ObservedContainer {
        id: format!("second-{service}"),
        name,
        state: ContainerState::Created,
        ..container
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_containers_are_counted_and_not_services() {
    let panel = panel();
    panel.up().await;
    leave_over(&panel, Service::Loki);
    leave_over(&panel, Service::Promtail);
    panel.engine.hold("stop promtail");
    let job = panel.plane.stop_stack().await.unwrap();
    panel.until("four removed", |snapshot| snapshot.running_job().is_some_and(|job| job.removed_containers == 4)).await;
    assert!(!panel.engine.calls().contains(&"stop loki".to_owned()), "Promtail has two containers, and none has ended");
    panel.engine.release("stop promtail");
    let job = panel.ended(job.id).await;
    assert_eq!((job.state, job.removed_containers, job.steps.len()), (JobState::Done, 8, 6), "{job:#?}");
    let warned = "removing 2 containers that an interrupted recreation has left: `1a2b3c4d5e6f_loki`, \
                  `1a2b3c4d5e6f_promtail`";
    assert_eq!(job.warnings, [warned]);
    assert_eq!(panel.engine.world().containers.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_is_offered_only_where_there_is_something_to_remove() {
    const FORM: &str = "/api/remove-stack-and-data";
    let panel = panel();
    panel.plane.initialize(false).await.unwrap();
    panel.until("initialized", |snapshot| snapshot.stack == StackState::Stopped && snapshot.job.is_some()).await;
    assert!(!panel.get("/").await.text.contains(FORM), "nothing was ever started");
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    let job = panel.plane.stop_stack().await.unwrap();
    panel.ended(job.id).await;
    let is_idle = |snapshot: &Snapshot| snapshot.running_job().is_none();
    panel.until("stopped", |snapshot| snapshot.stack == StackState::Stopped && is_idle(snapshot)).await;
    assert!(panel.get("/").await.text.contains(FORM), "there is recorded data");
    let job = panel.plane.remove_stack_and_data().await.unwrap();
    panel.ended(job.id).await;
    panel.until("removed", |snapshot| !snapshot.removable && is_idle(snapshot)).await;
    assert!(!panel.get("/").await.text.contains(FORM));
}
