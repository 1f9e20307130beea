//! `DockerEngine` on the real Engine, with throw-away containers, compared with the real Docker Compose.
//!
//! The containers have the services' real names, because names are tested too. If a stack is running already, these
//! tests fail rather than touch it.

#[path = "docker_engine/workbench.rs"]
mod workbench;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    sync::Mutex,
};

use clawker_monitor::{
    docker::{DockerEngine, endpoint_from_environment},
    engine::{ContainerEngine, EngineEvent},
};
use futures::StreamExt;
use monitor_core::{error::StackError, service::Service, stack::NETWORK, status::ContainerState};
use monitor_testing::deadline::within_deadline;
use serde_json::Value;

use self::workbench::{Workbench, docker, inspected};

const NEEDS_ENGINE: &str = "needs Docker Engine; run by cargo xtask test";

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn the_engine_reports_its_versions_and_endpoint() {
    let engine = DockerEngine::from_environment();
    let info = engine.info().await.expect(NEEDS_ENGINE);
    assert_eq!(info.version, docker(&["version", "--format", "{{.Server.Version}}"]));
    let api: u32 = info.api_version.strip_prefix("1.").and_then(|minor| minor.parse().ok()).expect("a version");
    assert!(api >= 41, "{info:?}");
    let endpoint = endpoint_from_environment(|name| std::env::var(name).ok()).expect("an endpoint");
    assert_eq!(info.endpoint, endpoint.to_string());
}

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn agents_are_found_with_their_telemetry_variables_only() {
    let bench = Workbench::new();
    let image = bench.service(Service::Promtail).image.to_string();
    let name = "clawker.try-out.dev";
    bench.will_remove(name);
    let labels = ["dev.clawker.purpose=agent", "dev.clawker.project=try-out", "dev.clawker.agent=dev"];
    let environment = ["OTEL_LOG_USER_PROMPTS=0", "CLAUDE_CODE_ENABLE_TELEMETRY=1", "API_KEY=not-a-key"];
    let mut command = vec!["create", "--name", name];
    labels.iter().for_each(|label| command.extend(["--label", *label]));
    environment.iter().for_each(|variable| command.extend(["--env", *variable]));
    command.push(&image);
    docker(&command);
    let agents = bench.engine.agents().await.expect("an answer");
    let found = agents.iter().find(|agent| agent.container == name).expect("it is found, though it never ran");
    assert_eq!((found.project.as_deref(), found.agent.as_str()), (Some("try-out"), "dev"));
    assert_eq!((found.managed, found.state), (true, ContainerState::Created));
    let mut variables = found.environment.clone();
    variables.sort();
    assert_eq!(variables, ["CLAUDE_CODE_ENABLE_TELEMETRY=1", "OTEL_LOG_USER_PROMPTS=0"]);
}

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn a_container_goes_through_its_life_cycle_and_each_step_is_idempotent() {
    let bench = Workbench::new();
    let (engine, stack) = (&bench.engine, &bench.stack);
    let spec = bench.service(Service::Promtail);
    let mut events = engine.events();
    assert_eq!(events.next().await, Some(Ok(None)));

    let image = engine.image_id(&spec.image).await.expect("an answer").expect("the image is there");
    let absent = "localhost/clawker-monitor-no-such-image:1".parse().expect("a reference");
    assert_eq!(engine.image_id(&absent).await, Ok(None));
    for _ in 0..2 {
        engine.create_network().await.expect("a network");
        engine.create_volume(&stack.volumes[0]).await.expect("a volume");
    }
    let id = engine.create_container(stack, &spec, &image).await.expect("a container");
    assert_eq!(engine.create_container(stack, &spec, &image).await, Ok(id.clone()), "ours is adopted");

    let observed = engine.observe(stack).await.expect("an observation");
    let network = observed.network.clone().expect("the network");
    assert_eq!(network.driver, "bridge");
    assert_eq!(network.labels.get("dev.clawker.managed").map(String::as_str), Some("true"));
    assert!(observed.volumes.contains(&stack.volumes[0].name), "{:?}", observed.volumes);
    assert_eq!(observed.images.get(spec.image.as_str()), Some(&image));
    let [container] = &observed.containers[..] else { panic!("one container: {:?}", observed.containers) };
    assert_eq!((&container.id, container.state), (&id, ContainerState::Created));
    assert_eq!((container.image.as_str(), &container.image_id), (spec.image.as_str(), &image));
    assert_eq!(container.service_of(&stack.directory), Some(Service::Promtail));
    // A container that was never started has no published ports and lists its network by name only. The result must be
    // the same as for a running one.
    assert_eq!(container.ports, spec.ports);
    assert_eq!(container.networks, std::slice::from_ref(&network.id));

    for _ in 0..2 {
        engine.start_container(&spec, &id).await.expect("it starts");
    }
    let observed = engine.observe(stack).await.expect("an observation");
    assert_eq!(observed.containers[0].state, ContainerState::Running);
    assert_eq!(observed.containers[0].ports, spec.ports);
    assert_eq!(observed.containers[0].networks, std::slice::from_ref(&network.id));
    assert_eq!(observed.network.map(|network| network.attached), Some(1));
    let detail = engine.container_detail(&id).await.expect("a detail");
    assert!(detail.started_at.is_some() && detail.problem.is_none(), "{detail:?}");

    let usage = engine.usage(&id).next().await.expect("a sample");
    assert!(usage.memory_bytes > 0 && usage.cpu_percent >= 0.0, "{usage:?}");
    let mut followed = engine.follow_logs(Service::Promtail, 1000);
    let mut texts = Vec::new();
    while !texts.iter().any(|text: &String| text == "tick 20") {
        let next = within_deadline("the line `tick 20`", followed.next()).await;
        let line = next.expect("the container runs").expect("a line");
        assert!(line.at.is_some(), "{line:?}");
        texts.push(line.text);
    }
    drop(followed);
    assert!(texts.contains(&"first line".to_owned()) && texts.contains(&"level=warn second line".to_owned()));
    assert!(texts.contains(&"x".repeat(40_000)), "a line that the Engine cut is whole");
    let recent = engine.recent_logs(Service::Promtail, 2).await.expect("lines");
    assert_eq!(recent.len(), 2);
    assert!(recent.iter().all(|line| line.text.starts_with("tick ")), "{recent:?}");

    for _ in 0..2 {
        engine.stop_container(Service::Promtail, &id).await.expect("it stops");
    }
    assert_eq!(engine.container_detail(&id).await.expect("a detail").state, ContainerState::Exited);
    for _ in 0..2 {
        engine.remove_container(Service::Promtail, &id).await.expect("it goes");
        engine.remove_volume(&stack.volumes[0].name).await.expect("it goes");
    }
    engine.stop_container(Service::Promtail, &id).await.expect("what is gone is stopped");
    assert_eq!(engine.container_detail(&id).await.expect("a detail").state, ContainerState::Missing);
    let gone = Err(StackError::NoContainer { service: Service::Promtail });
    assert_eq!(engine.recent_logs(Service::Promtail, 1).await.map(drop), gone);
    assert_eq!(engine.start_container(&spec, &id).await, gone);

    let mut actions = Vec::new();
    while actions.last().map(String::as_str) != Some("Removed") {
        let next = within_deadline("the container's removal", events.next()).await;
        match next.expect("the Engine stays").expect("an event") {
            Some(EngineEvent::Container { id: whose, action, .. }) if whose == id => {
                actions.push(format!("{action:?}"))
            }
            Some(EngineEvent::Network { name, .. }) if name == NETWORK => actions.push("network".into()),
            _ => {}
        }
    }
    for expected in ["Created", "Started", "network", "Died", "Removed"] {
        assert!(actions.iter().any(|action| action == expected), "{expected}: {actions:?}");
    }
}

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn an_exited_container_reports_its_exit_code() {
    let bench = Workbench::new();
    let mut spec = bench.service(Service::Jaeger);
    spec.environment.insert("THROWAWAY".into(), "exit".into());
    let id = bench.create(&spec).await;
    bench.engine.start_container(&spec, &id).await.expect("it starts");
    // The restart policy starts it again, so its state changes back and forth.
    let detail = within_deadline("the container's end", async {
        loop {
            let detail = bench.engine.container_detail(&id).await.expect("a detail");
            if detail.problem.is_some() {
                return detail;
            }
        }
    })
    .await;
    assert!(detail.problem.as_deref().is_some_and(|problem| problem.starts_with("exited with code 3")), "{detail:?}");
}

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn a_taken_port_is_reported_with_its_holder() {
    let bench = Workbench::new();
    let spec = bench.service(Service::Jaeger);
    let port = spec.ports[0].host;
    let id = bench.create(&spec).await;
    let taken_by = |service, holder: String| {
        Err(StackError::PortTaken { service, port, holder: Some(holder), field: format!("monitoring.{service}_port") })
    };
    {
        let _listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let name = std::fs::read_to_string("/proc/self/comm").expect("a name");
        let holder = format!("process `{}` (pid {})", name.trim(), std::process::id());
        assert_eq!(bench.engine.start_container(&spec, &id).await, taken_by(Service::Jaeger, holder));
    }
    bench.engine.start_container(&spec, &id).await.expect("the port is free again");
    let mut other = bench.service(Service::Promtail);
    other.ports = spec.ports.clone();
    let other_id = bench.create(&other).await;
    let holder = "container `jaeger`".to_owned();
    assert_eq!(bench.engine.start_container(&other, &other_id).await, taken_by(Service::Promtail, holder));
}

