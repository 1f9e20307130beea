//! A whole panel without Docker: fake engine, fake readiness, real everything else, in a folder of its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode},
};
use clawker_monitor::{
    agents::Details,
    configuration::Configuration,
    control_plane::LocalControlPlane,
    engine::ContainerEngine,
    fake_engine::{FakeEngine, STARTED_AT},
    fake_telemetry::FakeTelemetry,
    http::{Panel, router},
    hub::Hub,
    jobs::Jobs,
    lifecycle::Patience,
    paths::Paths,
    readiness::{Answer, Readiness},
    visits::Visits,
    watch::{Watch, first_snapshot},
};
use futures::StreamExt;
use monitor_app::control_plane::ControlPlane;
use monitor_core::{
    agents::AgentContainer,
    job::Job,
    live::{LiveEvent, Snapshot},
    service::Service,
    stack::{ServiceSpec, StackSpec},
    status::{ContainerState, PublishedPort},
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Answers for services: ready, unless told otherwise.
#[derive(Default)]
pub struct FakeReadiness {
    not_ready: Mutex<BTreeMap<Service, String>>,
    not_ready_at: Mutex<BTreeMap<u16, String>>,
}

impl FakeReadiness {
    /// From now on the service says that instead.
    pub fn not_ready(&self, service: Service, said: &str) {
        self.not_ready.lock().unwrap().insert(service, said.into());
    }

    /// From now on whoever is asked at that port says that instead.
    pub fn not_ready_at(&self, port: u16, said: &str) {
        self.not_ready_at.lock().unwrap().insert(port, said.into());
    }

    /// From now on whoever is asked at that port is ready.
    pub fn ready_at(&self, port: u16) {
        self.not_ready_at.lock().unwrap().remove(&port);
    }

    /// From now on the service is ready.
    pub fn ready(&self, service: Service) {
        self.not_ready.lock().unwrap().remove(&service);
    }
}

#[async_trait]
impl Readiness for FakeReadiness {
    async fn ask(&self, spec: &ServiceSpec, _ports: &[PublishedPort]) -> Answer {
        let at_port = self.not_ready_at.lock().unwrap().get(&spec.readiness.port).cloned();
        match at_port.as_ref().or(self.not_ready.lock().unwrap().get(&spec.service)) {
            Some(said) => Answer::NotReady(said.clone()),
            None => Answer::Ready,
        }
    }
}

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

    /// A request to `127.0.0.1:8484`, as a program would send it.
    pub async fn send(&self, request: axum::http::request::Builder, body: &str) -> Answered {
        let request: Request<Body> = request.body(Body::from(body.to_owned())).unwrap();
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let mut text = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            text.extend_from_slice(&chunk.unwrap());
        }
        Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(text).unwrap() }
    }

    /// The response to a `GET`, with its body still to be read: for streams.
    pub async fn open(&self, request: axum::http::request::Builder) -> Response<Body> {
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.send(get(path), "").await
    }

    /// A form post, as a browser without JavaScript sends it from the panel's own page.
    pub async fn press(&self, path: &str, form: &str) -> Answered {
        let request = post(path)
            .header("accept", "text/html,application/xhtml+xml")
            .header("origin", "http://127.0.0.1:8484")
            .header("referer", "http://127.0.0.1:8484/");
        self.send(request, form).await
    }
}

/// What came back.
pub struct Answered {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answered {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub fn get(path: &str) -> axum::http::request::Builder {
    Request::get(path).header("host", "127.0.0.1:8484")
}

pub fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("host", "127.0.0.1:8484").header("content-type", "application/x-www-form-urlencoded")
}

/// A container that Clawker made for that agent of the project `demo`; it runs, and nothing is set in it.
pub fn agent_container(name: &str) -> AgentContainer {
    AgentContainer {
        id: format!("id-{name}"),
        container: format!("clawker.demo.{name}"),
        managed: true,
        project: Some("demo".into()),
        agent: name.into(),
        image: "clawker-demo:latest".into(),
        state: ContainerState::Running,
        created_at: Some(STARTED_AT),
        started_at: Some(STARTED_AT),
        finished_at: None,
        workdir: None,
        networks: vec!["clawker-net".into()],
        addresses: vec!["172.18.0.7".into()],
        environment: Vec::new(),
        image_environment: None,
        claude_version: None,
        managed_settings: None,
        agent_env: Vec::new(),
    }
}

/// Reads server-sent events out of a response, one JSON document each.
pub struct Events {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Events {
    pub async fn open(panel: &Harness, path: &str) -> Events {
        Events { body: panel.open(get(path)).await.into_body().into_data_stream(), text: String::new() }
    }

    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event.trim_start_matches("data: ").to_owned());
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    pub async fn next_live(&mut self) -> Option<LiveEvent> {
        Some(serde_json::from_str(&self.next().await?).unwrap())
    }
}
