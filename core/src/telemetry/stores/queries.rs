//! The panel's queries to Loki and Prometheus. Each covers all agents and groups by owner; there is never one query per
//! agent. Pure text; the server decides when to send them.

pub mod deltas;
pub mod logql;
pub mod promql;

use logql::{any_of, count, last_seen, quoted, sum};
use promql::{Counts, growth, growth_from_nothing, growth_in_a_minute, growth_of_all, last_growth};

use crate::telemetry::{CLAUDE_CODE_SERVICE, Owner, Range};

/// Owner, and whether the data is simulated.
const BY_OWNER: &str = "project, agent, clawker_simulated";
/// Matches all counters of Claude Code.
const EVERY_COUNTER: &str = "claude_code_.+_total";

/// A duration in seconds, as both languages write it.
pub fn range_in_seconds(seconds: u64) -> String {
    format!("{seconds}s")
}

fn events() -> String {
    format!(r#"{{service_name="{CLAUDE_CODE_SERVICE}"}}"#)
}

fn event(name: &str) -> String {
    format!(r#"{} | event_name="{name}""#, events())
}

/// All events of one owner. Untagged data lacks both labels, which is the same as empty labels.
pub fn owner_events(owner: &Owner) -> String {
    let tag = |value: &Option<String>| quoted(value.as_deref().unwrap_or_default());
    format!("{} | project={} | agent={}", events(), tag(&owner.project), tag(&owner.agent))
}

/// Cost in dollars by owner.
pub fn cost(range: &str) -> String {
    sum(&event("api_request"), "cost_usd", range, BY_OWNER)
}

/// Tokens by owner. `field` is `input_tokens`, `output_tokens`, `cache_read_tokens`, or `cache_creation_tokens`.
pub fn tokens(field: &str, range: &str) -> String {
    sum(&event("api_request"), field, range, BY_OWNER)
}

/// Tool calls by owner and `success`.
pub fn tools(range: &str) -> String {
    count(&event("tool_result"), range, &format!("{BY_OWNER}, success"))
}

/// Distinct sessions by owner.
pub fn sessions(range: &str) -> String {
    logql::sessions(&events(), range, BY_OWNER)
}

/// Time of the last event by owner, in seconds since 1970.
pub fn owners_last_seen(range: &str) -> String {
    last_seen(&events(), range, BY_OWNER)
}

/// Time of the last event by owner and version of Claude Code, in seconds since 1970.
pub fn owner_versions_last_seen(range: &str) -> String {
    last_seen(&events(), range, "project, agent, service_version")
}

/// Time of the last report on managed settings by owner and outcome, in seconds since 1970.
pub fn managed_settings(range: &str) -> String {
    let by = "project, agent, managed_settings_sources, managed_settings_helper_applied";
    last_seen(&event("managed_settings_resolved"), range, by)
}

/// Number of events by owner within one step.
pub fn activity(step: &str) -> String {
    count(&events(), step, BY_OWNER)
}

/// A counter of Claude Code; Prometheus keeps one series per session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Active time in seconds.
    ActiveTime,
    /// Lines of code, by `type` (`added`, `removed`).
    Lines,
    /// Cost in dollars.
    Cost,
    /// Tokens, by `type`.
    Tokens,
}

impl Counter {
    /// All counters.
    pub const ALL: [Counter; 4] = [Counter::ActiveTime, Counter::Lines, Counter::Cost, Counter::Tokens];

    const fn name(self) -> &'static str {
        match self {
            Counter::ActiveTime => "claude_code_active_time_seconds_total",
            Counter::Lines => "claude_code_lines_of_code_count_total",
            Counter::Cost => "claude_code_cost_usage_USD_total",
            Counter::Tokens => "claude_code_token_usage_tokens_total",
        }
    }

    fn by(self) -> String {
        match self {
            Counter::ActiveTime | Counter::Cost => BY_OWNER.to_owned(),
            Counter::Lines | Counter::Tokens => format!("{BY_OWNER}, type"),
        }
    }

    /// Growth over the range, by owner.
    pub fn growth(self, range: &str) -> String {
        let counts = if self == Counter::Cost { Counts::Parts } else { Counts::Whole };
        growth(self.name(), range, &self.by(), counts)
    }

    /// Growth over a range that began with a start of the collector, by owner.
    pub fn growth_from_nothing(self, range: &str) -> String {
        growth_from_nothing(self.name(), range, &self.by())
    }
}

