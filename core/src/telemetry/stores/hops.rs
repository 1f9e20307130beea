//! Computes the data flow from the services' own counters.

use super::losses::{is_failure, loki_counts_the_refusals, total, warnings};
use crate::{
    service::Service,
    telemetry::{
        Backlog, Flow, Hop, Signal, Station,
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
    /// `queries::reachable_services`: the services that Prometheus can scrape, and could a minute ago.
    pub up: Vec<Sample>,
    /// `queries::queues`.
    pub queues: Vec<Sample>,
}

impl HopCounters {
    /// Sums the matching counters; `None` if the service can't be scraped, because then there are no counters.
    fn sum(&self, samples: &[Sample], job: &str, is: &Is<'_>) -> Option<f64> {
        self.is_up(job, None).then(|| samples.iter().filter(|sample| is(sample)).map(|sample| sample.value).sum())
    }

    /// The same of growth within a minute, of which nothing is known after Prometheus or the service was away.
    fn rate(&self, job: &str, is: &Is<'_>) -> Option<f64> {
        self.sum(&self.through, job, is).filter(|_| self.is_up(job, Some("before")))
    }

    fn is_up(&self, job: &str, when: Option<&str>) -> bool {
        let of = |sample: &Sample| label(&sample.labels, "job") == Some(job) && label(&sample.labels, "when") == when;
        self.up.iter().any(|sample| of(sample) && sample.value > 0.0)
    }

    fn hop(&self, leg: (Station, Station, Signal), job: &str, through: &Is<'_>, lost: &Is<'_>) -> Hop {
        let (from, to, signal) = leg;
        let whole = |value: f64| value.round().max(0.0) as u64;
        Hop {
            from,
            to,
            signal,
            per_second_milli: self.rate(job, through).map(|minute| whole(minute * 1000.0 / 60.0)),
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
        let enqueue_failed = format!("otelcol_exporter_enqueue_failed_{kind}");
        let refuses = |sample: &&Sample| counter(sample) == enqueue_failed && is_exporter_of(sample, store);
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
pub(super) fn counter(sample: &Sample) -> &str {
    label(&sample.labels, "counter").map_or("", |name| name.strip_suffix("_total").unwrap_or(name))
}

fn is_code(sample: &Sample, beginning: char) -> bool {
    label(&sample.labels, "code").is_some_and(|code| code.starts_with(beginning))
}

/// Whether the exporter sends to this store: `otlp_http/loki`. The exporter `prometheus` only offers metrics to scrapers.
pub(super) fn is_exporter_of(sample: &Sample, store: Service) -> bool {
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
    let warnings = warnings(&hops, &total(&counted.lost));
    Flow { hops, error: None, warnings }
}

/// The scrape job of the collector's own metrics.
const COLLECTOR: &str = "otel-collector-self";

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
    }

    /// All services can be scraped, now or when it says.
    fn up(when: Option<&str>) -> Vec<Sample> {
        let labels = |job| [("job", job)].into_iter().chain(when.map(|when| ("when", when))).collect::<Vec<_>>();
        ["otel-collector-self", "promtail", "grafana"].map(|job| sample(&labels(job), 1.0)).into()
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
            up: [up(None), up(Some("before"))].concat(),
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
        let job = |name, value| sample(&[("job", name)], value);
        let grafana_before = sample(&[("job", "grafana"), ("when", "before")], 1.0);
        let up = vec![job("promtail", 0.0), job("grafana", 1.0), grafana_before];
        let counted = HopCounters { through, lost: Vec::new(), up, queues: Vec::new() };
        let hops = flow(&counted).hops;
        assert_eq!(hops.len(), 11);
        for hop in hops {
            let expected = (hop.from == Station::Service(Service::Grafana)).then_some(0);
            assert_eq!((hop.per_second_milli, hop.lost), (expected, expected), "{hop:?}");
        }
    }

    #[test]
    fn rates_are_unknown_until_there_is_a_minute_to_compare_with() {
        let counted = HopCounters { up: up(None), ..HopCounters::default() };
        for hop in flow(&counted).hops {
            assert_eq!((hop.per_second_milli, hop.lost), (None, Some(0)), "{hop:?}");
        }
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
