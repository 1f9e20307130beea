#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;

use super::*;
use crate::{
    error::StackError,
    service::Service,
    settings::Settings,
    stack::{HostFacts, NETWORK, StackSpec, compose_labels},
    status::ContainerState,
};

const IMAGE_ID: &str = "sha256:1111";
const NETWORK_ID: &str = "n1";

fn stack() -> StackSpec {
    let facts = HostFacts { directory: "/data/monitor".into(), docker_socket: "/var/run/docker.sock".into() };
    StackSpec::new(&Settings::default(), &facts)
}

/// The state after a successful start.
fn all_up(stack: &StackSpec) -> Observed {
    Observed {
        network: Some(network()),
        containers: stack
            .services
            .iter()
            .map(|spec| ObservedContainer {
                id: format!("id-{}", spec.service),
                name: spec.service.name().into(),
                image: spec.image.to_string(),
                image_id: IMAGE_ID.into(),
                state: ContainerState::Running,
                labels: compose_labels(stack, spec, IMAGE_ID),
                networks: vec![NETWORK_ID.into()],
                ports: spec.ports.clone(),
            })
            .collect(),
        images: stack.services.iter().map(|spec| (spec.image.to_string(), IMAGE_ID.into())).collect(),
        volumes: stack.volumes.iter().map(|volume| volume.name.clone()).collect(),
    }
}

fn network() -> ObservedNetwork {
    ObservedNetwork {
        id: NETWORK_ID.into(),
        driver: "bridge".into(),
        labels: BTreeMap::from([("dev.clawker.managed".into(), "true".into())]),
        attached: 6,
        ..ObservedNetwork::default()
    }
}

/// The plan for Loki after `change` was applied to a running stack.
fn planned_for_loki(change: impl FnOnce(&mut ObservedContainer)) -> ServiceAction {
    let stack = stack();
    let mut observed = all_up(&stack);
    change(loki(&mut observed));
    let plan = plan_up(&stack, &observed).unwrap();
    plan.services.into_iter().find(|planned| planned.service == Service::Loki).unwrap().action
}

fn loki(observed: &mut Observed) -> &mut ObservedContainer {
    observed.containers.iter_mut().find(|container| container.name == "loki").unwrap()
}

#[test]
fn without_a_stack_everything_is_created() {
    let stack = stack();
    let plan = plan_up(&stack, &Observed::default()).unwrap();
    assert!(plan.create_network);
    assert_eq!(plan.pulls.len(), 6);
    assert_eq!(plan.volumes, stack.volumes);
    assert!(plan.services.iter().all(|planned| planned.action == ServiceAction::Create));
    assert!(!plan.is_empty());
}

#[test]
fn a_running_stack_needs_no_actions() {
    let stack = stack();
    assert!(plan_up(&stack, &all_up(&stack)).unwrap().is_empty());
}

#[test]
fn a_container_is_kept_started_or_recreated_for_a_reason() {
    let id = || "id-loki".to_owned();
    let recreate = |because| ServiceAction::Recreate { id: id(), because };
    assert_eq!(planned_for_loki(|_| {}), ServiceAction::Keep { id: id() });
    assert_eq!(planned_for_loki(|it| it.state = ContainerState::Exited), ServiceAction::Start { id: id() });
    assert_eq!(planned_for_loki(|it| it.state = ContainerState::Created), ServiceAction::Start { id: id() });
    assert_eq!(planned_for_loki(|it| it.state = ContainerState::Restarting), ServiceAction::Keep { id: id() });
    assert_eq!(planned_for_loki(|it| it.state = ContainerState::Dead), recreate(Recreate::Dead));
    assert_eq!(planned_for_loki(|it| it.image_id = "sha256:2222".into()), recreate(Recreate::ImageChanged));
    assert_eq!(planned_for_loki(|it| it.networks = vec!["gone".into()]), recreate(Recreate::NetworkChanged));
    let hash = "com.docker.compose.config-hash";
    assert_eq!(
        planned_for_loki(|it| drop(it.labels.insert(hash.into(), "other".into()))),
        recreate(Recreate::DefinitionChanged)
    );
}

#[test]
fn images_shared_by_services_are_pulled_once() {
    let mut stack = stack();
    let shared = stack.services[0].image.clone();
    for spec in &mut stack.services {
        spec.image = shared.clone();
    }
    let plan = plan_up(&stack, &Observed::default()).unwrap();
    assert_eq!(plan.pulls, [(shared, Service::ALL.to_vec())]);
}