/// Start time of the running collector at each step of the range, in seconds since 1970.
pub fn collector_starts(range: &str, step: &str) -> String {
    let uptime = r#"{__name__=~"otelcol_process_uptime(_seconds)?(_total)?"}"#;
    format!("(timestamp({uptime}) - {uptime})[{range}:{step}]")
}

/// Distinct sessions by owner with any counter growth, from Prometheus.
pub fn sessions_in_metrics(range: &str) -> String {
    let grown = growth_of_all(EVERY_COUNTER, range, &format!("{BY_OWNER}, session_id"));
    format!("count by ({BY_OWNER}) ({grown} > 0)")
}

/// Time of the last counter growth by project and agent, in seconds since 1970, to the step. From Prometheus.
pub fn last_metric_growth(range: &str, step: &str) -> String {
    last_growth(EVERY_COUNTER, range, step, "project, agent")
}

/// Time of the last event for each session of an owner, in seconds since 1970.
pub fn sessions_last_seen(owner: &Owner, range: Range) -> String {
    last_seen(&with_session(owner), range.name(), "session_id")
}

/// Number of requests, failed requests, and tool calls for each session of an owner, by `event_name`.
pub fn sessions_counts(owner: &Owner, range: Range) -> String {
    let lines = format!(r#"{} | event_name=~"api_request|api_error|tool_result""#, with_session(owner));
    count(&lines, range.name(), "session_id, event_name")
}

/// The sum of a field over the requests of each session of an owner.
pub fn sessions_sum(owner: &Owner, field: &str, range: Range) -> String {
    let lines = format!(r#"{} | event_name="api_request""#, with_session(owner));
    sum(&lines, field, range.name(), "session_id")
}

fn with_session(owner: &Owner) -> String {
    format!(r#"{} | session_id!="""#, owner_events(owner))
}

/// Address assignments of all owners with the time of the last announcement. All owners, because addresses are reused.
pub fn address_map() -> String {
    last_seen(r#"{service_name="envoy", source="agent_map"}"#, "7d", "project, agent, client_ip")
}

/// Connections from these addresses through Envoy, by `domain` and `proto`; `proto` is `deny` for denied ones.
pub fn connections(addresses: &[String], range: Range) -> String {
    let of = any_of(addresses);
    let lines = format!(r#"{{service_name="envoy", source="envoy"}} | client_ip=~{of} | domain!="""#);
    count(&lines, range.name(), "domain, proto")
}

/// Lookups from these addresses that CoreDNS did not resolve, by `domain`.
pub fn unresolved(addresses: &[String], range: Range) -> String {
    let of = any_of(addresses);
    let lines = format!(r#"{{service_name="coredns"}} | client_ip=~{of} | rcode="NXDOMAIN" | domain!="""#);
    count(&lines, range.name(), "domain")
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
);

/// Data forwarded within the last minute, by `counter`.
pub fn hop_throughput() -> String {
    growth_in_a_minute(THROUGH, BY_HOP)
}

/// Data lost within the last 5 minutes, by `counter`, `reason` (Loki), and `code` (Grafana).
pub fn hop_losses() -> String {
    growth_of_all(LOST, "5m", &format!("{BY_HOP}, reason, code"))
}

/// The services that Prometheus can scrape, by `job`.
pub fn reachable_services() -> String {
    r#"sum by (job) (up{job=~"otel-collector-self|promtail|grafana"})"#.to_owned()
}

#[cfg(test)]
mod tests;
