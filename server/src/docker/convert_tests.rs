//! Conversion of responses recorded from Docker Engine 20.10.24 (trimmed).

use std::collections::HashMap;

use super::*;

const CONTAINERS: &str = include_str!("testdata/containers.json");
const INSPECTIONS: &str = include_str!("testdata/inspections.json");
const NETWORK: &str = include_str!("testdata/network.json");
const STATS: &str = include_str!("testdata/stats.ndjson");
/// Docker Engine 28.5.2 with the containerd image store, the manifests in another order.
const IMAGE: &str = include_str!("testdata/image.json");
const EVENTS: &str = include_str!("testdata/events.ndjson");

fn listed(name: &str) -> ObservedContainer {
    let list: Vec<ContainerSummary> = serde_json::from_str(CONTAINERS).expect("a list");
    list.into_iter().map(listed_container).find(|container| container.name == name).expect("it is in the list")
}

fn inspection(of: &str) -> ContainerInspectResponse {
    let mut all: HashMap<String, ContainerInspectResponse> = serde_json::from_str(INSPECTIONS).expect("inspections");
    all.remove(of).expect("it was recorded")
}

fn port(bind: &str, host: u16, container: u16) -> PublishedPort {
    PublishedPort { bind: bind.into(), host, container }
}

#[test]
fn a_running_container_is_read_from_the_list_with_each_port_once() {
    let container = listed("grafana");
    assert_eq!(container.id.len(), 64);
    assert_eq!((container.image.as_str(), container.state), ("grafana/grafana:12.4.2", ContainerState::Running));
    assert!(container.image_id.starts_with("sha256:"));
    assert_eq!(container.service_of("/home/ada/monitor"), Some(monitor_core::service::Service::Grafana));
    let network: NetworkInspect = serde_json::from_str(NETWORK).expect("a network");
    assert_eq!(container.networks, [observed_network(network).id]);
    assert_eq!(container.ports, [port("127.0.0.1", 38001, 3000), port("0.0.0.0", 38002, 9090)]);
}

#[test]
fn before_the_first_start_the_network_is_a_name_and_the_ports_come_from_the_inspection() {
    let container = listed("loki");
    assert_eq!((container.state, container.ports.len()), (ContainerState::Created, 0));
    assert_eq!(container.networks, ["clawker-net"]);
    assert_eq!(with_inspection(container, inspection("created")).ports, [port("127.0.0.1", 38003, 3000)]);
}

#[test]
fn an_image_without_a_name_gets_it_from_the_inspection() {
    let nameless = ObservedContainer { image: "sha256:5d6b".into(), ..listed("grafana") };
    let completed = with_inspection(nameless.clone(), inspection("run"));
    assert_eq!(completed.image, "grafana/grafana:12.4.2");
    assert_eq!(completed.ports, nameless.ports);
}

/// Podman 4.3 lists ports side by side (4317 and 4318, 8888 and 8889) as the first of them.
#[test]
fn a_port_that_the_list_leaves_out_comes_from_the_inspection() {
    let listed = listed("grafana");
    let short = ObservedContainer { ports: listed.ports[..1].to_vec(), ..listed.clone() };
    assert_eq!(with_inspection(short, inspection("run")).ports, listed.ports);
}

#[test]
fn an_internal_network_is_recognized() {
    let mut network: NetworkInspect = serde_json::from_str(NETWORK).expect("a network");
    assert!(!observed_network(network.clone()).internal);
    network.internal = Some(true);
    assert!(observed_network(network).internal);
}

#[test]
fn what_a_failing_health_check_said_is_kept_before_it_counts_as_unhealthy() {
    let state = |code: i64, output: &str| -> StateModel {
        serde_json::from_value(serde_json::json!({
            "Status": "running",
            "Health": { "Status": "starting", "Log": [{ "ExitCode": code, "Output": output }] },
        }))
        .expect("a state")
    };
    let detail = container_detail(Some(state(-1, "one\nexec: \"wget\": executable file not found in $PATH\n")));
    assert_eq!(
        (detail.problem, detail.health_output.as_deref()),
        (None, Some("exec: \"wget\": executable file not found in $PATH"))
    );
    assert_eq!(container_detail(Some(state(0, "fine"))).health_output, None);
}

#[test]
fn attached_containers_are_counted() {
    let network = observed_network(serde_json::from_str(NETWORK).expect("a network"));
    assert_eq!((network.driver.as_str(), network.attached), ("bridge", 1));
    assert_eq!(network.labels.get("dev.clawker.managed").map(String::as_str), Some("true"));
}

#[test]
fn problems_of_running_containers_are_described() {
    let no_shell = "its health check is failing: OCI runtime exec failed: exec failed: unable to start container process: \
                    exec: \"/bin/sh\": stat /bin/sh: no such file or directory: unknown";
    for (name, state, problem, started) in [
        ("run", ContainerState::Running, None, true),
        ("created", ContainerState::Created, None, false),
        ("exit", ContainerState::Exited, Some("exited with code 3"), false),
        ("restart", ContainerState::Restarting, Some("exited with code 3; Docker is restarting it"), true),
        ("sick", ContainerState::Running, Some(no_shell), true),
    ] {
        let detail = container_detail(inspection(name).state);
        assert_eq!(detail.problem.as_deref(), problem, "{name}");
        assert_eq!((detail.state, detail.started_at.is_some()), (state, started), "{name}");
    }
}

