//! Conversion of inspections recorded from Docker Engine 20.10.24 (trimmed), and the number of requests to an Engine.

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
    found.map(|inspected| convert::agent_container(inspected, None)).collect()
}

#[test]
fn agents_are_recognized_by_clawkers_label_or_claude_codes_variables() {
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
    assert_eq!(
        (devbox.project.as_deref(), devbox.agent.as_str()),
        (Some("mine"), ""),
        "the last of two equal names applies"
    );
}

#[test]
fn only_telemetry_variables_are_kept() {
    let agents = agents();
    assert!(agents[0].environment.contains(&"OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev".to_owned()));
    assert_eq!(agents[0].environment.len(), 4, "{:?}", agents[0].environment);
    assert!(AGENTS.contains("=not-a-key") && !format!("{agents:?}").contains("not-a"), "keys are removed");
    let image = ["OTEL_LOGS_EXPORTER=otlp", "GH_TOKEN=not-a-token", "PATH=/bin"].map(str::to_owned);
    assert_eq!(convert::telemetry_variables(image.into()), ["OTEL_LOGS_EXPORTER=otlp"]);
}

#[test]
fn networks_addresses_and_times_are_read() {
    let agents = agents();
    let [dev, ada, devbox] = &agents[..] else { panic!("{agents:#?}") };
    assert_eq!(dev.networks, ["bridge", "clawker-net"]);
    assert_eq!(dev.addresses, ["172.17.0.2", "172.18.0.7", "fd00::2"]);
    assert_eq!((dev.finished_at, dev.started_at.is_some()), (None, true));
    assert_eq!(ada.networks, ["clawker-net"], "a container has its network before its first start");
    assert!(ada.addresses.is_empty() && ada.started_at.is_none() && ada.created_at.is_some());
    let finished = devbox.finished_at.map(|moment| moment.to_rfc3339());
    assert_eq!(finished.as_deref(), Some("2026-11-22T11:52:03.250Z"));
    assert_eq!(devbox.state, ContainerState::Exited);
}

#[test]
fn the_collector_is_ranked_by_clawkers_own_check() {
    let collector = inspections().pop().map(convert::collector_evidence).expect("the last one is the collector");
    let CollectorEvidence { container, running, labelled, on_network, started_at, created_at, finished_at } =
        collector.clone();
    assert_eq!(container.as_deref(), Some("otel-collector"));
    assert!(running && labelled && on_network && started_at > created_at && finished_at.is_none());
    let other = CollectorEvidence { container: Some("my-otel-collector-2".into()), ..collector.clone() };
    let stopped = CollectorEvidence { running: false, ..collector };
    assert!(
        collector_rank(&other) > collector_rank(&stopped),
        "Clawker's check accepts any name that contains `otel-collector`"
    );
    let unlabelled = CollectorEvidence { labelled: false, ..other };
    assert!(collector_rank(&stopped) > collector_rank(&unlabelled), "if none passes, the exact name wins");
}

const NON_AGENT: &str = r#"{"Id":"1","Name":"/db","Config":{"Env":["PATH=/bin"]},"State":{"Status":"running"}}"#;
const AGENT: &str = r#"{"Id":"2","Name":"/a","Image":"sha256:i","State":{"Status":"running"},
    "Config":{"Env":["OTEL_LOGS_EXPORTER=none"],"Labels":{"dev.clawker.purpose":"agent","dev.clawker.agent":"a"}}}"#;
const IMAGE: &str = r#"{"Id":"sha256:i","Config":{"Env":["OTEL_LOGS_EXPORTER=otlp","GH_TOKEN=not-a-token"]}}"#;
const LIST: &str = r#"[{"Id":"1","Names":["/db"]},{"Id":"2","Names":["/a"],"Labels":{"dev.clawker.purpose":"agent"}},
    {"Id":"3","Names":["/loki"],"Labels":{"dev.clawker.purpose":"monitoring"}}]"#;

#[tokio::test]
async fn non_agents_and_image_variables_are_requested_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    let engine = scripted(
        &socket,
        &[(200, ENGINE_20), (200, NON_AGENT), (200, AGENT), (200, IMAGE), (200, LIST), (200, AGENT), (200, AGENT)],
    );
    let docker = DockerEngine::at(at(&socket));
    let (client, cache) = (&docker.client, &docker.cache);
    for _ in 0..2 {
        assert_eq!(find_agent(client, cache, "1").await, Ok(None));
    }
    let agent = find_agent(client, cache, "2").await.expect("an answer").expect("an agent");
    assert_eq!(agent.image_environment.as_deref(), Some(&["OTEL_LOGS_EXPORTER=otlp".to_owned()][..]));
    let all_agents = list_agents(client, cache).await.expect("an answer");
    assert_eq!(all_agents, [agent]);
    assert_eq!(find_agent(client, cache, "a").await.map(|found| found.is_some()), Ok(true), "a name works too");
    let requested: Vec<String> = engine.join().expect("no panic");
    assert_eq!(
        requested.iter().map(|path| path.trim_start_matches("/v1.41")).collect::<Vec<_>>(),
        [
            "/_ping",
            "/containers/1/json",
            "/containers/2/json",
            "/images/sha256:i/json",
            "/containers/json?all=true&size=false",
            "/containers/2/json",
            "/containers/a/json"
        ]
    );
}