#[tokio::test]
#[ignore = "needs Docker Engine; run by cargo xtask test"]
async fn a_foreign_container_is_named_and_not_touched() {
    let bench = Workbench::new();
    let spec = bench.service(Service::Loki);
    let label = "com.docker.compose.project=elsewhere";
    let foreign = docker(&["create", "--name", "loki", "--label", label, spec.image.as_str()]);
    bench.will_remove(&foreign);
    bench.engine.create_network().await.expect("a network");
    let expected = StackError::ForeignContainer {
        name: "loki".into(),
        image: spec.image.to_string(),
        owner: Some("the Compose project `elsewhere`".into()),
    };
    assert_eq!(bench.engine.create_container(&bench.stack, &spec, "sha256:0").await, Err(expected));
    assert_eq!(bench.engine.observe(&bench.stack).await.expect("an observation").containers[0].id, foreign);
}

#[tokio::test]
#[ignore = "needs Docker Engine and Docker Compose; run by cargo xtask test"]
async fn containers_equal_those_of_docker_compose_and_it_adopts_them() {
    let bench = Workbench::new();
    bench.engine.create_network().await.expect("a network");
    bench.compose(&["create"]);
    let theirs = bench.everything();
    bench.compose(&["down", "--volumes"]);
    for volume in &bench.stack.volumes {
        bench.engine.create_volume(volume).await.expect("a volume");
    }
    let mut ids = BTreeMap::new();
    for spec in bench.stack.services.clone() {
        ids.insert(spec.service.name().to_owned(), bench.create(&spec).await);
    }
    let ours = bench.everything();
    let mut found = Vec::new();
    for (name, expected) in &theirs {
        differences(name, &ours[name], expected, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    bench.compose(&["create"]);
    for (name, id) in ids {
        assert_eq!(inspected("container", &name)["Id"].as_str(), Some(id.as_str()), "Compose made {name} anew");
    }
}

/// Collects every difference with its path.
fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                let of = |side: &serde_json::Map<_, _>| side.get(key).cloned().unwrap_or_default();
                differences(&format!("{path}.{key}"), &of(ours), &of(theirs), found);
            }
        }
        _ if ours != theirs => found.push(format!("{path}: {ours}, and by Docker Compose {theirs}")),
        _ => {}
    }
}

