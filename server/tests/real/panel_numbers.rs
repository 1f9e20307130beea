//! The panel's own numbers, from the stores of a running stack.

use std::sync::Arc;

use clawker_monitor::telemetry::{StackStores, StackTelemetry, TelemetrySource as _};
use monitor_core::{
    service::Service,
    telemetry::{OwnerNumbers, Range},
};
use monitor_testing::services::running;

use crate::stack::Stack;

/// The numbers of every agent in the last 24 hours, as the page of agents shows them.
pub fn numbers(stack: &Stack) -> Result<Vec<OwnerNumbers>, String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stores = StackTelemetry::new(Arc::new(StackStores::new(None).unwrap()));
        let port = |service| stack.address(service).rsplit(':').next().unwrap().parse().unwrap();
        let located = [Service::Loki, Service::Prometheus].map(|service| running(service, port(service)));
        stores.stores().locate(&located);
        let numbers = stores.numbers(Range::Day).await;
        if numbers.missing.is_empty() { Ok(numbers.owners) } else { Err(format!("{:?}", numbers.missing)) }
    })
}
