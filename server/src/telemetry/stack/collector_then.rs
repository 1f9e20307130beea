//! Whether the collector was running at a time. The past does not change, so what is certain is kept.

use std::collections::BTreeMap;

use monitor_core::{
    telemetry::{
        CollectorThen,
        stores::collector_then::{AROUND, collector_then, read_collector_then},
    },
    timestamp::Timestamp,
};
use tokio::sync::Mutex;

use super::{
    NoAnswer,
    requests::query_prometheus,
    store::{Priority, Store},
};

/// The answers that are certain, from one Prometheus.
#[derive(Debug, Default)]
pub(super) struct KnownCollector {
    known: Mutex<(u64, BTreeMap<Timestamp, CollectorThen>)>,
}

impl KnownCollector {
    /// Whether the collector was running at that time. `generation` changes with the store's address.
    pub async fn ask(&self, prometheus: &Store, generation: u64, time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        {
            let mut known = self.known.lock().await;
            if known.0 != generation {
                *known = (generation, BTreeMap::new());
            }
            if let Some(answer) = known.1.get(&time) {
                return Ok(*answer);
            }
        }
        let around = i64::try_from(AROUND).unwrap_or(i64::MAX).saturating_mul(1000);
        let end = Timestamp::from_unix_milliseconds(time.unix_milliseconds().saturating_add(around));
        let answer = query_prometheus(prometheus, collector_then(), end, Priority::Quick).await;
        let answer = read_collector_then(&answer.map_err(|error| format!("Prometheus: {error}"))?);
        if matches!(answer, CollectorThen::Running | CollectorThen::NotRunning) && end < crate::clock::now() {
            let mut known = self.known.lock().await;
            if known.0 == generation {
                known.1.insert(time, answer);
            }
        }
        Ok(answer)
    }
}
