//! Whether the collector was running at a time, by Prometheus' measurements of it. They outlive its container.

use crate::telemetry::{
    CollectorThen,
    series::{Sample, label},
};

/// How far the query looks in both directions, in seconds. Prometheus measures every 15 s.
pub const AROUND: u64 = 60;

/// The query, to be asked for the time that is `AROUND` seconds after the time in question. By `part`: the last measurement
/// `before` and `after` that time (1 if the collector answered), and whether there are `earlier` ones at all.
pub fn collector_then() -> String {
    let up = r#"up{job="otel-collector-self"}"#;
    [
        ("before", format!("max(last_over_time({up}[{AROUND}s] offset {AROUND}s))")),
        ("after", format!("max(last_over_time({up}[{AROUND}s]))")),
        ("earlier", format!("max(present_over_time({up}[30d] offset {AROUND}s))")),
    ]
    .map(|(part, measurement)| format!(r#"label_replace({measurement}, "part", "{part}", "", "")"#))
    .join(" or ")
}

/// What the answer to `collector_then` says. A measurement on one side alone is no proof: the collector may have been started
/// or stopped in between, or Prometheus may have been.
pub fn read_collector_then(samples: &[Sample]) -> CollectorThen {
    let part = |name: &str| samples.iter().find(|sample| label(&sample.labels, "part") == Some(name));
    let answered = |name: &str| part(name).is_some_and(|sample| sample.value == 1.0);
    match (answered("before"), answered("after"), part("earlier").is_some()) {
        (true, true, _) => CollectorThen::Running,
        (false, false, true) => CollectorThen::NotRunning,
        (false, false, false) => CollectorThen::NotMeasured,
        _ => CollectorThen::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_measurements_on_both_sides_prove_that_it_was_running() {
        let of = |parts: &[(&str, f64)]| {
            let sample = |(part, value): &(&str, f64)| Sample {
                labels: [("part".to_owned(), (*part).to_owned())].into(),
                value: *value,
            };
            read_collector_then(&parts.iter().map(sample).collect::<Vec<_>>())
        };
        for (parts, expected) in [
            (&[("before", 1.0), ("after", 1.0), ("earlier", 1.0)][..], CollectorThen::Running),
            (&[("before", 0.0), ("after", 0.0), ("earlier", 1.0)], CollectorThen::NotRunning),
            (&[("earlier", 1.0)], CollectorThen::NotRunning),
            (&[], CollectorThen::NotMeasured),
            (&[("before", 1.0), ("earlier", 1.0)], CollectorThen::Unclear),
            (&[("before", 0.0), ("after", 1.0), ("earlier", 1.0)], CollectorThen::Unclear),
            (&[("after", 1.0)], CollectorThen::Unclear),
        ] {
            assert_eq!(of(parts), expected, "{parts:?}");
        }
    }
}
