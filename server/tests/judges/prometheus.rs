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
    std::fs::write(&file, format!("storage:\n  tsdb:\n{RETENTION}30d\n")).expect("a file");
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

const RETENTION: &str = "    retention:\n      time: ";

/// In the last hour of 2, by session and by agent: an agent with both, one with events only, one that began to send metrics with its second
/// session, one without sessions on its metrics, one whose samples an older release of the stack scraped, and one whose
/// data is all too old.
const AGENTS: &str = r#"
rule_files: []
evaluation_interval: 1m
fuzzy_compare: true
tests:
  - interval: 1m
    input_series:
      - series: 'claude_code_cost_usage_USD_total{temporality="delta", project="p", agent="both", session_id="1", model="m"}'
        values: '_x89 1 2 3'
      - series: 'clawker_request_cost_usd{temporality="delta", project="p", agent="both", session_id="1", model="m"}'
        values: '_x88 1 2 2.5'
      - series: 'clawker_request_cost_usd{temporality="delta", project="p", agent="events", session_id="2", model="m"}'
        values: '_x89 4 5'
      - series: 'clawker_request_cost_usd{temporality="delta", project="p", agent="later", session_id="3", model="n"}'
        values: '_x69 6'
      - series: 'clawker_request_cost_usd{temporality="delta", project="p", agent="later", session_id="4", model="m"}'
        values: '_x99 7'
      - series: 'claude_code_cost_usage_USD_total{temporality="delta", project="p", agent="later", session_id="4", model="m"}'
        values: '_x100 7'
      - series: 'claude_code_cost_usage_USD_total{temporality="delta", project="p", agent="nameless", model="m"}'
        values: '_x90 10'
      - series: 'clawker_request_cost_usd{temporality="delta", project="p", agent="nameless", session_id="5", model="m"}'
        values: '_x90 10'
      - series: 'claude_code_cost_usage_USD_total{project="p", agent="scraped", session_id="6", model="m"}'
        values: '0+1x120'
      - series: 'claude_code_cost_usage_USD_total{temporality="delta", project="p", agent="old", session_id="7", model="m"}'
        values: '_x59 100 _x60'
      - series: 'clawker_request_errors{temporality="delta", project="p", agent="both", session_id="1", model="m", status_code="529"}'
        values: '_x89 1 2'
      - series: 'clawker_request_errors{temporality="delta", project="p", agent="both", session_id="1", model="m", status_code="429"}'
        values: '_x89 1'
      - series: 'clawker_request_errors{temporality="delta", project="p", agent="both", session_id="1", model="m", status_code="500"}'
        values: '_x89 1'
      - series: 'clawker_request_errors{temporality="delta", project="p", agent="both", session_id="1", model="m"}'
        values: '_x89 1'
      - series: 'clawker_request_errors{temporality="delta", project="p", agent="old", session_id="7", model="m", status_code="undefined"}'
        values: '_x89 1'
    promql_expr_test:
      - expr: 'ERRORS'
        eval_time: 2h
        exp_samples:
          - labels: '{model="m", status_code="529 overloaded"}'
            value: 3
          - labels: '{model="m", status_code="429 rate limit"}'
            value: 1
          - labels: '{model="m", status_code="500"}'
            value: 1
          - labels: '{model="m", status_code="no response"}'
            value: 1
          - labels: '{model="m", status_code="undefined (no response)"}'
            value: 1
      - expr: 'COST_BY_OWNER'
        eval_time: 2h
        exp_samples:
          - labels: '{project="p", agent="both"}'
            value: 6
          - labels: '{project="p", agent="events"}'
            value: 9
          - labels: '{project="p", agent="later"}'
            value: 13
          - labels: '{project="p", agent="nameless"}'
            value: 10
      - expr: 'COST_BY_MODEL'
        eval_time: 2h
        exp_samples:
          - labels: '{model="m"}'
            value: 32
          - labels: '{model="n"}'
            value: 6
      - expr: 'COST_BY_SESSION'
        eval_time: 2h
        exp_samples:
          - labels: '{project="p", agent="both", session_id="1"}'
            value: 6
          - labels: '{project="p", agent="events", session_id="2"}'
            value: 9
          - labels: '{project="p", agent="later", session_id="3"}'
            value: 6
          - labels: '{project="p", agent="later", session_id="4"}'
            value: 7
          - labels: '{project="p", agent="nameless", session_id="5"}'
            value: 10