#[test]
fn a_foreign_container_with_a_service_name_is_an_error_that_names_its_owner() {
    let stack = stack();
    let mut observed = all_up(&stack);
    let strange = loki(&mut observed);
    strange.image = "grafana/loki:2.0".into();
    strange.labels = BTreeMap::from([
        ("com.docker.compose.project".into(), "monitor".into()),
        ("com.docker.compose.service".into(), "loki".into()),
        ("com.docker.compose.project.working_dir".into(), "/elsewhere/monitor".into()),
    ]);
    assert_eq!(
        plan_up(&stack, &observed),
        Err(StackError::ForeignContainer {
            name: "loki".into(),
            image: "grafana/loki:2.0".into(),
            owner: Some("the Compose project `monitor` in `/elsewhere/monitor`".into()),
        })
    );
}

#[test]
fn a_network_that_clawker_would_ignore_is_an_error() {
    let stack = stack();
    let with = |change: fn(&mut ObservedNetwork)| {
        let mut network = network();
        change(&mut network);
        plan_up(&stack, &Observed { network: Some(network), ..Observed::default() }).map(|_| ())
    };
    assert_eq!(with(|_| {}), Ok(()));
    let unlabelled = with(|it| it.labels.clear()).unwrap_err().to_string();
    assert!(
        unlabelled.starts_with(&format!("the network `{NETWORK}` can't be used: it does not have the label")),
        "{unlabelled}"
    );
    let overlay = with(|it| it.driver = "overlay".into()).unwrap_err().to_string();
    assert_eq!(overlay, format!("the network `{NETWORK}` can't be used: its driver is `overlay`, not `bridge`"));
}

#[test]
fn down_stops_everything_at_once_but_loki_only_after_promtail() {
    let stack = stack();
    let plan = plan_down(&stack, &all_up(&stack).containers, false);
    let order: Vec<Service> = plan.containers.iter().map(|stop| stop.service).collect();
    assert_eq!(order, Service::ALL);
    for stop in &plan.containers {
        let expected: &[Service] = match stop.service {
            Service::Loki => &[Service::Promtail],
            _ => &[],
        };
        assert_eq!(stop.after, expected, "{}", stop.service);
    }
    assert_eq!(plan.volumes, Vec::<String>::new());
}

#[test]
fn down_waits_only_for_containers_that_exist_and_keeps_foreign_ones() {
    let stack = stack();
    let mut observed = all_up(&stack);
    observed.containers.retain(|container| container.name != "promtail");
    observed.containers.iter_mut().find(|container| container.name == "grafana").unwrap().labels.clear();
    let plan = plan_down(&stack, &observed.containers, true);
    let services: Vec<Service> = plan.containers.iter().map(|stop| stop.service).collect();
    assert_eq!(services, [Service::OtelCollector, Service::Prometheus, Service::Loki, Service::Jaeger]);
    assert_eq!(plan.containers[2].after, [], "there is no Promtail to wait for");
    assert_eq!(plan.volumes.len(), stack.volumes.len());
}

/// Loki's plan says why, for each thing that can be changed.
#[test]
fn a_container_whose_hash_differs_is_recreated_for_the_reason_that_can_be_told() {
    let reason = |label: &'static str, value: &str| {
        let value = value.to_owned();
        let action = planned_for_loki(|it| {
            it.labels.insert("com.docker.compose.config-hash".into(), "other".into());
            it.labels.insert(label.into(), value);
        });
        let ServiceAction::Recreate { because, .. } = action else { panic!("{label}: {action:?}") };
        because
    };
    let files = "com.docker.compose.project.config_files";
    let version = "com.docker.compose.version";
    assert_eq!(reason("x", ""), Recreate::DefinitionChanged);
    assert_eq!(
        reason(files, "/data/monitor/compose.yaml,/data/monitor/compose.override.yaml"),
        Recreate::OverrideFile { file: "compose.override.yaml".into() }
    );
    assert_eq!(reason("dev.clawker.monitor.config", "0000"), Recreate::FilesChanged);
    for agreeing in ["2.29.3", "2.30.1", "2.40.3", "5.6.0"] {
        assert_eq!(reason(version, agreeing), Recreate::DefinitionChanged, "{agreeing}");
    }
    for other in ["2.26.1", "2.29.2", "2.41.0", "5.7.0", "1.29.2", "", "dev"] {
        assert_eq!(reason(version, other), Recreate::OtherCompose { version: other.into() });
    }
    let as_podman_writes_it = planned_for_loki(|it| {
        it.labels.insert("com.docker.compose.config-hash".into(), "other".into());
        it.image.insert_str(0, "docker.io/");
    });
    let because = Recreate::DefinitionChanged;
    assert_eq!(as_podman_writes_it, ServiceAction::Recreate { id: "id-loki".into(), because });
    let other_image = planned_for_loki(|it| {
        it.labels.insert("com.docker.compose.config-hash".into(), "other".into());
        it.image = "grafana/loki:2".into();
    });
    assert_eq!(other_image, ServiceAction::Recreate { id: "id-loki".into(), because: Recreate::ImageChanged });
}

