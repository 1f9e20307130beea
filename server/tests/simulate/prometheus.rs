//! A real Prometheus with simulated data as scraped from the collector agrees with the ledger to the last token and
//! micro-dollar, across every gap.

use std::process::Command;

use super::{
    collector::{Collector, points},
    machine::program,
    play::{Truth, play, same, simulation, truths},
    real_prometheus::{Prometheus, free_port},
    recorded::{Delta, history},
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn prometheus_agrees_with_the_ledger() {
    let collector = Collector::start(|_| None).await;
    let report = play(&simulation(&collector, 2)).await;
    let deltas: Vec<Delta> = points(&collector.received()).into_iter().map(|arrived| arrived.delta).collect();
    // The timestamps are compressed by the rate. This restores them, so that scrapes every 30 s see realistic data.
    let begin = deltas.iter().map(|delta| delta.time).fold(f64::INFINITY, f64::min).floor();
    let stretched: Vec<Delta> = deltas
        .into_iter()
        .map(|delta| Delta { time: begin + (delta.time - begin) * simulation(&collector, 2).rate, ..delta })
        .collect();
    let end = stretched.iter().map(|delta| delta.time).fold(0.0, f64::max).ceil() + 60.0;
    let scrapes: Vec<f64> = (0..).map(|n| begin + 30.0 * f64::from(n)).take_while(|time| *time <= end).collect();

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("samples.txt"), history(&stretched, &scrapes)).expect("a file");
    let filled = Command::new(program("MONITOR_TEST_PROMTOOL"))
        .current_dir(folder.path())
        .args(["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"])
        .output()
        .expect("promtool starts");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    std::fs::write(folder.path().join("prometheus.yaml"), "scrape_configs: []\n").expect("a file");
    let address = format!("127.0.0.1:{}", free_port("127.0.0.1"));
    let arguments = [
        "--config.file=prometheus.yaml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
        "--storage.tsdb.retention.time=100y".to_owned(),
    ];
    let prometheus = Prometheus::start(folder.path(), &address, &arguments).await.expect("it starts");

    for Truth { metric, having, sum: truth } in truths(&report) {
        let labels: Vec<String> = having.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        // The last value of each series, also of sessions that ended long ago.
        let question = format!("sum(last_over_time({metric}{{{}}}[4h]))", labels.join(","));
        let answers = prometheus.once(&question, Some(end)).await.expect("an answer");
        let found = answers.first().map_or(0.0, |answer| answer.value());
        assert!(same(found, truth), "{question} is {found}, the ledger says {truth}");
    }
    let tokens = r#"count(count by (project, agent) (last_over_time(claude_code_token_usage_tokens_total[4h])))"#;
    let agents = prometheus.once(tokens, Some(end)).await.expect("an answer");
    assert_eq!(agents[0].value(), report.agents.len() as f64, "every agent is there");
}
