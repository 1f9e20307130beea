//! The panel's queries to Loki and Prometheus. Each covers all agents and groups by owner; there is never one query per
//! agent. Pure text; the server decides when to send them.

pub mod deltas;
pub mod egress;
pub mod logql;
pub mod promql;

use deltas::{Deltas, Metric};
use logql::quoted;
use promql::{NOT_RETRIED, growth_in_a_minute, growth_matching};

use super::last_seen::MOST_OWNERS;
use crate::telemetry::{CLAUDE_CODE_SERVICE, Range, Sender};

/// Owner, and whether the data is simulated.
const BY_OWNER: &str = "project, agent, clawker_simulated";

/// A duration in seconds, as both languages write it.
pub fn range_in_seconds(seconds: u64) -> String {
    format!("{seconds}s")
}

/// All events of one sender. Untagged data lacks both labels, which is the same as empty labels.
pub fn events_of(sender: &Sender) -> String {
    let [project, agent, simulated] = labels_of(sender);
    format!(
        r#"{{service_name="{CLAUDE_CODE_SERVICE}"}} | project={project} | agent={agent} | clawker_simulated={simulated}"#
    )
}

/// The events that tell what agents are doing, of all owners, with nothing but the fields that are needed for it.
pub fn activity_events() -> String {
    format!(
        r#"{{service_name="{CLAUDE_CODE_SERVICE}"}} | event_name=~"{}" | keep {}"#,
        ACTIVITY_EVENTS.join("|"),
        ACTIVITY_FIELDS.join(", ")
    )
}

/// The events that tell what an agent is doing.
pub const ACTIVITY_EVENTS: [&str; 9] = [
    "user_prompt",
    "api_request",
    "assistant_response",
    "api_error",
    "api_retries_exhausted",
    "api_refusal",
    "tool_decision",
    "tool_result",
    "hook_execution_start",
];

/// The fields of those events that are needed for it.
pub const ACTIVITY_FIELDS: [&str; 15] = [
    "project",
    "agent",
    "clawker_simulated",
    "session_id",
    "event_name",
    "event_sequence",
    "query_source",
    "duration_ms",
    "status_code",
    "attempt",
    "tool_name",
    "tool_use_id",
    "decision",
    "source",
    "hook_event",
];

/// The values of `project`, `agent` and `clawker_simulated`, which real data does not have.
fn labels_of(Sender { owner, simulated }: &Sender) -> [String; 3] {
    let simulated = simulated.then_some("true");
    [owner.project.as_deref(), owner.agent.as_deref(), simulated].map(|value| quoted(value.unwrap_or_default()))
}

/// Cost in dollars by owner.
pub fn cost(range: Deltas<'_>) -> String {
    range.preferring(Metric::Cost, Metric::RequestCost, BY_OWNER)
}

/// Tokens by owner and `type`: `input`, `output`, `cacheRead`, `cacheCreation`.
pub fn tokens(range: Deltas<'_>) -> String {
    range.preferring(Metric::Tokens, Metric::RequestTokens, &format!("{BY_OWNER}, type"))
}

/// Active time in seconds by owner.
pub fn active_time(range: Deltas<'_>) -> String {
    range.total(Metric::ActiveTime, BY_OWNER)
}

/// Lines of code by owner and `type` (`added`, `removed`).
pub fn lines(range: Deltas<'_>) -> String {
    range.total(Metric::Lines, &format!("{BY_OWNER}, type"))
}

/// Tool calls by owner and `success`.
pub fn tools(range: Deltas<'_>) -> String {
    range.total(Metric::ToolCalls, &format!("{BY_OWNER}, success"))
}

/// Distinct sessions by owner.
pub fn sessions(range: Deltas<'_>) -> String {
    range.sessions(BY_OWNER)
}

/// Number of events by owner.
pub fn activity(range: Deltas<'_>) -> String {
    range.total(Metric::Events, BY_OWNER)
}

/// Time of the last event by owner, in seconds since 1970.
pub fn owners_last_seen(range: Deltas<'_>) -> String {
    range.latest(Metric::LastEvent, BY_OWNER)
}

/// Time of the last event by owner and version of Claude Code, in seconds since 1970.
pub fn owner_versions_last_seen(range: Deltas<'_>) -> String {
    newest(&range.latest(Metric::LastEvent, "project, agent, clawker_simulated, service_version"))
}

/// Time of the last report on managed settings by owner and outcome, in seconds since 1970.
pub fn managed_settings(range: Deltas<'_>) -> String {
    let by = "project, agent, clawker_simulated, managed_settings_sources, managed_settings_helper_applied";
    newest(&range.latest(Metric::ManagedSettings, by))
}

/// Time of the last of Claude Code's own metrics by owner, in seconds since 1970.
pub fn owners_last_metric(range: Deltas<'_>) -> String {
    newest(&range.latest(Metric::LastMetric, BY_OWNER))
}

