//! Settings under which a service does not become ready: what is rolled back, and what is not.

use clawker_monitor::{panel::Panel, work::Apply};
use monitor_core::{
    error::StackError,
    file_view::FileState,
    job::{FileAction, JobKind, JobState},
    service::Service,
    settings_page::{AffectedService, FieldDrift},
    status::ContainerState,
};
use monitor_testing::harness::{Harness, form, panel, panel_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_become_ready_rolls_everything_back() {
    let panel = panel_with("# mine\nmonitoring:\n  grafana_port: 3001\n");
    panel.up().await;
    let (before, hashes) = (panel.on_disk(), hashes(&panel));
    panel.readiness.not_ready_at(3002, "HTTP 503: starting");

    let job = panel.apply(&[("grafana_port", "3002"), ("jaeger_port", "16687")], false).await.unwrap();
    assert_eq!((job.state, job.restored), (JobState::Failed, true), "{job:#?}");
    let Some(StackError::NotReady { service: Service::Grafana, detail, .. }) = job.error else { panic!("{job:#?}") };
    assert_eq!(detail, "HTTP 503: starting");
    assert_eq!(panel.on_disk(), before);
    assert_eq!(hashes, self::hashes(&panel));
    let backups = std::fs::read_dir(panel.folder.path()).unwrap().flatten();
    assert_eq!(backups.filter(|it| it.file_name().to_string_lossy().contains(".bak")).count(), 0);
    assert!(panel.page().await.drift.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_or_privileged_port_rolls_everything_back() {
    let panel = panel();
    panel.up().await;
    let before = panel.on_disk();
    let taken = StackError::PortTaken {
        service: Service::Grafana,
        port: 3002,
        holder: Some("process `nginx` (pid 812)".into()),
        field: "monitoring.grafana_port".into(),
    };
    let privileged = StackError::CannotPublish {
        service: Service::Grafana,
        address: "127.0.0.1".into(),
        port: 80,
        detail: "the Engine may not use ports below 1024".into(),
        field: "monitoring.grafana_port".into(),
    };
    for (port, error) in [(3002, taken), (80, privileged)] {
        panel.engine.world().faults.refused_ports.insert(port, error.clone());
        let job = panel.apply(&[("grafana_port", &port.to_string())], false).await.unwrap();
        assert_eq!((job.state, job.restored, job.error), (JobState::Failed, true, Some(error)));
        assert_eq!(panel.on_disk(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_rolls_back_the_others() {
    let panel = panel();
    panel.up().await;
    let prometheus = panel.generated("prometheus.yaml");
    std::fs::remove_file(&prometheus).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all.yaml", &prometheus).unwrap();
    let (before, calls) = (panel.on_disk(), panel.engine.calls());
    let job = panel.apply(&[("grafana_port", "3001")], false).await.unwrap();
    assert!(matches!(&job.error, Some(StackError::File { path, .. }) if path.ends_with("prometheus.yaml")), "{job:#?}");
    assert!(job.files.iter().any(|file| file.name == "compose.yaml" && file.action == FileAction::Updated));
    assert_eq!((job.restored, panel.on_disk(), panel.engine.calls()), (true, before, calls));
}

/// Settings that were written in an editor are kept, even if they do not work.
#[tokio::test(flavor = "multi_thread")]
async fn applying_saved_settings_never_rolls_back_the_settings_file() {
    let panel = panel();
    panel.up().await;
    let compose = std::fs::read_to_string(panel.generated("compose.yaml")).unwrap();
    let wanted = "monitoring:\n  grafana_port: 3002\n";
    std::fs::write(panel.settings_file(), wanted).unwrap();
    panel.readiness.not_ready_at(3002, "HTTP 503: starting");
    let apply = || async {
        let Panel { installation, wait, jobs, .. } = &*panel.panel;
        let apply = Apply { installation: installation.clone(), wait: *wait, edit: None, replace_edited: false };
        let prepared = apply.prepare().await.unwrap();
        let job = jobs.start(JobKind::Apply, |job| Box::pin(prepared.carry_out(job)));
        jobs.wait_for_end(job.id).await.unwrap()
    };
    let job = apply().await;
    assert_eq!((job.state, job.restored), (JobState::Failed, true), "{job:#?}");
    assert_eq!(std::fs::read_to_string(panel.generated("compose.yaml")).unwrap(), compose);
    assert_eq!(panel.settings_text(), wanted);
    let behind = FieldDrift { key: "grafana_port".into(), settings: "3002".into(), files: "3000".into() };
    let drift = panel.page().await.drift;
    assert_eq!(
        (drift.fields, drift.files),
        (vec![behind], ["compose.yaml", "prometheus.yaml"].map(|name| (name.into(), FileState::Outdated)).into())
    );
    assert_eq!(
        reasons(&drift.services),
        [
            "prometheus: a file that it mounts changed (`prometheus.yaml`, because of `monitoring.grafana_port`)",
            "grafana: its definition changed (because of `monitoring.grafana_port`)",
        ]
    );

    panel.plane.initialize(true).await.unwrap();
    let again = apply().await;
    assert_eq!((again.state, again.restored), (JobState::Failed, false), "nothing was changed, so nothing is restored");
    panel.readiness.ready_at(3002);
    assert_eq!(apply().await.state, JobState::Done);
    assert!(panel.page().await.drift.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_not_ready_before_does_not_roll_back_changes_to_another() {
    let panel = panel();
    panel.up().await;
    panel.readiness.not_ready(Service::Loki, "HTTP 503: Ingester not ready");
    let job = panel.apply(&[("grafana_port", "3001")], false).await.unwrap();
    assert!(matches!(job.error, Some(StackError::NotReady { service: Service::Loki, .. })), "{job:#?}");
    assert!(!job.restored && panel.settings_text().contains("3001"), "{job:#?}");
    assert!(panel.page().await.drift.is_none(), "Grafana follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_docker_while_applying_does_not_roll_settings_back() {
    let panel = panel();
    panel.up().await;
    let image = "mirror.example/grafana:1";
    panel.engine.hold_pulls();
    let page = panel.page().await;
    let typed = form(&page, &[("images.grafana", image)]);
    let job = panel.plane.apply_settings(typed, page.base, false).await.unwrap();
    panel.until("fetching", |snapshot| snapshot.job.as_ref().is_some_and(|job| !job.pulls.is_empty())).await;
    panel.engine.go_away();
    panel.engine.release_pulls();
    let job = panel.ended(job.id).await;
    assert!(matches!(job.error, Some(StackError::EngineUnreachable { .. })), "{job:#?}");
    assert!(!job.restored && panel.settings_text().contains(image));

    let without = panel.apply(&[("grafana_port", "3001")], false).await.unwrap();
    assert_eq!(without.state, JobState::Done, "without an Engine, settings and files are written all the same");
    assert!(matches!(panel.page().await.drift.engine_error, Some(StackError::EngineUnreachable { .. })));
    panel.engine.come_back();
    let drift = panel.page().await.drift;
    // The files have the new settings, so which of them it was is no longer known.
    assert_eq!(reasons(&drift.services), ["prometheus: a file that it mounts changed", "grafana: its image changed"]);
}

fn reasons(services: &[AffectedService]) -> Vec<String> {
    services.iter().map(|it| format!("{}: {}", it.service, it.reason())).collect()
}

fn hashes(panel: &Harness) -> Vec<(String, Option<String>)> {
    let world = panel.engine.world();
    let mut hashes: Vec<_> = world
        .containers
        .iter()
        .map(|it| (it.name.clone(), it.compose_label("config-hash").map(str::to_owned)))
        .collect();
    hashes.sort();
    hashes
}

/// Canceling stops the job without a rollback; applying again continues from there.
#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_job_keeps_completed_steps_and_applying_again_finishes() {
    let panel = panel();
    panel.up().await;
    panel.engine.hold_pulls();
    let page = panel.page().await;
    let typed = form(&page, &[("images.grafana", "mirror.example/grafana:1")]);
    let job = panel.plane.apply_settings(typed, page.base, false).await.unwrap();
    panel.until("fetching", |snapshot| snapshot.job.as_ref().is_some_and(|job| !job.pulls.is_empty())).await;
    panel.plane.cancel_job().await.unwrap();
    let job = panel.ended(job.id).await;
    assert_eq!((job.state, job.restored), (JobState::Cancelled, false));
    panel.engine.release_pulls();
    let drift = panel.page().await.drift;
    assert_eq!(reasons(&drift.services), ["grafana: its image changed"]);
    assert_eq!(panel.apply(&[], false).await.unwrap().state, JobState::Done);
    assert!(panel.page().await.drift.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_whose_files_were_replaced_are_stopped_side_by_side() {
    let panel = panel();
    panel.up().await;
    for name in ["prometheus.yaml", "loki-config.yaml"] {
        std::fs::write(panel.generated(name), "# edited\n").unwrap();
    }
    panel.engine.hold("stop prometheus");
    let Panel { installation, wait, jobs, .. } = &*panel.panel;
    let apply = Apply { installation: installation.clone(), wait: *wait, edit: None, replace_edited: true };
    let prepared = apply.prepare().await.unwrap();
    let before = panel.engine.calls().len();
    let job = jobs.start(JobKind::Apply, |job| Box::pin(prepared.carry_out(job)));
    // The watch publishes Loki's removal although Prometheus is still being stopped.
    panel
        .until("Loki removed", |snapshot| {
            snapshot.service(Service::Loki).is_some_and(|it| it.state == ContainerState::Missing)
        })
        .await;
    panel.engine.release("stop prometheus");
    assert_eq!(panel.ended(job.id).await.state, JobState::Done);
    let calls = panel.engine.calls().split_off(before);
    assert_eq!(calls.iter().filter(|call| call.starts_with("stop ")).count(), 2, "{calls:#?}");
}
