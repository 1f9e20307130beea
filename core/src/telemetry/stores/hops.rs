//! Computes the data flow and its losses from the services' own counters.

use std::collections::BTreeSet;

use crate::{
    service::Service,
    telemetry::{
        Backlog, Flow, Hop, Losses, Signal, Station,
        series::{Sample, label},
    },
};

/// The signals and their names in the collector's counters.
const SIGNALS: [(Signal, &str); 3] =
    [(Signal::Metrics, "metric_points"), (Signal::Events, "log_records"), (Signal::Traces, "spans")];

/// Prometheus' answers.
#[derive(Debug, Clone, Default)]
pub struct HopCounters {
    /// `queries::hop_throughput`: growth within 1 minute.
    pub through: Vec<Sample>,
    /// `queries::hop_losses`: growth within 5 minutes.
    pub lost: Vec<Sample>,
    /// `queries::reachable_services`: the services that Prometheus can scrape.
    pub up: Vec<Sample>,
    /// `queries::queues`.
    pub queues: Vec<Sample>,
}

impl HopCounters {
    /// Sums the matching counters; `None` if the service can't be scraped, because then there are no counters.
    fn sum(&self, samples: &[Sample], job: &str, is: &Is<'_>) -> Option<f64> {
        let is_up = |sample: &Sample| label(&sample.labels, "job") == Some(job) && sample.value > 0.0;
        self.up.iter().any(is_up).then(|| samples.iter().filter(|sample| is(sample)).map(|sample| sample.value).sum())
    }

    fn hop(&self, leg: (Station, Station, Signal), job: &str, through: &Is<'_>, lost: &Is<'_>) -> Hop {
        let (from, to, signal) = leg;
        let whole = |value: f64| value.round().max(0.0) as u64;
        Hop {
            from,
            to,
            signal,
            per_second_milli: self.sum(&self.through, job, through).map(|minute| whole(minute * 1000.0 / 60.0)),
            lost: self.sum(&self.lost, job, lost).map(whole),
            backlog: None,
        }
    }

    /// The queue of the collector's exporter for this store.
    fn backlog(&self, store: Service, kind: &str) -> Option<Backlog> {
        let of = |name: &str| {
            let mut samples = self.queues.iter().filter(|sample| is_exporter_of(sample, store));
            samples.find(|sample| label(&sample.labels, "queue") == Some(name)).map(|sample| sample.value.max(0.0))
        };
        let (size, capacity) = (of("size")?, of("capacity").unwrap_or_default());
        let turned_away = format!("otelcol_exporter_enqueue_failed_{kind}");
        let refuses = |sample: &&Sample| counter(sample) == turned_away && is_exporter_of(sample, store);
        let refused = self.lost.iter().filter(refuses).any(|sample| sample.value > 0.0);
        Some(Backlog {
            bytes: size.round() as u64,
            capacity: capacity.round() as u64,
            grown: (size - of("before").unwrap_or(size)).round() as i64,
            full: refused || (capacity > 0.0 && size > capacity * FULL),
        })
    }
}

/// The share of its capacity from which a queue counts as full.
const FULL: f64 = 0.9;

type Is<'a> = dyn Fn(&Sample) -> bool + 'a;

/// The counter's name without `_total`, which only some readers of the collector append.
fn counter(sample: &Sample) -> &str {
    label(&sample.labels, "counter").map_or("", |name| name.strip_suffix("_total").unwrap_or(name))
}

fn is_code(sample: &Sample, beginning: char) -> bool {
    label(&sample.labels, "code").is_some_and(|code| code.starts_with(beginning))
}

/// Whether the exporter sends to this store: `otlp_http/loki`. The exporter `prometheus` only offers metrics to scrapers.
fn is_exporter_of(sample: &Sample, store: Service) -> bool {
    let exporter = label(&sample.labels, "exporter").and_then(|name| name.split_once('/'));
    exporter.is_some_and(|(_, name)| name == store.name())
}

