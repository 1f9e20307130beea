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
