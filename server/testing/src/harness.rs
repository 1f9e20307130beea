//! A whole panel without Docker, in a temporary folder: engine, stores and readiness in memory, everything else real.

mod agents;
mod events;
mod requests;
mod settings;
mod waiting;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use clawker_monitor::{
    access::{BoundControlPlane, Gate},
    agents::AgentFileCache,
    configuration::Configuration,
    http::router,
    installation::Installation,
    lifecycle::ReadinessWait,
    panel::Panel,
    paths::Paths,
    refresh::Refresh,
    telemetry::StackStores,
    watch::Watch,
};
use monitor_core::{access::Caller, job::Job, stack::StackSpec};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use agents::{agent_container, configured_agent};
pub use events::Events;
pub use requests::{Answered, get, post};
pub use settings::form;
pub use waiting::Follower;

use crate::{fake_engine::FakeEngine, fake_readiness::FakeReadiness, fake_telemetry::FakeTelemetry};

/// The panel under test.
pub struct Harness {
    pub engine: FakeEngine,
    pub telemetry: FakeTelemetry,
    pub readiness: Arc<FakeReadiness>,
    pub panel: Arc<Panel>,
    /// The panel for a caller with all rights.
    pub plane: BoundControlPlane,
    /// The caller of the requests to the router.
    pub caller: Arc<Mutex<Caller>>,
    pub shutdown: CancellationToken,
    pub folder: tempfile::TempDir,
    pub router: Router,
    watching: JoinHandle<()>,
    _alone: MutexGuard<'static, ()>,
}

/// Leptos keeps state for the whole process. Each test has its own runtime, and if two runtimes render pages at the
/// same time, one can wait forever for a wake-up from the other. A server has one runtime.
static ONE_RUNTIME_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Drop for Harness {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// A panel on an empty installation, with an engine that has all images.
pub fn panel() -> Harness {
    panel_with("")
}

/// The same with that `settings.yaml`.
pub fn panel_with(settings: &str) -> Harness {
    build(settings, AgentFileCache::default())
}

/// A panel that reads agents' files again whenever it may.
pub fn panel_that_reads_files_again() -> Harness {
    build("", AgentFileCache::with_max_age(Duration::ZERO))
}

fn build(settings: &str, agent_files: AgentFileCache) -> Harness {
    let alone = ONE_RUNTIME_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.yaml"), settings).unwrap();
    let paths =
        Paths { settings_file: folder.path().join("settings.yaml"), directory: folder.path().join("data/monitor") };
    let configuration = Configuration::new(paths, "/var/run/docker.sock".into());
    let engine = FakeEngine::new();
    engine.have_images(&configuration.stack_or_default());
    let readiness = Arc::new(FakeReadiness::default());
    let telemetry = FakeTelemetry::default();
    let installation = Installation {
        arrivals: std::sync::Arc::default(),
        engine: Arc::new(engine.clone()),
        readiness: Arc::clone(&readiness) as _,
        configuration,
        telemetry: Arc::new(telemetry.clone()),
        stores: Arc::new(StackStores::new(None).unwrap()),
        dashboards: Arc::new(telemetry.clone()),
    };
    let panel = Arc::new(Panel {
        wait: ReadinessWait { timeout: Duration::from_millis(200), interval: Duration::from_millis(2) },
        agent_files,
        store_refresh: Refresh::new(Duration::ZERO),
        readiness_refresh: Refresh::new(Duration::ZERO),
        ..Panel::new(installation)
    });
    let shutdown = CancellationToken::new();
    let caller = Arc::new(Mutex::new(Caller::Local));
    let gate = {
        let caller = Arc::clone(&caller);
        Gate::new(Arc::clone(&panel), Arc::new(move |_| caller.lock().unwrap().clone()))
    };
    Harness {
        engine,
        telemetry,
        readiness,
        plane: gate.admit(Caller::Local),
        caller,
        shutdown: shutdown.clone(),
        folder,
        router: router(gate, shutdown),
        watching: tokio::spawn(Watch::new(Arc::clone(&panel)).run()),
        panel,
        _alone: alone,
    }
}

impl Harness {
    /// The stack that the settings ask for.
    pub fn stack(&self) -> StackSpec {
        self.panel.installation.configuration.stack_or_default()
    }

    /// Initialized, with all services ready.
    pub async fn up(&self) -> Job {
        self.plane.initialize(false).await.unwrap();
        let job = self.plane.start_stack().await.unwrap();
        self.ended(job.id).await
    }
}