/// Whether the data source belongs to this store. Its name is user-defined: `Loki`.
fn is_of(sample: &Sample, names: [&str; 2], store: Service) -> bool {
    names
        .iter()
        .any(|name| label(&sample.labels, name).is_some_and(|value| value.to_ascii_lowercase().contains(store.name())))
}

/// All hops in the order of the data flow.
pub fn flow(counted: &HopCounters) -> Flow {
    let collector = Station::Service(Service::OtelCollector);
    let mut hops = Vec::new();
    for (signal, kind) in SIGNALS {
        let accepted = format!("otelcol_receiver_accepted_{kind}");
        let refused = ["refused", "failed"].map(|how| format!("otelcol_receiver_{how}_{kind}"));
        hops.push(counted.hop(
            (Station::Agents, collector, signal),
            COLLECTOR,
            &|sample| counter(sample) == accepted,
            &|sample| refused.iter().any(|name| counter(sample) == name),
        ));
    }
    let stores = [Service::Prometheus, Service::Loki, Service::Jaeger];
    for ((signal, kind), store) in SIGNALS.into_iter().zip(stores) {
        let sent = format!("otelcol_exporter_sent_{kind}");
        let discards = store == Service::Loki && loki_counts_the_refusals(&counted.lost);
        let hop = counted.hop(
            (collector, Station::Service(store), signal),
            COLLECTOR,
            &|sample| counter(sample) == sent && is_exporter_of(sample, store),
            &|sample| match counter(sample) {
                "jaeger_collector_spans_dropped" => store == Service::Jaeger,
                "loki_discarded_samples" => discards,
                _ => !discards && is_failure(sample, kind) && is_exporter_of(sample, store),
            },
        );
        hops.push(Hop { backlog: counted.backlog(store, kind), ..hop });
    }
    let promtail = Station::Service(Service::Promtail);
    hops.push(counted.hop(
        (Station::Firewall, promtail, Signal::Events),
        "promtail",
        &|sample| ["promtail_docker_target_entries", "promtail_read_lines"].contains(&counter(sample)),
        &|sample| counter(sample) == "promtail_docker_target_parsing_errors",
    ));
    hops.push(counted.hop(
        (promtail, Station::Service(Service::Loki), Signal::Events),
        "promtail",
        &|sample| counter(sample) == "promtail_sent_entries",
        &|sample| counter(sample) == "promtail_dropped_entries",
    ));
    for store in stores {
        let asked = move |sample: &Sample| {
            counter(sample) == "grafana_datasource_request" && is_of(sample, ["datasource", "datasource_type"], store)
        };
        hops.push(counted.hop(
            (Station::Service(Service::Grafana), Station::Service(store), Signal::Queries),
            "grafana",
            &asked,
            &|sample| asked(sample) && is_code(sample, '5'),
        ));
    }
    let warnings = warnings(&hops, &losses(&counted.lost));
    Flow { hops, error: None, warnings }
}

/// Whether the collector gave up on items of this kind: the store refused them for good. Data that a full queue turns
/// away is not lost yet: its senders retry.
fn is_failure(sample: &Sample, kind: &str) -> bool {
    counter(sample).strip_prefix("otelcol_exporter_send_failed_") == Some(kind)
}

/// Whether Loki itself says what it refused of the collector's. The collector counts the whole request then, although
/// Loki stores the rest of it.
fn loki_counts_the_refusals(lost: &[Sample]) -> bool {
    let is_refused = |sample: &Sample| is_failure(sample, "log_records") && is_exporter_of(sample, Service::Loki);
    let any = |is: &Is<'_>| lost.iter().any(|sample| sample.value > 0.0 && is(sample));
    any(&is_refused) && any(&|sample| counter(sample) == "loki_discarded_samples")
}

