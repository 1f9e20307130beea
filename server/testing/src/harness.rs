//! A whole panel without Docker: engine, stores and readiness in memory, everything else real, in a folder of its own.

mod agents;
mod events;
mod requests;
mod settings;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use clawker_monitor::{
    agents::Details,
    configuration::Configuration,
    control_plane::LocalControlPlane,
    engine::ContainerEngine,
    http::{Panel, router},
    hub::Hub,
    jobs::Jobs,
    lifecycle::Patience,
    paths::Paths,
    readiness::Readiness,
    visits::Visits,
    watch::{Watch, first_snapshot},
};
use monitor_app::control_plane::ControlPlane;
use monitor_core::{job::Job, live::Snapshot, stack::StackSpec};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use agents::agent_container;
pub use events::Events;
pub use requests::{Answered, get, post};
pub use settings::form;

use crate::{fake_engine::FakeEngine, fake_readiness::FakeReadiness, fake_telemetry::FakeTelemetry};

/// The panel under test.
pub struct Harness {
    pub engine: FakeEngine,
    pub telemetry: FakeTelemetry,
    pub readiness: Arc<FakeReadiness>,
    pub plane: LocalControlPlane,
    pub hub: Hub,
    pub shutdown: CancellationToken,
    pub folder: tempfile::TempDir,
    router: Router,
    watching: JoinHandle<()>,
    _alone: MutexGuard<'static, ()>,
}

/// Leptos keeps state for the whole process. A test has a runtime of its own, and where two runtimes render pages at
/// once, one can wait for ever on what the other was to wake; a server has but one.
static ONE_RUNTIME_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Drop for Harness {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// A panel whose engine has all images, on an empty installation.
pub fn panel() -> Harness {
    panel_with("")
}

/// The same with that `settings.yaml`.
pub fn panel_with(settings: &str) -> Harness {
    let alone = ONE_RUNTIME_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.yaml"), settings).unwrap();
    let paths =
        Paths { settings_file: folder.path().join("settings.yaml"), directory: folder.path().join("data/monitor") };
    let configuration = Configuration::new(paths, "/var/run/docker.sock".into());
    let engine = FakeEngine::new();
    engine.have_images(&configuration.stack_or_default());
    let readiness = Arc::new(FakeReadiness::default());
    let (jobs, hub) = (Jobs::default(), Hub::new(first_snapshot(&configuration)));
    let (changed, checkup_due) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (visits, details) = (Visits::new(Duration::ZERO), Details::default());
    let telemetry = FakeTelemetry::default();
    let shared: Arc<dyn ContainerEngine> = Arc::new(engine.clone());
    let asked: Arc<dyn Readiness> = Arc::clone(&readiness) as _;
    let watch = Watch {
        engine: Arc::clone(&shared),
        readiness: Arc::clone(&asked),
        telemetry: Arc::new(telemetry.clone()),
        details: details.clone(),
        configuration: configuration.clone(),
        jobs: jobs.clone(),
        hub: hub.clone(),
        configuration_changed: Arc::clone(&changed),
        checkup_due: Arc::clone(&checkup_due),
        visits: visits.clone(),
    };
    let plane = LocalControlPlane {
        engine: Arc::clone(&shared),
        readiness: asked,
        telemetry: Arc::new(telemetry.clone()),
        details,
        configuration,
        jobs,
        hub: hub.clone(),
        configuration_changed: changed,
        checkup_due,
        visits: visits.clone(),
        patience: Patience { until_ready: Duration::from_millis(200), between_questions: Duration::from_millis(2) },
    };
    let shutdown = CancellationToken::new();
    let router = router(Panel {
        control_plane: Arc::new(plane.clone()),
        hub: hub.clone(),
        visits,
        telemetry: Arc::new(telemetry.clone()),
        engine: shared,
        shutdown: shutdown.clone(),
    });
    Harness {
        engine,
        telemetry,
        readiness,
        plane,
        hub,
        shutdown,
        folder,
        router,
        watching: tokio::spawn(watch.run()),
        _alone: alone,
    }
}

impl Harness {
    /// The stack that the settings ask for.
    pub fn stack(&self) -> StackSpec {
        self.plane.configuration.stack_or_default()
    }

    /// Initialised and all up.
    pub async fn up(&self) -> Job {
        self.plane.initialize(false).await.unwrap();
        let job = self.plane.start_stack().await.unwrap();
        self.plane.jobs.ended(job.id).await.unwrap()
    }

    /// Waits until the snapshot is as wanted; says what it was instead when it never is.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut reader = self.hub.subscribe();
        let seen = async {
            loop {
                let snapshot = self.hub.snapshot();
                if wanted(&snapshot) {
                    return snapshot;
                }
                reader.next().await.unwrap();
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), seen).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!("never {what}: {:#?}", self.hub.snapshot()),
        }
    }
}