/// `MONITOR_TEST_REGISTRY` is the path of Debian's `docker-registry`.
#[tokio::test]
#[ignore = "needs Docker Engine and MONITOR_TEST_REGISTRY; run by cargo xtask test"]
async fn registry_pulls_are_counted_to_the_byte() {
    let bench = Workbench::new();
    let registry = bench.registry();
    let local = bench.stack.services[0].image.to_string();
    let image = format!("{registry}/throwaway:1");
    docker(&["tag", &local, &image]);
    docker(&["push", "--quiet", &image]);
    let digest = docker(&["inspect", "--format", "{{index .RepoDigests 0}}", &image]);
    let bytes: u64 = workbench::layer_bytes(&registry, "throwaway", "1");
    let with_digest = format!("{image}@{}", digest.split_once('@').expect("a digest").1);
    for reference in [image.as_str(), with_digest.as_str()] {
        docker(&["rmi", "--force", &bench.image_id()]);
        let wanted = reference.parse().expect("a reference");
        let seen = Mutex::new(Vec::new());
        let progress = |pull| seen.lock().expect("no panic").push(pull);
        bench.engine.pull_image(Service::Loki, &wanted, &progress).await.expect("it is fetched");
        let last = seen.into_inner().expect("no panic").pop().expect("progress");
        assert_eq!((last.fetched_bytes, last.total_bytes, last.complete), (bytes, bytes, true), "{reference}");
        assert!(bench.engine.image_id(&wanted).await.expect("an answer").is_some(), "{reference}");
        docker(&["tag", reference, &local]);
    }
    let absent = format!("{registry}/absent:1").parse().expect("a reference");
    match bench.engine.pull_image(Service::Loki, &absent, &|_| {}).await {
        Err(StackError::PullFailed { detail, .. }) => assert!(detail.contains("not found"), "{detail}"),
        other => panic!("{other:?}"),
    }
}
