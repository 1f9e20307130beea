//! `clawker-monitor status`: what one look at the Engine and the services reports.

use std::{
    future::ready,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use clawker_monitor::{
    readiness::{Answer, Readiness},
    status::report,
};
use monitor_core::{
    live::Snapshot,
    service::Service,
    stack::ServiceSpec,
    status::{ContainerState, PublishedPort, StackState},
};
use monitor_testing::{deadline::within_deadline, harness::panel};

/// Answers only on one port, and keeps the others waiting forever. Remembers the ports it was asked on.
struct OnePort {
    answers_on: u16,
    asked: Mutex<Vec<u16>>,
}

#[async_trait]
impl Readiness for OnePort {
    async fn ask(&self, _spec: &ServiceSpec, ports: &[PublishedPort]) -> Answer {
        self.asked.lock().unwrap().extend(ports.iter().map(|port| port.host));
        if ports.iter().all(|port| port.host != self.answers_on) {
            std::future::pending::<()>().await;
        }
        Answer::Ready
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_run_is_not_waited_for() {
    let panel = panel();
    panel.up().await;
    panel.engine.world().containers.retain(|container| container.name == "loki");
    let engine = Arc::new(panel.engine.clone());
    let readiness = OnePort { answers_on: 3100, asked: Mutex::default() };
    let stack = panel.stack();
    let status = within_deadline("the status", report(engine, &readiness, ready((stack, true)))).await.unwrap();
    assert_eq!((status.stack, status.network.exists), (StackState::Partial, true));
    let ready: Vec<Service> = status.services.iter().filter(|it| it.ready).map(|it| it.service).collect();
    assert_eq!(ready, [Service::Loki]);
    assert!(status.services.iter().all(|it| it.ready || it.state == ContainerState::Missing), "{status:#?}");
}

/// Created with other settings, or by Clawker itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_asked_on_the_port_that_its_container_publishes() {
    let panel = panel();
    panel.up().await;
    let stack = panel.stack();
    panel.engine.world().containers.retain(|container| container.name == "loki");
    panel.engine.world().containers[0].ports[0].host = 3999;
    let engine = Arc::new(panel.engine.clone());
    let readiness = OnePort { answers_on: 3999, asked: Mutex::default() };
    let status = within_deadline("the status", report(engine, &readiness, ready((stack, true)))).await.unwrap();
    let loki = status.services.iter().find(|it| it.service == Service::Loki).unwrap();
    assert_eq!((loki.ready, loki.ports[0].host), (true, 3999));
    assert!(readiness.asked.lock().unwrap().contains(&3999));
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_keep_their_order_when_a_service_starts_and_stops() {
    let panel = panel();
    let ports = |snapshot: &Snapshot| snapshot.service(Service::OtelCollector).unwrap().ports.clone();
    let missing = panel.until("observed", |snapshot| !snapshot.services.is_empty()).await;
    panel.up().await;
    let running = panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    assert_eq!((ports(&missing), ports(&missing).len()), (ports(&running), 2));
}
