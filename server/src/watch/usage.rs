//! CPU and memory of the running containers, measured by the Engine while pages are open.

use std::collections::BTreeMap;

use futures::{StreamExt, stream::BoxStream};
use monitor_core::{
    service::Service,
    status::{ContainerState, Usage},
};
use tokio_stream::StreamMap;

use crate::{engine::ContainerEngine, status::ObservedService};

/// One stream of measurements for each running container.
#[derive(Default)]
pub(super) struct UsageStreams {
    streams: StreamMap<Service, BoxStream<'static, Usage>>,
    ids: BTreeMap<Service, String>,
}

impl UsageStreams {
    /// Starts and ends streams to match the running services and whether pages are open.
    pub(super) fn update(&mut self, services: &[ObservedService], watched: bool, engine: &dyn ContainerEngine) {
        for ObservedService { id, status } in services {
            let wanted = id.as_ref().filter(|_| watched && status.state == ContainerState::Running);
            if self.ids.get(&status.service) == wanted {
                continue;
            }
            match wanted {
                None => {
                    self.streams.remove(&status.service);
                    self.ids.remove(&status.service);
                }
                Some(id) => {
                    self.streams.insert(status.service, engine.usage(id));
                    self.ids.insert(status.service, id.clone());
                }
            }
        }
    }

    /// The next measurement. Never resolves while there are no streams.
    pub(super) async fn next_usage(&mut self) -> (Service, Option<Usage>) {
        match self.streams.next().await {
            Some((service, usage)) => (service, Some(usage)),
            None => std::future::pending().await,
        }
    }
}
