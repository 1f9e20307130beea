//! Rows about data that is lost on its way, that differs, or of which nothing is known.

use super::*;

pub(super) fn downstream() -> Vec<Row> {
    let discarded = |losses: &mut Losses| {
        losses.discarded_by_loki.insert("structured_metadata_too_large".into(), 3);
    };
    let own = |losses: &mut Losses, count: u64| {
        let reasons = [("structured_metadata_too_large".to_owned(), count)].into();
        losses.discarded_from.insert(owner(Some("shop"), Some("dev")), reasons);
    };
    let missing = |last: &str, change: fn(&mut Mismatch)| {
        let mut mismatch = Mismatch {
            metrics_say_less: true,
            beyond_long_intervals: false,
            cost_by_metrics: 400_000,
            cost_by_events: 1_234_567,
            tokens_by_metrics: 40_000,
            tokens_by_events: 120_000,
            last_arrived: Some(at(last)),
        };
        change(&mut mismatch);
        move |losses: &mut Losses| {
            losses.mismatches.insert(owner(Some("shop"), Some("dev")), mismatch);
        }
    };
    let with_interval = |interval: &str| healthy().baked(&format!("OTEL_METRIC_EXPORT_INTERVAL={interval}"));
    vec![
        ("data was refused, and nothing was ever heard", silent().losses(|losses| losses.refused_by_collector = 7)),
        (
            "old lines of somebody else were discarded, and nothing was ever heard",
            silent().losses(|losses| {
                losses.discarded_by_loki.insert("greater_than_max_sample_age".into(), 3);
            }),
        ),
        ("its own events were discarded, and nothing was ever heard", silent().losses(|losses| own(losses, 3))),
        (
            "data was lost, and it is heard",
            healthy().losses(|losses| {
                losses.failed_in_collector = 2;
                discarded(losses);
            }),
        ),
        ("data was lost, and it is quiet", healthy().heard("11:00:00").losses(discarded)),
        (
            "Prometheus and Loki refused data, also this agent's",
            healthy().losses(|losses| {
                losses.rejected_by_prometheus = 6;
                losses.prometheus_reasons = vec!["too_old".into()];
                own(losses, 2);
                discarded(losses);
            }),
        ),
        ("its metrics stopped", healthy().losses(missing("10:00:00", |_| {}))),
        ("its metrics had a gap", healthy().losses(missing("11:58:00", |_| {}))),
        (
            "its metrics stopped because of their exporter",
            healthy().filed("OTEL_METRICS_EXPORTER=none").losses(missing("10:00:00", |_| {})),
        ),
        (
            "its metrics are rejected",
            healthy().losses(missing("10:00:00", |_| {})).losses(|losses| {
                losses.rejected_by_prometheus = 6;
                losses.prometheus_reasons = vec!["out_of_order".into()];
            }),
        ),
        (
            "metrics every half hour, which are not there yet",
            with_interval("1800000").losses(missing("11:40:00", |_| {})),
        ),
        (
            "metrics every half hour, which stopped",
            with_interval("1800000").losses(missing("09:00:00", |it| it.beyond_long_intervals = true)),
        ),
        (
            "metrics every hour cannot be compared",
            with_interval("3600000").losses(missing("09:00:00", |it| it.beyond_long_intervals = true)),
        ),
        (
            "only its metrics arrive",
            healthy().losses(|losses| {
                let mismatch = Mismatch { cost_by_metrics: 1_234_567, ..Mismatch::default() };
                losses.mismatches.insert(owner(Some("shop"), Some("dev")), mismatch);
            }),
        ),
        ("no store responds", silent().stores_down()),
        ("no store answers, and it was switched off", silent().filed(OFF).stores_down()),
        (
            "no store answers, and the collector does not run",
            silent().stores_down().collector(|collector| {
                collector.running = false;
            }),
        ),
        ("no store answers, and it does not run", silent().stores_down().stopped("11:00:00")),
    ]
}