/// What somebody should know about the data path.
fn warnings(hops: &[Hop], losses: &Losses) -> Vec<String> {
    let mut warnings = Vec::new();
    for hop in hops {
        let (Station::Service(store), Some(backlog)) = (hop.to, hop.backlog) else { continue };
        if backlog.full {
            warnings.push(format!(
                "The collector's queue for {} is full. Agents are told to retry; what they give up on is lost.",
                store.title()
            ));
        }
    }
    if losses.rejected_by_prometheus > 0 {
        let why = match losses.prometheus_reasons.as_slice() {
            [] => String::new(),
            reasons => {
                format!(" ({})", reasons.iter().map(|reason| reason_in_words(reason)).collect::<Vec<_>>().join(", "))
            }
        };
        let points = counted_as(losses.rejected_by_prometheus, "data point", "data points");
        warnings.push(format!("Prometheus rejected {points} within the last 5 minutes{why}."));
    }
    for (reason, count) in &losses.discarded_by_loki {
        let lines = counted_as(*count, "event or log line", "events or log lines");
        warnings.push(format!("Loki discarded {lines} within the last 5 minutes: {}.", reason_in_words(reason)));
    }
    warnings
}

fn counted_as(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a store's reason means. Sources: Prometheus 3.10 `tsdb/head_append.go`, Loki 3.7 `pkg/validation/validate.go`.
pub fn reason_in_words(reason: &str) -> String {
    let words = match reason {
        "too_old" => "older than Prometheus accepts",
        "out_of_order" => "older than what is stored already",
        "out_of_bound" => "outside of the time that Prometheus accepts",
        "structured_metadata_too_large" => "larger than `max_structured_metadata_size`",
        "structured_metadata_too_many" => "more attributes than `max_structured_metadata_entries_count`",
        "line_too_long" => "longer than `max_line_size`",
        "rate_limited" | "per_stream_rate_limit" => "more than Loki's rate limit",
        "greater_than_max_sample_age" => "older than `reject_old_samples_max_age`: old log lines, or a wrong clock",
        "too_far_behind" => "older than what is stored already",
        "too_far_in_future" => "in the future: a wrong clock",
        "stream_limit" => "more streams than Loki's limit",
        other => return format!("`{other}`"),
    };
    words.to_owned()
}

/// The scrape job of the collector's own metrics.
const COLLECTOR: &str = "otel-collector-self";

/// Totals of refused and dropped data, from the answer to `queries::hop_losses`.
pub fn losses(lost: &[Sample]) -> Losses {
    let (mut losses, mut reasons) = (Losses::default(), BTreeSet::new());
    let loki_counts = loki_counts_the_refusals(lost);
    for sample in lost {
        let (name, count) = (counter(sample), sample.value.round().max(0.0) as u64);
        if count == 0 {
            continue;
        }
        if name.starts_with("otelcol_receiver_") {
            losses.refused_by_collector += count;
        } else if name.starts_with("otelcol_exporter_send_failed_") {
            if is_exporter_of(sample, Service::Prometheus) {
                losses.rejected_by_prometheus += count;
            } else if !(loki_counts && is_exporter_of(sample, Service::Loki)) {
                losses.failed_in_collector += count;
            }
        } else if let Some(reason) = name.strip_prefix("prometheus_tsdb_") {
            reasons.insert(reason.trim_end_matches("_samples").to_owned());
        } else if name == "loki_discarded_samples" {
            let reason = label(&sample.labels, "reason").unwrap_or("unknown").to_owned();
            *losses.discarded_by_loki.entry(reason).or_default() += count;
        }
    }
    if losses.rejected_by_prometheus > 0 {
        losses.prometheus_reasons = reasons.into_iter().collect();
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
    }

    fn up(jobs: &[(&str, f64)]) -> Vec<Sample> {
        jobs.iter().map(|(job, value)| sample(&[("job", job)], *value)).collect()
    }

    #[test]
    fn every_hop_has_its_own_counter() {
        let otlp = |name, exporter| [("counter", name), ("exporter", exporter)];
        let counted = HopCounters {
            through: vec![
                sample(&[("counter", "otelcol_receiver_accepted_metric_points_total")], 60.0),
                // An older reader omits the suffix.
                sample(&[("counter", "otelcol_receiver_accepted_log_records")], 90.0),
                sample(&otlp("otelcol_exporter_sent_metric_points_total", "otlp_http/prometheus"), 120.0),
                sample(&otlp("otelcol_exporter_sent_metric_points_total", "prometheus"), 9999.0),
                sample(&otlp("otelcol_exporter_sent_log_records_total", "otlp_http/loki"), 150.0),
                sample(&otlp("otelcol_exporter_sent_spans_total", "otlp_grpc/jaeger"), 180.0),
                sample(&[("counter", "promtail_docker_target_entries_total")], 210.0),
                sample(&[("counter", "promtail_sent_entries_total")], 240.0),
                sample(&[("counter", "grafana_datasource_request_total"), ("datasource", "Prometheus")], 270.0),
                sample(&[("counter", "grafana_datasource_request_total"), ("datasource_type", "loki")], 1.0),
            ],
            lost: vec![
                sample(&[("counter", "otelcol_receiver_refused_log_records_total")], 4.0),
                sample(&otlp("otelcol_exporter_send_failed_log_records_total", "otlp_http/loki"), 5.0),
                sample(&otlp("otelcol_exporter_enqueue_failed_log_records_total", "otlp_http/loki"), 1.0),
                sample(&[("counter", "jaeger_collector_spans_dropped_total")], 7.0),
                sample(&[("counter", "promtail_dropped_entries_total")], 8.0),
                sample(
                    &[("counter", "grafana_datasource_request_total"), ("datasource", "Loki"), ("code", "502")],
                    9.0,
                ),
                sample(
                    &[("counter", "grafana_datasource_request_total"), ("datasource", "Loki"), ("code", "200")],
                    99.0,
                ),
            ],
            up: up(&[("otel-collector-self", 1.0), ("promtail", 1.0), ("grafana", 1.0)]),
            queues: Vec::new(),
        };
        let said = |hop: &Hop| {
            format!("{:?} {:?} {:?} {:?} {:?}", hop.from, hop.to, hop.signal, hop.per_second_milli, hop.lost)
        };
        let hops: Vec<String> = flow(&counted).hops.iter().map(said).collect();
        insta::assert_snapshot!(hops.join("\n"), @r"
        Agents Service(OtelCollector) Metrics Some(1000) Some(0)
        Agents Service(OtelCollector) Events Some(1500) Some(4)
        Agents Service(OtelCollector) Traces Some(0) Some(0)
        Service(OtelCollector) Service(Prometheus) Metrics Some(2000) Some(0)
        Service(OtelCollector) Service(Loki) Events Some(2500) Some(5)
        Service(OtelCollector) Service(Jaeger) Traces Some(3000) Some(7)
        Firewall Service(Promtail) Events Some(3500) Some(0)
        Service(Promtail) Service(Loki) Events Some(4000) Some(8)
        Service(Grafana) Service(Prometheus) Queries Some(4500) Some(0)
        Service(Grafana) Service(Loki) Queries Some(17) Some(9)
        Service(Grafana) Service(Jaeger) Queries Some(0) Some(0)
        ");
    }

    #[test]
    fn hops_of_unreachable_services_are_unknown() {
        let through = vec![sample(&[("counter", "promtail_sent_entries_total")], 240.0)];
        let up = up(&[("promtail", 0.0), ("grafana", 1.0)]);
        let counted = HopCounters { through, lost: Vec::new(), up, queues: Vec::new() };
        let hops = flow(&counted).hops;
        assert_eq!(hops.len(), 11);
        for hop in hops {
            let expected = (hop.from == Station::Service(Service::Grafana)).then_some(0);
            assert_eq!((hop.per_second_milli, hop.lost), (expected, expected), "{hop:?}");
        }
    }

    #[test]
    fn losses_are_reported_by_service() {
        let exporter = |name, exporter| [("counter", name), ("exporter", exporter)];
        let of_loki = exporter("otelcol_exporter_send_failed_log_records_total", "otlp_http/loki");
        let rejected = exporter("otelcol_exporter_send_failed_metric_points_total", "otlp_http/prometheus");
        let lost = [
            sample(&[("counter", "otelcol_receiver_refused_spans_total")], 1.0),
            sample(&[("counter", "otelcol_receiver_failed_log_records_total")], 2.0),
            sample(&exporter("otelcol_exporter_send_failed_spans_total", "otlp_grpc/jaeger"), 3.0),
            // Turned away by a full queue: the agent retries.
            sample(&exporter("otelcol_exporter_enqueue_failed_log_records_total", "otlp_http/loki"), 9.0),
            sample(&of_loki, 800.0),
            sample(&[("counter", "loki_discarded_samples_total"), ("reason", "rate_limited")], 4.0),
            sample(&[("counter", "loki_discarded_samples_total"), ("reason", "too_far_behind")], 0.0),
            sample(&rejected, 6.0),
            sample(&[("counter", "prometheus_tsdb_too_old_samples_total")], 6.0),
            sample(&[("counter", "promtail_dropped_entries_total")], 5.0),
        ];
        let expected = Losses {
            refused_by_collector: 3,
            failed_in_collector: 3,
            rejected_by_prometheus: 6,
            prometheus_reasons: vec!["too_old".to_owned()],
            discarded_by_loki: [("rate_limited".to_owned(), 4)].into(),
            ..Losses::default()
        };
        assert_eq!(losses(&lost), expected, "Loki stored the rest of the request");
        // Loki says nothing about it, so the whole request is lost.
        assert_eq!(losses(&[sample(&of_loki, 800.0)]).failed_in_collector, 800);
        let counted =
            HopCounters { lost: lost.to_vec(), up: up(&[("otel-collector-self", 1.0)]), ..HopCounters::default() };
        let flow = flow(&counted);
        let lost: Vec<Option<u64>> = flow.hops[3..6].iter().map(|hop| hop.lost).collect();
        assert_eq!(lost, [Some(6), Some(4), Some(3)]);
        assert_eq!(
            flow.warnings,
            [
                "Prometheus rejected 6 data points within the last 5 minutes (older than Prometheus accepts).",
                "Loki discarded 4 events or log lines within the last 5 minutes: more than Loki's rate limit.",
            ]
        );
    }

    #[test]
    fn a_queue_is_a_backlog_and_a_full_one_a_warning() {
        let queue = |store, name, bytes| sample(&[("exporter", store), ("queue", name)], bytes);
        let refused = sample(
            &[("counter", "otelcol_exporter_enqueue_failed_spans_total"), ("exporter", "otlp_grpc/jaeger")],
            1.0,
        );
        let counted = HopCounters {
            queues: vec![
                queue("otlp_http/prometheus", "size", 950.0),
                queue("otlp_http/prometheus", "capacity", 1000.0),
                queue("otlp_http/prometheus", "before", 700.0),
                queue("otlp_http/loki", "size", 500.0),
                queue("otlp_http/loki", "capacity", 1000.0),
                queue("otlp_http/loki", "before", 800.0),
                queue("otlp_grpc/jaeger", "size", 10.0),
            ],
            lost: vec![refused],
            ..HopCounters::default()
        };
        let flow = flow(&counted);
        let backlogs: Vec<_> = flow.hops.iter().filter_map(|hop| hop.backlog).collect();
        assert_eq!(
            backlogs,
            [
                Backlog { bytes: 950, capacity: 1000, grown: 250, full: true },
                Backlog { bytes: 500, capacity: 1000, grown: -300, full: false },
                Backlog { bytes: 10, capacity: 0, grown: 0, full: true },
            ]
        );
        let full = |store: &str| {
            format!(
                "The collector's queue for {store} is full. Agents are told to retry; what they give up on is lost."
            )
        };
        assert_eq!(flow.warnings, [full("Prometheus"), full("Jaeger")]);
    }
}
