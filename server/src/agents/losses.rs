//! What was lost, with the senders that Loki's log names.

use std::time::Duration;

use monitor_core::{
    service::Service,
    telemetry::{Losses, stores::loki_log},
};
use tokio::time::timeout;

use crate::{clock::now, engine::ContainerEngine, telemetry::TelemetrySource};

/// How many lines of Loki's log are read at most.
const MOST_LINES: u32 = 2000;
/// How long reading them may take.
const LONGEST_READ: Duration = Duration::from_secs(1);
/// How old a line may be, in seconds: losses are those of the last 5 minutes.
const OLDEST_LINE: u64 = 300;

/// What was lost. Loki's log is read only if Loki discarded something.
pub async fn losses(engine: &dyn ContainerEngine, telemetry: &dyn TelemetrySource) -> Losses {
    let losses = telemetry.losses().await;
    if losses.discarded_by_loki.is_empty() {
        return losses;
    }
    // Without the log, no sender is named.
    let read = timeout(LONGEST_READ, engine.recent_logs(Service::Loki, MOST_LINES)).await;
    let lines = read.ok().and_then(Result::ok).unwrap_or_default();
    let now = now();
    let recent = lines.iter().filter(|line| line.at.is_none_or(|at| now.seconds_since(at) <= OLDEST_LINE));
    Losses { discarded_from: loki_log::discarded_from(recent.map(|line| line.text.as_str())), ..losses }
}