#[test]
fn ends_of_containers_are_described() {
    for (exit_code, oom_killed, error, words) in [
        (0, false, "", None),
        (143, false, "", None),
        (1, false, "", Some("exited with code 1")),
        (137, false, "", Some("was killed (exit code 137)")),
        (137, true, "", Some("ran out of memory and was killed")),
        (127, false, "exec: \"x\": not found", Some("exited with code 127: exec: \"x\": not found")),
        (0, false, "network x not found", Some("network x not found")),
    ] {
        let state = StateModel {
            exit_code: Some(exit_code),
            oom_killed: Some(oom_killed),
            error: Some(error.into()),
            ..Default::default()
        };
        assert_eq!(problem(ContainerState::Exited, &state).as_deref(), words, "{exit_code} {oom_killed} {error}");
    }
}

#[test]
fn podmans_states_are_recognized() {
    for (word, state) in [
        ("configured", ContainerState::Created),
        ("stopped", ContainerState::Exited),
        ("running", ContainerState::Running),
        ("new word", ContainerState::Dead),
    ] {
        assert_eq!(state_from_name(word), state);
    }
}

#[test]
fn cpu_and_memory_are_computed_like_docker_stats_does() {
    let samples: Vec<ContainerStatsResponse> =
        STATS.lines().map(|line| serde_json::from_str(line).expect("a sample")).collect();
    let [first, second, after_the_end] = &samples[..] else { panic!("three samples") };
    // The first has nothing to be compared with.
    assert_eq!((usage(first), has_ended(first)), (None, false));
    // 232887 ns of 2 s of two cores.
    let usage = usage(second).expect("a measurement");
    assert!((usage.cpu_percent - 232_887.0 / 2e9 * 2.0 * 100.0).abs() < 1e-6, "{usage:?}");
    assert_eq!(usage.memory_bytes, 430_080);
    assert!(has_ended(after_the_end));
}

#[test]
fn memory_does_not_include_the_page_cache() {
    let mut sample: ContainerStatsResponse =
        serde_json::from_str(STATS.lines().nth(1).expect("a line")).expect("a sample");
    for (key, cache, expected) in
        [("total_inactive_file", 80, 430_000), ("inactive_file", 80, 430_000), ("inactive_file", 500_000, 430_080)]
    {
        let memory = sample.memory_stats.as_mut().expect("memory");
        memory.stats = Some(HashMap::from([(key.to_owned(), cache)]));
        assert_eq!(usage(&sample).map(|usage| usage.memory_bytes), Some(expected), "{key}");
    }
}

#[test]
fn irrelevant_events_are_left_out() {
    let events: Vec<EngineEvent> =
        EVENTS.lines().filter_map(|line| engine_event(serde_json::from_str(line).expect("an event"))).collect();
    let words: Vec<String> = events
        .iter()
        .map(|event| match event {
            EngineEvent::Container { name, action, id } => {
                assert_eq!(id.len(), 64);
                format!("{name} {action:?}")
            }
            EngineEvent::Network { name, container } => {
                format!("network {name} {}", container.as_deref().map_or("itself", |id| &id[..4]))
            }
            EngineEvent::Volume => "volume".to_owned(),
            EngineEvent::Image => "image".to_owned(),
        })
        .collect();
    assert_eq!(
        words,
        [
            "promtail Started",
            "promtail Died",
            "prometheus Died",
            "prometheus Other",
            "prometheus Removed",
            "promtail Started",
            "promtail Died",
            "network clawker-net cc3b",
            "volume",
        ]
    );
}

/// Recorded from Podman 5.8.6 (trimmed).
#[test]
fn podmans_network_events_name_the_container_and_the_network() {
    let event = |text: &str| engine_event(serde_json::from_str(text).expect("an event"));
    let network = |container: Option<&str>| {
        Some(EngineEvent::Network { name: "clawker-net".into(), container: container.map(str::to_owned) })
    };
    let connected = r#"{"status":"disconnect","id":"7cfb","Type":"network","Action":"disconnect","Actor":{"ID":"7cfb",
        "Attributes":{"image":"","name":"clawker.demo.dev","network":"clawker-net","podId":""}},"scope":"local"}"#;
    assert_eq!(event(connected), network(Some("7cfb")));
    let removed = r#"{"status":"remove","id":"2878","Type":"network","Action":"remove","Actor":{"ID":"2878",
        "Attributes":{"driver":"bridge","image":"","name":"","network":"","podId":""}},"scope":"local"}"#;
    assert_eq!(event(removed), network(None));
}

/// The expected digests are those in the label of a container that Docker Compose 5.6.0 created.
#[test]
fn of_an_image_for_several_platforms_the_manifest_that_is_run_is_found() {
    let image: ImageInspect = serde_json::from_str(IMAGE).expect("an image");
    let amd64 = Some("sha256:69b4f718b43240b6dbb1007b795f1b3e5633d49190ff821843605f0441fe7ba0".to_owned());
    assert_eq!(runnable_manifest(image.clone()), amd64);
    let with = |change: fn(&mut Vec<ImageManifestSummary>)| {
        let mut image = image.clone();
        change(image.manifests.as_mut().expect("it has some"));
        runnable_manifest(image)
    };
    assert_eq!(with(|manifests| manifests[0].available = false), amd64);
    assert_eq!(with(|manifests| manifests[0].kind = Some(ImageManifestSummaryKindEnum::ATTESTATION)), amd64);
    let arm64 = Some("sha256:e3e6e0af366a33e481a9185b805e8891c533939570e6d37820495dd7e590d532".to_owned());
    assert_eq!(with(|manifests| manifests[1].available = false), arm64, "the only one, whatever its platform");
    assert_eq!(with(|manifests| manifests.iter_mut().for_each(|manifest| manifest.image_data = None)), None);
    assert_eq!(with(Vec::clear), None);
    assert_eq!(runnable_manifest(ImageInspect { manifests: None, ..image }), None);
}
