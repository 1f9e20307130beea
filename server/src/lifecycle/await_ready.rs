//! Waits until a started service is ready.

use std::time::Duration;

use monitor_core::{
    error::StackError, job::Phase, logs::failure_reason, service::Service, stack::ServiceSpec, status::ContainerState,
};
use tokio::time::{Instant, sleep};

use super::{ReadinessWait, Report, step};
use crate::{
    engine::ContainerEngine,
    readiness::{Answer, Readiness},
    status::describe_state,
};

/// How many lines of a failing service's log go into the error.
const LOG_LINES: usize = 12;
/// How many lines are searched for the reason. A panic of the collector prints 50 after it.
const SEARCHED_LINES: u32 = 200;
/// The longest time between two checks.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The container is inspected at most once in that many intervals, because an inspection takes the Engine longer than the
/// check takes the service.
const INTERVALS_PER_INSPECTION: u32 = 10;

/// Waits until the service is ready, its container ends, or the time is over.
pub(super) async fn await_readiness(
    engine: &dyn ContainerEngine,
    readiness: &dyn Readiness,
    wait: ReadinessWait,
    spec: &ServiceSpec,
    id: &str,
    report: Report<'_>,
) -> Result<(), StackError> {
    let service = spec.service;
    step(report, service, Phase::AwaitingReadiness);
    let started = Instant::now();
    let mut inspect_at = started + wait.interval * INTERVALS_PER_INSPECTION;
    loop {
        let answer = match readiness.ask(spec, &spec.ports).await {
            Answer::Ready => {
                step(report, service, Phase::Ready);
                return Ok(());
            }
            Answer::NotReady(answer) => answer,
        };
        let is_over = started.elapsed() >= wait.timeout;
        if is_over || Instant::now() >= inspect_at {
            inspect_at = Instant::now() + wait.interval * INTERVALS_PER_INSPECTION;
            let detail = engine.container_detail(id).await?;
            if detail.state != ContainerState::Running {
                let detail =
                    detail.problem.unwrap_or_else(|| format!("its container {}", describe_state(detail.state)));
                let (reason, log) = reason_and_log(engine, service).await;
                return Err(StackError::ServiceFailed { service, detail, reason, log });
            }
        }
        if is_over {
            let waited_seconds = started.elapsed().as_secs();
            let (reason, log) = reason_and_log(engine, service).await;
            return Err(StackError::NotReady { service, waited_seconds, detail: answer, reason, log });
        }
        sleep((started.elapsed() / 20).clamp(wait.interval, LONGEST_PAUSE.max(wait.interval))).await;
    }
}

/// What a service's log says about why it failed, and its last lines. Both are empty if it can't be read.
async fn reason_and_log(engine: &dyn ContainerEngine, service: Service) -> (Option<String>, Vec<String>) {
    let lines = engine.recent_logs(service, SEARCHED_LINES).await.unwrap_or_default();
    let mut lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    let reason = failure_reason(&lines);
    (reason, lines.split_off(lines.len().saturating_sub(LOG_LINES)))
}
