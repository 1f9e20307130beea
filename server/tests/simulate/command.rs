//! The `simulate` command.

use std::process::{Command, Output};

use super::{collector::Collector, real_prometheus::free_port};

fn simulate(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_clawker-monitor"))
        .arg("simulate")
        .args(arguments)
        .env("CLAWKER_CONFIG_DIR", folder.path())
        .env("CLAWKER_DATA_DIR", folder.path())
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .output()
        .expect("the binary starts")
}

#[test]
fn without_a_collector_the_error_says_what_to_do() {
    let base = format!("http://127.0.0.1:{}", free_port("127.0.0.1"));
    let output = simulate(&["--for", "1s", "--endpoint", &base]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with(&format!("error: no collector accepts telemetry at `{base}/v1/metrics`: ")), "{said}");
    assert!(said.contains("refused") && said.contains("\nhint: start the stack (`clawker-monitor up`)"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn invalid_arguments_exit_with_code_2() {
    for arguments in [["--for", "ten"], ["--rate", "0"], ["--agents", "0"], ["--endpoint", "localhost"]] {
        assert_eq!(simulate(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_json_on_standard_output_or_a_table() {
    let collector = Collector::start(|_| None).await;
    let base = collector.base.clone();
    let run = async |more: &'static [&'static str]| {
        let base = base.clone();
        let work =
            move || simulate(&[&["--for", "1s", "--rate", "600", "--agents", "2", "--endpoint", &base], more].concat());
        tokio::task::spawn_blocking(work).await.expect("it ran")
    };
    let json = run(&["--json"]).await;
    assert!(json.status.success(), "{}", String::from_utf8_lossy(&json.stderr));
    assert_eq!(String::from_utf8_lossy(&json.stderr), "");
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(report["requests"]["accepted"], collector.received().accepted.len());
    assert_eq!((&report["mark"], &report["seed"]), (&"clawker.simulated=true".into(), &1.into()));
    assert_eq!(report["agents"].as_array().map(Vec::len), Some(2));
    let cost = report["total"]["events"]["cost_micro_usd"].as_u64().expect("a number");
    assert!(cost > 0);

    let table = run(&[]).await;
    let said = String::from_utf8_lossy(&table.stdout);
    let total = said.lines().find(|line| line.starts_with("total")).expect("a line of sums");
    assert!(total.contains(&format!("${}.{:06}", cost / 1_000_000, cost % 1_000_000)), "{said}");
    assert!(String::from_utf8_lossy(&table.stderr).contains("requests"), "without a terminal, progress is lines");
}
