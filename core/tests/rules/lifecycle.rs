//! When a plan has nothing to do.

use monitor_core::{
    lifecycle::{ServiceAction, ServicePlan, UpPlan},
    service::Service,
    stack::VolumeSpec,
};

#[test]
fn a_plan_is_empty_only_if_network_volumes_and_all_services_are_there() {
    let keep = ServicePlan { service: Service::Loki, action: ServiceAction::Keep { id: "1".into() } };
    let create = ServicePlan { service: Service::Grafana, action: ServiceAction::Create };
    let volume = VolumeSpec { key: "x".into(), name: "monitor_x".into(), labels: Default::default() };
    let empty = UpPlan {
        create_network: false,
        pulls: Vec::new(),
        volumes: Vec::new(),
        services: vec![keep.clone()],
        leftovers: Vec::new(),
    };
    assert!(empty.is_empty());
    assert!(!UpPlan { create_network: true, ..empty.clone() }.is_empty());
    assert!(!UpPlan { volumes: vec![volume], ..empty.clone() }.is_empty());
    assert!(!UpPlan { services: vec![keep, create], ..empty }.is_empty());
}
