//! Inspections of Docker Engine 20.10.24, trimmed, to agents; and an Engine that counts what it is asked.

use monitor_core::status::ContainerState;

use super::*;
use crate::docker::{
    DockerEngine,
    scripted::{ENGINE_20, at, scripted},
};

const AGENTS: &str = include_str!("../testdata/agents.json");

fn inspections() -> Vec<ContainerInspectResponse> {
    serde_json::from_str(AGENTS).expect("inspections")
}

fn agents() -> Vec<AgentContainer> {
    let found = inspections().into_iter().filter(convert::is_agent);
    found.map(|inspected| convert::agent(inspected, None)).collect()
}

#[test]
fn an_agent_is_told_by_clawkers_label_or_by_claude_codes_own_variable() {
    let agents = agents();
    let [dev, ada, devbox] = &agents[..] else { panic!("{agents:#?}") };
    assert_eq!(
        (dev.container.as_str(), dev.project.as_deref(), dev.agent.as_str()),
        ("clawker.demo.dev", Some("demo"), "dev")
    );
    assert_eq!((dev.managed, dev.state, dev.image.as_str()), (true, ContainerState::Running, "clawker-demo:latest"));
    assert_eq!(dev.workdir.as_deref(), Some("/home/ada/demo"));
    assert_eq!((ada.project.as_deref(), ada.agent.as_str(), ada.state), (None, "ada", ContainerState::Created));
    assert_eq!((devbox.managed, devbox.container.as_str()), (false, "devbox"));
    assert_eq!((devbox.project.as_deref(), devbox.agent.as_str()), (Some("mine"), ""), "the last line of a name holds");
}

#[test]
fn nothing_but_telemetry_gets_past() {
    let agents = agents();
    assert!(agents[0].environment.contains(&"OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev".to_owned()));
    assert_eq!(agents[0].environment.len(), 4, "{:?}", agents[0].environment);
    assert!(AGENTS.contains("=not-a-key") && !format!("{agents:?}").contains("not-a"), "keys stay behind");
    let image = ["OTEL_LOGS_EXPORTER=otlp", "GH_TOKEN=not-a-token", "PATH=/bin"].map(str::to_owned);
    assert_eq!(convert::telemetry(image.into()), ["OTEL_LOGS_EXPORTER=otlp"]);
}

#[test]
fn networks_addresses_and_moments_are_those_of_the_container() {
    let agents = agents();
    let [dev, ada, devbox] = &agents[..] else { panic!("{agents:#?}") };
    assert_eq!(dev.networks, ["bridge", "clawker-net"]);
    assert_eq!(dev.addresses, ["172.17.0.2", "172.18.0.7", "fd00::2"]);
    assert_eq!((dev.finished_at, dev.started_at.is_some()), (None, true));
    assert_eq!(ada.networks, ["clawker-net"], "one that was never started has its network already");
    assert!(ada.addresses.is_empty() && ada.started_at.is_none() && ada.created_at.is_some());
    let finished = devbox.finished_at.map(|moment| moment.to_rfc3339());
    assert_eq!(finished.as_deref(), Some("2026-11-22T11:52:03.250Z"));
    assert_eq!(devbox.state, ContainerState::Exited);
}

#[test]
fn the_collector_is_seen_as_clawker_sees_it() {
    let collector = inspections().pop().map(convert::collector).expect("it comes last");
    let CollectorEvidence { container, running, labelled, on_network, started_at, created_at } = collector.clone();
    assert_eq!(container.as_deref(), Some("otel-collector"));
    assert!(running && labelled && on_network && started_at > created_at);
    let other = CollectorEvidence { container: Some("my-otel-collector-2".into()), ..collector.clone() };
    let stopped = CollectorEvidence { running: false, ..collector };
    assert!(fitness(&other) > fitness(&stopped), "Clawker's check takes any name that contains it");
    let unlabelled = CollectorEvidence { labelled: false, ..other };
    assert!(fitness(&stopped) > fitness(&unlabelled), "and where none passes, the stack's own is the one to tell of");
}

const DULL: &str = r#"{"Id":"1","Name":"/db","Config":{"Env":["PATH=/bin"]},"State":{"Status":"running"}}"#;
const AGENT: &str = r#"{"Id":"2","Name":"/a","Image":"sha256:i","State":{"Status":"running"},
    "Config":{"Env":["OTEL_LOGS_EXPORTER=none"],"Labels":{"dev.clawker.purpose":"agent","dev.clawker.agent":"a"}}}"#;
const IMAGE: &str = r#"{"Id":"sha256:i","Config":{"Env":["OTEL_LOGS_EXPORTER=otlp","GH_TOKEN=not-a-token"]}}"#;
const LIST: &str = r#"[{"Id":"1","Names":["/db"]},{"Id":"2","Names":["/a"],"Labels":{"dev.clawker.purpose":"agent"}},
    {"Id":"3","Names":["/loki"],"Labels":{"dev.clawker.purpose":"monitoring"}}]"#;

#[tokio::test]
async fn what_is_no_agent_and_what_an_image_bakes_in_is_asked_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    let engine = scripted(
        &socket,
        &[(200, ENGINE_20), (200, DULL), (200, AGENT), (200, IMAGE), (200, LIST), (200, AGENT), (200, AGENT)],
    );
    let docker = DockerEngine::at(at(&socket));
    let (client, memory) = (&docker.client, &docker.memory);
    for _ in 0..2 {
        assert_eq!(one(client, memory, "1").await, Ok(None));
    }
    let agent = one(client, memory, "2").await.expect("an answer").expect("an agent");
    assert_eq!(agent.image_environment.as_deref(), Some(&["OTEL_LOGS_EXPORTER=otlp".to_owned()][..]));
    let everybody = all(client, memory).await.expect("an answer");
    assert_eq!(everybody, [agent]);
    assert_eq!(one(client, memory, "a").await.map(|found| found.is_some()), Ok(true), "a name will do as well");
    let asked: Vec<String> = engine.join().expect("no panic");
    assert_eq!(
        asked.iter().map(|path| path.trim_start_matches("/v1.41")).collect::<Vec<_>>(),
        [
            "/version",
            "/containers/1/json",
            "/containers/2/json",
            "/images/sha256:i/json",
            "/containers/json?all=true&size=false",
            "/containers/2/json",
            "/containers/a/json"
        ]
    );
}
