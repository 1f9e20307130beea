//! Asks whether a collector was running when agents were created whose telemetry is off.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence, time_to_ask_about},
    telemetry::CollectorThen,
    timestamp::Timestamp,
};

use crate::telemetry::{NoAnswer, TelemetrySource};

/// About how many agents to ask at most, the youngest first.
const MOST: usize = 50;
/// How many questions are asked at once.
const CONCURRENT: usize = 4;

/// The times to ask about: when agents were created that may have been turned off by Clawker or by somebody.
pub fn times_to_ask_about<'a>(
    containers: impl IntoIterator<Item = &'a AgentContainer>,
    collector: &CollectorEvidence,
) -> Vec<Timestamp> {
    let mut times: Vec<Timestamp> =
        containers.into_iter().filter_map(|agent| time_to_ask_about(agent, collector)).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.dedup();
    times.truncate(MOST);
    times
}

/// What is known of the collector at these times, or why nothing is.
pub async fn collector_then(
    telemetry: &dyn TelemetrySource,
    times: Vec<Timestamp>,
) -> Result<BTreeMap<Timestamp, CollectorThen>, NoAnswer> {
    let ask = |time: Timestamp| async move { Ok((time, telemetry.collector_then(time).await?)) };
    stream::iter(times).map(ask).buffered(CONCURRENT).try_collect().await
}
