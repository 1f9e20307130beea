//! `promtool` on `prometheus.yaml`.

use std::process::Command;

use super::machine::{MonitorFolder, every_case, program};

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn promtool_finds_nothing_wrong() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let version = Command::new(&promtool).arg("--version").output().expect("promtool starts").stdout;
    // Debian's promtool is of Prometheus 2 and does not know retention in the file; the pinned Prometheus 3 does.
    let knows_retention = !String::from_utf8_lossy(&version).contains("version 2.");
    for (case, settings) in every_case() {
        let folder = MonitorFolder::write("monitor", &settings);
        if !knows_retention {
            let path = std::path::Path::new(&folder.facts.directory).join("prometheus.yaml");
            let text = std::fs::read_to_string(&path).expect("it was written");
            let without = text.replace(RETENTION, "");
            assert_ne!(text, without, "the retention block is where this test looks for it");
            std::fs::write(&path, without).expect("it can be written");
        }
        let said = folder.ask(&promtool, &["check", "config", "prometheus.yaml"]);
        assert!(said.contains("SUCCESS"), "{case}: {said}");
    }
}

const RETENTION: &str = "storage:\n  tsdb:\n    retention:\n      time: 30d\n";

/// Three sessions in one hour: one that was there before and adds 30, one that begins with 7 and says no more, one
/// whose counter starts anew when the collector does.
const SESSIONS: &str = r#"
rule_files: []
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'claude_code_lines_of_code_count_total{type="added", project="p", agent="a", session_id="before"}'
        values: '100x70 110 120 130x50'
      - series: 'claude_code_lines_of_code_count_total{type="added", project="p", agent="a", session_id="new"}'
        values: '_x90 7x30'
      - series: 'claude_code_lines_of_code_count_total{type="removed", project="p", agent="a", session_id="restarted"}'
        values: '50x80 0x20 5x30'
    promql_expr_test:
      - expr: 'EXPRESSION'
        eval_time: 2h
        exp_samples:
          - labels: '{type="added"}'
            value: 37
          - labels: '{type="removed"}'
            value: 5
"#;

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn a_counter_that_is_new_or_was_restarted_is_counted_whole() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let folder = MonitorFolder::write("monitor", &monitor_core::settings::Settings::default());
    let path = std::path::Path::new(&folder.facts.directory);
    let dashboard = std::fs::read_to_string(path.join("grafana-dashboard.json")).expect("it was written");
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).expect("JSON");
    let lines = monitor_core::dashboard::PanelId::LinesChanged.number();
    let panel = dashboard["panels"]
        .as_array()
        .and_then(|panels| panels.iter().find(|panel| panel["id"] == lines))
        .expect("the panel of changed lines");
    let expression = panel["targets"][0]["expr"].as_str().expect("its query").replace("$__range", "1h");
    let expression = ["$project", "$agent", "$session_id"]
        .into_iter()
        .fold(expression, |expression, variable| expression.replace(variable, ".*"));
    std::fs::write(path.join("sessions.yaml"), SESSIONS.replace("EXPRESSION", &expression)).expect("a file");
    let said = folder.ask(&promtool, &["test", "rules", "sessions.yaml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}
