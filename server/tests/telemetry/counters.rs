//! A real Prometheus that holds what simulated agents sent. The panel's queries must return the ledger's numbers, from
//! metrics as well as from events.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    process::Command,
    sync::Arc,
};

use clawker_monitor::telemetry::{StackStores, StackTelemetry, TelemetrySource as _};
use monitor_core::{
    service::Service,
    telemetry::{Owner, Range, Sender},
};

use super::{
    ledger::{check_events, check_metrics, check_requests, check_sessions},
    machine::program,
    real_prometheus::{Prometheus, free_port},
    sent::{Sends, Sent, played, sent},
    store::running,
};

/// The samples as input of `promtool tsdb create-blocks-from openmetrics`. Several at the same millisecond are added up,
/// as the collector does, except for times.
fn history(all: &[Sent]) -> String {
    let mut series: BTreeMap<(&str, Vec<String>), BTreeMap<i64, f64>> = BTreeMap::new();
    for Sent { name, labels, at, value } in all {
        let labels = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        let known = series.entry((name, labels)).or_default().entry(*at).or_default();
        *known = if name.contains("clawker_last_") { *value } else { *known + value };
    }
    let (mut page, mut families) = (String::new(), BTreeSet::new());
    for ((name, labels), samples) in series {
        if families.insert(name) {
            let _ = writeln!(page, "# TYPE {name} unknown");
        }
        for (at, value) in samples {
            let _ = writeln!(page, "{name}{{{}}} {value} {}.{:03}", labels.join(","), at / 1000, at % 1000);
        }
    }
    page + "# EOF\n"
}

struct Filled {
    telemetry: StackTelemetry,
    _prometheus: Prometheus,
    _folder: tempfile::TempDir,
}

/// A telemetry source with a Prometheus that has these samples, and without Loki.
async fn filled(samples: &[Sent]) -> Filled {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("samples.txt"), history(samples)).expect("a file");
    let filled = Command::new(program("MONITOR_TEST_PROMTOOL"))
        .current_dir(folder.path())
        .args(["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"])
        .output()
        .expect("promtool starts");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    std::fs::write(folder.path().join("prometheus.yaml"), "scrape_configs: []\n").expect("a file");
    let port = free_port("127.0.0.1");
    let address = format!("127.0.0.1:{port}");
    let arguments = [
        "--config.file=prometheus.yaml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
    ];
    let prometheus = Prometheus::start(folder.path(), &address, &arguments).await.expect("it starts");
    let telemetry = StackTelemetry::new(Arc::new(StackStores::new(None).expect("a client")));
    telemetry.stores().locate(&[running(Service::Prometheus, port)]);
    Filled { telemetry, _prometheus: prometheus, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_numbers_of_a_real_prometheus_agree_with_the_ledger() {
    let (report, received) = played(4).await;
    for sends in [Sends::Both, Sends::Events, Sends::Metrics] {
        let samples = sent(&received, sends);
        let Filled { telemetry, .. } = &filled(&samples).await;
        for range in [Range::SixHours, Range::Day, Range::Week] {
            let numbers = telemetry.numbers(range).await;
            assert_eq!((numbers.missing.as_slice(), numbers.owners.len()), (&[][..], report.agents.len()), "{sends:?}");
            for (mine, agent) in report.agents.iter().map(|agent| {
                let owner = Owner::new(Some(&agent.project), Some(&agent.agent));
                (numbers.owners.iter().find(|of| of.owner == owner).expect("its numbers"), agent)
            }) {
                check_requests(mine, agent);
                if sends != Sends::Metrics {
                    check_events(mine, agent);
                    let sender = Sender { owner: mine.owner.clone(), simulated: true };
                    check_sessions(&telemetry.sessions(&sender, range).await.expect("sessions"), agent);
                    assert_eq!(telemetry.sessions(&Sender::real(sender.owner), range).await, Ok(Vec::new()));
                }
                if sends != Sends::Events {
                    check_metrics(mine, agent);
                }
            }
        }
        let heard = telemetry.last_seen().await.expect("an answer");
        assert_eq!((heard.owners.len(), heard.simulated.len()), (0, report.agents.len()));
        for (owner, heard) in &heard.simulated {
            let mine = |sent: &&Sent| {
                sent.labels.get("agent") == owner.agent.as_ref() && sent.labels.get("project") == owner.project.as_ref()
            };
            let last = samples.iter().filter(mine).map(|sent| sent.at).max().expect("a sample") as f64 / 1000.0;
            let said = heard.last_seen.expect("a moment").unix_milliseconds() as f64 / 1000.0;
            assert_eq!(said, last.floor(), "{sends:?} {owner:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn a_shorter_range_counts_only_what_happened_in_it() {
    let (_, received) = played(4).await;
    let samples = sent(&received, Sends::Both);
    let Filled { telemetry, .. } = &filled(&samples).await;
    let numbers = telemetry.numbers(Range::Hour).await;
    let end = numbers.at.unix_milliseconds();
    let mut truth: BTreeMap<Owner, f64> = BTreeMap::new();
    for Sent { name, labels, at, value } in &samples {
        if name == "claude_code_cost_usage_USD_total" && *at > end - 3_600_000 {
            *truth.entry(Owner::from_labels(labels)).or_default() += value;
        }
    }
    assert!(!truth.is_empty());
    for mine in &numbers.owners {
        let cost = truth.remove(&mine.owner).unwrap_or_default();
        assert_eq!(mine.cost_micro_usd, Some((cost * 1e6).round() as u64), "{:?}", mine.owner);
    }
    assert!(truth.is_empty(), "{truth:?}");
}
