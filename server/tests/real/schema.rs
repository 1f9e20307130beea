//! The dashboard, read strictly by Grafana's own schema library: no unknown field, no wrong type, no required option left
//! out.

use std::process::Command;

use monitor_core::dashboard::render;

use crate::process;

/// What the library says about a dashboard, one fault a line.
fn faults(dashboard: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboard.json");
    std::fs::write(&file, dashboard).unwrap();
    let program =
        std::env::var("MONITOR_TEST_DASHBOARD_CHECK").expect("`MONITOR_TEST_DASHBOARD_CHECK` is set by xtask");
    let output = process::output(Command::new(program).arg(&file));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_verdict = matches!(output.status.code(), Some(0 | 1));
    assert!(is_verdict, "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs Grafana's schema library; run by cargo xtask test"]
fn grafanas_schema_knows_every_field_of_the_dashboard_and_misses_none() {
    assert_eq!(faults(&render()), [] as [String; 0]);
}

#[test]
#[ignore = "needs Grafana's schema library; run by cargo xtask test"]
fn grafanas_schema_finds_unknown_fields_and_wrong_types() {
    let mut dashboard: serde_json::Value = serde_json::from_str(&render()).unwrap();
    dashboard["pannels"] = serde_json::json!([]);
    dashboard["title"] = serde_json::json!(3);
    let faults = faults(&dashboard.to_string());
    for part in ["pannels", "title"] {
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
    }
}
