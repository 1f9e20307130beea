//! Properties that the golden files in `core/tests` do not show clearly.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use super::*;
use crate::settings::{RawValue, RawValues};

fn stack(values: &[(&str, &str)]) -> StackSpec {
    let values: RawValues = values
        .iter()
        .map(|(key, text)| ((*key).to_owned(), RawValue { text: (*text).to_owned(), line: None }))
        .collect();
    let facts = HostFacts { directory: "/data/monitor".to_owned(), docker_socket: "/run/docker.sock".to_owned() };
    StackSpec::new(&Settings::from_values(&values).unwrap(), &facts)
}

#[test]
fn every_pinned_image_has_a_tag_and_a_digest() {
    for service in Service::ALL {
        let image = pinned_image(service).to_string();
        let (name, digest) = image.split_once("@sha256:").unwrap();
        assert!(name.contains(':') && digest.len() == 64, "{image}");
    }
}

#[test]
fn without_the_config_label_a_stack_is_otherwise_the_same() {
    let facts = HostFacts { directory: "/data/monitor".to_owned(), docker_socket: "/run/docker.sock".to_owned() };
    let mut whole = StackSpec::new(&Settings::default(), &facts);
    let labelled = whole.services.iter_mut().filter_map(|spec| spec.labels.remove(CONFIG_LABEL)).count();
    assert_eq!(labelled, 5, "all but Jaeger mount a generated file");
    assert_eq!(StackSpec::without_config_label(&Settings::default(), &facts), whole);
}

#[test]
fn a_configured_collector_name_is_an_alias() {
    let aliases = |stack: StackSpec| stack.service(Service::OtelCollector).unwrap().aliases.clone();
    assert_eq!(aliases(stack(&[])), Vec::<String>::new());
    assert_eq!(aliases(stack(&[("otel_collector_internal", "telemetry")])), ["telemetry"]);
}

#[test]
fn grafana_may_be_embedded_from_this_machine_and_the_bind_address() {
    for (address, further) in [
        ("127.0.0.1", ""),
        ("::1", ""),
        ("192.168.1.7", " http://192.168.1.7:*"),
        ("fd00::7", " http://[fd00::7]:*"),
        ("0.0.0.0", " http://*:*"),
    ] {
        let stack = stack(&[("bind_address", address)]);
        let grafana = stack.service(Service::Grafana).unwrap();
        assert_eq!(
            grafana.environment["GF_SECURITY_CONTENT_SECURITY_POLICY_TEMPLATE"],
            format!("frame-ancestors 'self' http://localhost:* http://127.0.0.1:*{further}"),
        );
    }
}

#[test]
fn services_start_after_their_dependencies_without_cycles() {
    let stack = stack(&[]);
    let mut started = BTreeSet::new();
    while started.len() < Service::ALL.len() {
        let ready: Vec<Service> = stack
            .services
            .iter()
            .filter(|spec| !started.contains(&spec.service))
            .filter(|spec| spec.depends_on.iter().all(|other| started.contains(other)))
            .map(|spec| spec.service)
            .collect();
        assert!(!ready.is_empty(), "a circle beside {started:?}");
        started.extend(ready);
    }
}

#[test]
fn a_service_is_recreated_only_if_its_files_change() {
    let hash = |values: &[(&str, &str)], service| service_config_hash(stack(values).service(service).unwrap());
    let moved = [("loki_port", "3200")];
    let anew: Vec<Service> =
        Service::ALL.into_iter().filter(|service| hash(&[], *service) != hash(&moved, *service)).collect();
    // All but Jaeger have Loki's port in their files: the collector and Promtail send to it, Prometheus and Grafana
    // query it.
    let expected = [Service::OtelCollector, Service::Prometheus, Service::Loki, Service::Grafana, Service::Promtail];
    assert_eq!(anew, expected);
    // The settings of agents do not affect the stack's containers.
    let quieter = [("telemetry.log_user_prompts", "false")];
    assert!(Service::ALL.into_iter().all(|service| hash(&[], service) == hash(&quieter, service)));
}
