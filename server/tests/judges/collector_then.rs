//! Whether the collector was running at a time, asked of a real Prometheus that measured it: through two runs of the stack,
//! a collector that crashed in between, and a Prometheus that was not there.

use std::fmt::Write as _;

use monitor_core::telemetry::{
    CollectorThen,
    series::Sample,
    stores::collector_then::{AROUND, collector_then, read_collector_then},
};

use super::{
    dashboard::{fill, start},
    real_prometheus::Answer,
};

/// The start of the first run, in seconds since 1970.
const BEGIN: u32 = 1_790_000_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn measurements_tell_whether_an_earlier_collector_was_running() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut page = "# TYPE up gauge\n".to_owned();
    // (from, to, whether the collector answered), in seconds after the begin.
    for (from, to, up) in [(0, 3600, 1), (3600, 5400, 0), (5400, 7200, 1), (90_000, 93_600, 1)] {
        for at in (from..to).step_by(15) {
            let _ = writeln!(page, "up{{job=\"otel-collector-self\",instance=\"a\"}} {up} {}", BEGIN + at);
        }
    }
    fill(folder.path(), &(page + "# EOF\n"));
    let prometheus = start(folder.path()).await;
    for (after, expected) in [
        (1800, CollectorThen::Running),
        (4500, CollectorThen::NotRunning),
        (6300, CollectorThen::Running),
        (50_000, CollectorThen::NotRunning),
        (92_000, CollectorThen::Running),
        (3590, CollectorThen::Unclear),
        (7190, CollectorThen::Unclear),
        (89_990, CollectorThen::Unclear),
        (-5000, CollectorThen::NotMeasured),
    ] {
        let at = f64::from(BEGIN) + f64::from(after) + AROUND as f64;
        let answers = prometheus.once(&collector_then(), Some(at)).await.unwrap_or_else(|said| panic!("{said}"));
        let sample = |answer: &Answer| Sample { labels: answer.labels.clone(), value: answer.value() };
        let samples: Vec<Sample> = answers.iter().map(sample).collect();
        assert_eq!(read_collector_then(&samples), expected, "{after} s after the begin: {samples:?}");
    }
}