/// An internal network, and several networks of one name.
#[test]
fn a_network_on_which_nothing_can_be_published_is_refused_at_once() {
    let refused = |change: fn(&mut ObservedNetwork)| {
        let stack = stack();
        let mut observed = all_up(&stack);
        change(observed.network.as_mut().unwrap());
        let error = plan_up(&stack, &observed).unwrap_err();
        format!("{error} → {}", error.hint())
    };
    insta::assert_snapshot!(refused(|it| it.internal = true), @"the network `clawker-net` is internal, so Docker publishes no port on it → recreate it without `--internal`: disconnect its containers and remove it (`docker network rm clawker-net`); the next start creates it");
    insta::assert_snapshot!(refused(|it| it.same_name = vec!["a1".into(), "b2".into()]), @"2 networks are named `clawker-net`: `a1`, `b2` → keep the one that has your agents' containers (`docker network inspect ID` lists them) and remove the others by ID, for example `docker network rm b2`");
}

/// The names, the ports and the volumes are the same, whatever the folder.
#[test]
fn the_same_stack_from_another_data_folder_is_refused_and_named() {
    let stack = stack();
    let elsewhere = StackSpec { directory: "/mnt/clawker/monitor".into(), ..stack.clone() };
    let mut observed = all_up(&elsewhere);
    for (container, spec) in observed.containers.iter_mut().zip(&elsewhere.services) {
        container.labels.extend(spec.labels.clone());
    }
    let error = plan_up(&stack, &observed).unwrap_err();
    insta::assert_snapshot!(format!("{error} → {}", error.hint()), @"this stack already has containers from another data folder, `/mnt/clawker/monitor`; this one is `/data/monitor` → use that folder (`CLAWKER_DATA_DIR='/mnt/clawker'`), or remove its containers first: `CLAWKER_DATA_DIR='/mnt/clawker' clawker-monitor down`; recorded data is kept");
    // Somebody's own project in a folder called `monitor` is another matter.
    for container in &mut observed.containers {
        container.labels.remove("dev.clawker.managed");
    }
    assert!(matches!(plan_up(&stack, &observed).unwrap_err(), StackError::ForeignContainer { .. }));
}

#[test]
fn of_two_containers_of_a_service_the_one_with_its_name_counts_and_the_other_is_removed() {
    let stack = stack();
    let mut observed = all_up(&stack);
    let leftover =
        ObservedContainer { id: "id-new".into(), name: "1a2b3c4d5e6f_loki".into(), ..loki(&mut observed).clone() };
    for at in [0, observed.containers.len()] {
        let mut observed = observed.clone();
        observed.containers.insert(at, leftover.clone());
        let plan = plan_up(&stack, &observed).unwrap();
        assert!(plan.services.iter().all(|planned| matches!(planned.action, ServiceAction::Keep { .. })), "{plan:#?}");
        assert!(!plan.is_empty());
        insta::allow_duplicates! {
            insta::assert_snapshot!(Leftover::removal(&plan.leftovers).unwrap(), @"removing 1 container that an interrupted recreation has left: `1a2b3c4d5e6f_loki`");
        }
        let down = plan_down(&stack, &observed.containers, false);
        assert_eq!(down.containers.len(), 7);
        assert_eq!(down.leftovers, plan.leftovers);
    }
}

#[test]
fn a_leftover_that_is_alone_is_recreated_under_its_own_name() {
    let name = "1a2b3c4d5e6f_loki".to_owned();
    let because = Recreate::OtherName { name: name.clone() };
    assert_eq!(planned_for_loki(|it| it.name = name), ServiceAction::Recreate { id: "id-loki".into(), because });
    assert_eq!(Leftover::removal(&[]), None);
}
