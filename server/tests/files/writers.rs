//! Many processes change the settings at once: what is answered with success is in the file.

use std::{fs, path::Path, thread};

use clawker_monitor::{configuration::Configuration, paths::Paths};
use monitor_core::{error::StackError, settings::Change};

use crate::run;

/// How often each writer sets its key.
const SETS: u16 = 30;

/// One key for each writer, and its first value. No two values are ever equal.
const WRITERS: [(&str, u16); 8] = [
    ("loki_port", 20_000),
    ("prometheus_port", 21_000),
    ("jaeger_port", 22_000),
    ("grafana_port", 23_000),
    ("promtail_port", 24_000),
    ("otel_grpc_port", 25_000),
    ("telemetry.metric_export_interval_ms", 26_000),
    ("telemetry.logs_export_interval_ms", 27_000),
];

fn configuration(folder: &Path) -> Configuration {
    let paths = Paths { settings_file: folder.join("settings.yaml"), directory: folder.join("data/monitor") };
    Configuration::new(paths, "/var/run/docker.sock".into())
}

/// Fails if the file does not have this value. Nobody else sets the key, so it can't have changed again.
fn has(folder: &Path, key: &str, value: u16) {
    let found = configuration(folder).settings().unwrap().value(key);
    assert_eq!(found, value.to_string(), "a change of `{key}` was answered with success and is gone");
}

#[test]
fn no_change_of_eight_processes_and_a_panel_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.yaml"), "# mine\nmonitoring: # ours\n  loki_port: 3101\n").unwrap();
    thread::scope(|scope| {
        for (key, first) in WRITERS {
            let folder = folder.path();
            scope.spawn(move || {
                for value in first..first + SETS {
                    if value > first {
                        has(folder, key, value - 1);
                    }
                    let said = run(folder, &["settings", "set", key, &value.to_string()]);
                    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
                }
            });
        }
        // What a panel does: it saves on the text that it has seen, or says that the text has changed.
        scope.spawn(|| {
            let it = configuration(folder.path());
            let mut value = 28_000;
            while value < 28_000 + SETS {
                let change = [Change::set("otel_collector_port", value.to_string())];
                match it.save_settings(&change, &it.settings_base()) {
                    Ok(_) => value += 1,
                    Err(StackError::SettingsChanged { .. }) => continue,
                    Err(error) => panic!("{error}"),
                }
                has(folder.path(), "otel_collector_port", value - 1);
            }
        });
    });
    for (key, first) in WRITERS.into_iter().chain([("otel_collector_port", 28_000)]) {
        has(folder.path(), key, first + SETS - 1);
    }
    let text = fs::read_to_string(folder.path().join("settings.yaml")).unwrap();
    assert!(text.starts_with("# mine\nmonitoring: # ours\n"), "{text}");
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name != "settings.yaml" && !name.ends_with(".bak")).collect();
    assert_eq!(left, [""; 0], "nothing else is left behind");
}
