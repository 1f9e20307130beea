//! Readiness in memory, for tests. Opens no port.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use clawker_monitor::readiness::{Answer, Readiness};
use monitor_core::{service::Service, stack::ServiceSpec, status::PublishedPort};

/// Answers for services: ready, unless a test says otherwise.
#[derive(Default)]
pub struct FakeReadiness {
    not_ready: Mutex<BTreeMap<Service, String>>,
    not_ready_at: Mutex<BTreeMap<u16, String>>,
    /// How many more times each service answers that it is not ready.
    asks_until_ready: Mutex<BTreeMap<Service, u32>>,
}

impl FakeReadiness {
    /// From now on, the service answers that it is not ready, with this detail.
    pub fn not_ready(&self, service: Service, said: &str) {
        self.not_ready.lock().unwrap().insert(service, said.into());
    }

    /// The service answers that many times that it is not ready, then that it is.
    pub fn ready_after(&self, service: Service, asks: u32) {
        self.asks_until_ready.lock().unwrap().insert(service, asks);
    }

    /// From now on, any service on that port answers that it is not ready, with this detail.
    pub fn not_ready_at(&self, port: u16, said: &str) {
        self.not_ready_at.lock().unwrap().insert(port, said.into());
    }

    /// From now on, any service on that port is ready.
    pub fn ready_at(&self, port: u16) {
        self.not_ready_at.lock().unwrap().remove(&port);
    }

    /// From now on, the service is ready.
    pub fn ready(&self, service: Service) {
        self.not_ready.lock().unwrap().remove(&service);
    }
}

#[async_trait]
impl Readiness for FakeReadiness {
    async fn ask(&self, spec: &ServiceSpec, _ports: &[PublishedPort]) -> Answer {
        if let Some(left @ 1..) = self.asks_until_ready.lock().unwrap().get_mut(&spec.service) {
            *left -= 1;
            return Answer::NotReady("HTTP 503: starting".into());
        }
        let at_port = self.not_ready_at.lock().unwrap().get(&spec.readiness.port).cloned();
        match at_port.as_ref().or(self.not_ready.lock().unwrap().get(&spec.service)) {
            Some(said) => Answer::NotReady(said.clone()),
            None => Answer::Ready,
        }
    }
}
