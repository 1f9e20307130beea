//! `promtool` on `prometheus.yaml`.

use std::{path::Path, process::Command};

use monitor_core::{dashboard::PanelId, settings::Settings};

use super::{
    dashboard::question,
    machine::{MonitorFolder, every_case, program},
    queries::Chosen,
};

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn promtool_accepts_the_generated_file() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let knows_retention = knows_retention(&promtool);
    for (case, settings) in every_case() {
        let folder = MonitorFolder::write("monitor", &settings);
        if !knows_retention {
            leave_out_retention(Path::new(&folder.facts.directory));
        }
        let said = folder.ask(&promtool, &["check", "config", "prometheus.yaml"]);
        assert!(said.contains("SUCCESS"), "{case}: {said}");
    }
}

/// Whether this promtool supports retention in the file. The pinned version does; Debian's 2.42 and 3.5 do not.
fn knows_retention(promtool: &Path) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("retention.yaml");
    std::fs::write(&file, format!("{RETENTION}30d\n")).expect("a file");
    let output = Command::new(promtool).args(["check", "config"]).arg(&file).output().expect("promtool starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains("field retention not found"), "{said}");
    output.status.success()
}

/// Removes the retention from a generated `prometheus.yaml`, for a Prometheus that does not support it.
pub fn leave_out_retention(folder: &Path) {
    let path = folder.join("prometheus.yaml");
    let text = std::fs::read_to_string(&path).expect("it was written");
    let (before, after) = text.split_once(RETENTION).expect("the retention is where this test looks for it");
    let (_time, after) = after.split_once('\n').expect("its line ends");
    std::fs::write(&path, format!("{before}{after}")).expect("it can be written");
}

const RETENTION: &str = "storage:\n  tsdb:\n    retention:\n      time: ";

/// Sessions in the second of 2 hours: one that existed before and adds 30, one that starts with 7 and stays there, and
/// one whose counter restarts with the collector. Then two on a machine that was asleep when the hour began: one
/// continues unchanged, the other restarts during the gap.
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
      - series: 'claude_code_lines_of_code_count_total{type="asleep", project="p", agent="a", session_id="asleep"}'
        values: '40x20 _x60 40x50'
      - series: 'claude_code_lines_of_code_count_total{type="anew", project="p", agent="a", session_id="anew"}'
        values: '40x20 _x60 3x50'
    promql_expr_test:
      - expr: 'EXPRESSION'
        eval_time: 2h
        exp_samples:
          - labels: '{type="added"}'
            value: 37
          - labels: '{type="removed"}'
            value: 5
          - labels: '{type="asleep"}'
            value: 0
          - labels: '{type="anew"}'
            value: 3
"#;

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn a_new_or_restarted_counter_is_counted_in_full() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let folder = MonitorFolder::write("monitor", &Settings::default());
    let expression = Chosen::all().fill(&question(PanelId::LinesChanged, "A"));
    let path = Path::new(&folder.facts.directory).join("sessions.yaml");
    std::fs::write(path, SESSIONS.replace("EXPRESSION", &expression)).expect("a file");
    let said = folder.ask(&promtool, &["test", "rules", "sessions.yaml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}