"#;

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn own_metrics_are_preferred_and_errors_are_named() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let folder = MonitorFolder::write("monitor", &Settings::default());
    let questions = [
        ("ERRORS", PanelId::ErrorBreakdown),
        ("COST_BY_OWNER", PanelId::CostByOwner),
        ("COST_BY_MODEL", PanelId::CostByModel),
        ("COST_BY_SESSION", PanelId::SessionTable),
    ];
    let filled = questions
        .iter()
        .fold(AGENTS.to_owned(), |text, (name, panel)| text.replace(name, &Chosen::all().fill(&question(*panel, "A"))));
    let filled = with_series_by_agent(&filled);
    let path = Path::new(&folder.facts.directory).join("agents.yaml");
    std::fs::write(path, filled).expect("a file");
    let said = folder.ask(&promtool, &["test", "rules", "agents.yaml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}

/// Adds to each series by session the one by agent, whose labels have no session. No two sessions of an agent may then
/// have the same labels.
fn with_series_by_agent(rules: &str) -> String {
    let mut filled = String::new();
    let mut lines = rules.lines();
    while let Some(line) = lines.next() {
        filled.extend([line, "\n"]);
        let Some(series) = line.trim_start().strip_prefix("- series: '") else { continue };
        let values = lines.next().expect("a series has values");
        let (before, after) = series.split_once(", session_id=").unwrap_or((series, ""));
        let rest = after.split_once(',').map_or("", |(_, rest)| rest);
        let comma = if rest.is_empty() { "" } else { "," };
        filled.extend([values, "\n      - series: 'agent_", before, comma, rest, "\n", values, "\n"]);
    }
    filled
}

/// Two agents' requests in the last 5 minutes, as the collector sends them: 10 of 1,024 to 2,048 ms. An older one took
/// much longer.
const DURATIONS: &str = r#"
rule_files: []
evaluation_interval: 1m
fuzzy_compare: true
tests:
  - interval: 1m
    input_series:
      - series: 'clawker_request_duration{temporality="delta", project="p", agent="a", model="m"}'
        values: '{{schema:0 sum:90000 count:1 offset:17 buckets:[1] counter_reset_hint:gauge}} _x87 {{schema:0 sum:3000 count:2 offset:11 buckets:[2] counter_reset_hint:gauge}}'
      - series: 'clawker_request_duration{temporality="delta", project="p", agent="b", model="m"}'
        values: '_x89 {{schema:0 sum:12000 count:8 offset:11 buckets:[8] counter_reset_hint:gauge}}'
    promql_expr_test:
      - expr: 'DURATION'
        eval_time: 91m
        exp_samples:
          - labels: '{model="m"}'
            value: 1978.2376016380827
"#;

#[test]
#[ignore = "needs promtool; run by cargo xtask test"]
fn durations_are_quantiles_of_all_requests_of_a_step() {
    let promtool = program("MONITOR_TEST_PROMTOOL");
    let folder = MonitorFolder::write("monitor", &Settings::default());
    let graph = Chosen { step: 300, ..Chosen::all() }.fill(&question(PanelId::RequestDuration, "A"));
    let path = Path::new(&folder.facts.directory).join("durations.yaml");
    std::fs::write(path, DURATIONS.replace("DURATION", &graph)).expect("a file");
    let said = folder.ask(&promtool, &["test", "rules", "durations.yaml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}
