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
