//! Totals of what was lost on the data path, from the services' own counters, and the warnings about it.

use std::collections::BTreeSet;

use super::hops::{counter, is_exporter_of};
use crate::{
    service::Service,
    telemetry::{
        Hop, LossReason, Losses, Station,
        series::{Sample, label},
    },
};

/// Totals of refused and dropped data, from the answer to `queries::hop_losses`.
pub fn total(lost: &[Sample]) -> Losses {
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

/// Whether the collector gave up on items of this kind: the store refused them for good. Data that a full queue turns
/// away is not lost yet: its senders retry.
pub(super) fn is_failure(sample: &Sample, kind: &str) -> bool {
    counter(sample).strip_prefix("otelcol_exporter_send_failed_") == Some(kind)
}

/// Whether Loki itself says what it refused of the collector's. The collector counts the whole request then, although
/// Loki stores the rest of it.
pub(super) fn loki_counts_the_refusals(lost: &[Sample]) -> bool {
    let is_refused = |sample: &Sample| is_failure(sample, "log_records") && is_exporter_of(sample, Service::Loki);
    let any = |is: &dyn Fn(&Sample) -> bool| lost.iter().any(|sample| sample.value > 0.0 && is(sample));
    any(&is_refused) && any(&|sample| counter(sample) == "loki_discarded_samples")
}

/// Warnings about the data path, each with what it means and what to do.
pub(super) fn warnings(hops: &[Hop], losses: &Losses) -> Vec<String> {
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
    let in_the_collector =
        [(losses.refused_by_collector, "refused"), (losses.failed_in_collector, "could not deliver")];
    for (count, what) in in_the_collector.into_iter().filter(|(count, _)| *count > 0) {
        let records = counted_as(count, "record", "records");
        warnings.push(format!(
            "The collector {what} {records} within the last 5 minutes. Its log says why: `clawker-monitor logs \
             otel-collector`."
        ));
    }
    if losses.rejected_by_prometheus > 0 {
        let points = counted_as(losses.rejected_by_prometheus, "data point", "data points");
        let reasons: Vec<LossReason> =
            losses.prometheus_reasons.iter().map(|reason| LossReason::named(reason)).collect();
        let meanings: Vec<&str> = reasons.iter().map(|reason| reason.meaning.as_str()).collect();
        let why = if meanings.is_empty() { String::new() } else { format!(": {}", meanings.join(", ")) };
        let advice = reasons.first().map_or("Its log says why: `clawker-monitor logs prometheus`.", |it| it.advice);
        warnings.push(format!("Prometheus rejected {points} within the last 5 minutes{why}. {advice}"));
    }
    for (reason, count) in &losses.discarded_by_loki {
        let lines = counted_as(*count, "event or log line", "events or log lines");
        let LossReason { meaning, advice } = LossReason::named(reason);
        warnings.push(format!("Loki discarded {lines} within the last 5 minutes: {meaning}. {advice}"));
    }
    warnings
}

fn counted_as(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::stores::hops::{HopCounters, flow};

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        let labels = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { labels, value }
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
            // Refused by a full queue: the agent retries.
            sample(&exporter("otelcol_exporter_enqueue_failed_log_records_total", "otlp_http/loki"), 9.0),
            sample(&of_loki, 800.0),
            sample(&[("counter", "loki_discarded_samples_total"), ("reason", "line_too_long")], 4.0),
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
            discarded_by_loki: [("line_too_long".to_owned(), 4)].into(),
            ..Losses::default()
        };
        assert_eq!(total(&lost), expected, "Loki stored the rest of the request");
        // Loki counted nothing, so the whole request is lost.
        assert_eq!(total(&[sample(&of_loki, 800.0)]).failed_in_collector, 800);
        let counted = HopCounters {
            lost: lost.to_vec(),
            up: vec![sample(&[("job", "otel-collector-self")], 1.0)],
            ..HopCounters::default()
        };
        let flow = flow(&counted);
        let lost: Vec<Option<u64>> = flow.hops[3..6].iter().map(|hop| hop.lost).collect();
        assert_eq!(lost, [Some(6), Some(4), Some(3)]);
        for (warning, beginning) in flow.warnings.iter().zip([
            "The collector refused 3 records within the last 5 minutes. Its log says why",
            "The collector could not deliver 3 records within the last 5 minutes.",
            "Prometheus rejected 6 data points within the last 5 minutes: older than Prometheus accepts. Data",
            "Loki discarded 4 events or log lines within the last 5 minutes: longer than `max_line_size`, 1 MB. Record",
        ]) {
            assert!(warning.starts_with(beginning), "{warning}");
        }
        assert_eq!(flow.warnings.len(), 4);
    }

    #[test]
    fn every_reason_is_explained_and_has_a_fix_of_its_own_kind() {
        for (reason, meaning, fix) in [
            ("greater_than_max_sample_age", "a wrong clock", "sent again after a restart need no action"),
            ("too_far_in_future", "a wrong clock", "Set the clock"),
            ("rate_limited", "more at once", "It is sent again later"),
            ("per_stream_rate_limit", "more at once", "It is sent again later"),
            ("structured_metadata_too_large", "attributes are larger", "Record less text"),
            ("line_too_long", "`max_line_size`", "Record less text"),
            ("structured_metadata_too_many", "more attributes", "`OTEL_RESOURCE_ATTRIBUTES`"),
            ("blocked_ingestion", "`blocked_ingestion`", "`clawker-monitor logs loki`"),
        ] {
            let losses = Losses { discarded_by_loki: [(reason.to_owned(), 1)].into(), ..Losses::default() };
            let said = warnings(&[], &losses).join("\n");
            assert!(said.starts_with("Loki discarded 1 event or log line within"), "{said}");
            assert!(said.contains(meaning) && said.contains(fix) && !said.contains("clawker-monitor up"), "{said}");
        }
    }
}