/// The newest of the times. Tags come from outside, so there may be any number of owners.
fn newest(times: &str) -> String {
    format!("topk({MOST_OWNERS}, {times})")
}

/// The queries about the sessions of one sender, each by `session_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionQueries {
    /// Time of the last event, in seconds since 1970.
    pub last_seen: String,
    /// Number of requests, failed requests, and tool calls, by `event_name`.
    pub counts: String,
    /// Cost in dollars.
    pub cost: String,
    /// Output tokens.
    pub output_tokens: String,
}

impl SessionQueries {
    /// The queries for this sender and range.
    pub fn new(sender: &Sender, range: Range) -> SessionQueries {
        let [project, agent, simulated] = labels_of(sender);
        let of = format!("project={project}, agent={agent}, clawker_simulated={simulated}");
        let deltas = Deltas::within(range.name()).of_owners(&of).of_sessions(r#"session_id!="""#);
        let output = r#"type="output""#;
        let counted = Metric::Events.with(r#"event_name=~"api_request|api_error|tool_result""#);
        SessionQueries {
            last_seen: deltas.latest(Metric::LastEvent, "session_id"),
            counts: deltas.total(counted, "session_id, event_name"),
            cost: deltas.preferring(Metric::Cost, Metric::RequestCost, "session_id"),
            output_tokens: deltas.preferring(
                Metric::Tokens.with(output),
                Metric::RequestTokens.with(output),
                "session_id",
            ),
        }
    }
}

/// Labels that distinguish the services' own counters.
const BY_HOP: &str = "counter, exporter, datasource, datasource_type";

/// The services' own counters of forwarded data. With and without `_total`, because the collector's readers differ.
const THROUGH: &str = concat!(
    "otelcol_(receiver_accepted|exporter_sent)_(metric_points|log_records|spans)(_total)?",
    "|promtail_(docker_target_entries|read_lines|sent_entries)_total",
    "|grafana_datasource_request_total",
);

/// The services' own counters of lost data.
const LOST: &str = concat!(
    "otelcol_receiver_(refused|failed)_(metric_points|log_records|spans)(_total)?",
    "|otelcol_exporter_(send_failed|enqueue_failed)_(metric_points|log_records|spans)(_total)?",
    "|promtail_docker_target_parsing_errors_total|promtail_dropped_entries_total",
    "|loki_discarded_samples_total|jaeger_collector_spans_dropped_total|grafana_datasource_request_total",
    "|prometheus_tsdb_(too_old|out_of_order|out_of_bound)_samples_total",
);

/// Data forwarded within the last minute, by `counter`.
pub fn hop_throughput() -> String {
    growth_in_a_minute(THROUGH, BY_HOP)
}

/// Data lost within the last 5 minutes, by `counter`, `reason` (Loki), and `code` (Grafana).
pub fn hop_losses() -> String {
    let lost = format!(r#"__name__=~"{LOST}", {NOT_RETRIED}"#);
    growth_matching(&[&lost], "5m", &format!("{BY_HOP}, reason, code"))
}

/// The collector's queues on disk, by `exporter` and `queue`: `size`, `capacity`, and the size a minute `before`. In bytes
/// (`sizer: bytes` in the collector's file).
pub fn queues() -> String {
    let of = |name: &str, metric: &str, offset: &str| {
        let sum = format!(r#"sum by (exporter) ({metric}{{exporter=~"otlp_.+"}}{offset})"#);
        format!(r#"label_replace({sum}, "queue", "{name}", "", "")"#)
    };
    let (size, capacity) = ("otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity");
    [of("size", size, ""), of("capacity", capacity, ""), of("before", size, " offset 1m")].join(" or ")
}

/// Cost in dollars by owner, from metrics and from events. Simulated data is left out.
pub fn compared_cost(range: &str) -> [String; 2] {
    let deltas = Deltas::within(range).of_owners(NOT_SIMULATED);
    [Metric::Cost, Metric::RequestCost].map(|metric| deltas.total(metric, "project, agent"))
}

/// Tokens by owner, from metrics and from events. Simulated data is left out.
pub fn compared_tokens(range: &str) -> [String; 2] {
    let deltas = Deltas::within(range).of_owners(NOT_SIMULATED);
    [Metric::Tokens, Metric::RequestTokens].map(|metric| deltas.total(metric, "project, agent"))
}

const NOT_SIMULATED: &str = r#"clawker_simulated="""#;

/// The services that Prometheus can scrape, by `job`, and those that it could a minute ago, with `when="before"`.
pub fn reachable_services() -> String {
    let up = r#"up{job=~"otel-collector-self|promtail|grafana"}"#;
    // The same time from which `growth_in_a_minute` takes the earlier value.
    let before = format!("sum by (job) (last_over_time({up}[2m] offset 1m))");
    format!(r#"sum by (job) ({up}) or label_replace({before}, "when", "before", "", "")"#)
}

#[cfg(test)]
mod tests;
