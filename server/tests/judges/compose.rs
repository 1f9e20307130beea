//! Docker Compose reads `compose.yaml` and computes the same config hashes.

use std::collections::BTreeMap;

use monitor_core::stack::{PROJECT, StackSpec, service_config_hash};

use super::machine::{MonitorFolder, every_case, program};

const FOLDERS: [&str; 3] = ["monitor", "Odd $HOME & 'quoted': \"folder\"", "émigré-#1"];

#[test]
#[ignore = "needs Docker Compose; run by cargo xtask test"]
fn compose_computes_the_config_hashes_of_our_labels() {
    let compose = program("MONITOR_TEST_COMPOSE");
    for (case, settings) in every_case() {
        for folder in FOLDERS {
            let folder = MonitorFolder::write(folder, &settings);
            let theirs: BTreeMap<String, String> = folder
                .ask(&compose, &["config", "--hash", "*"])
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(service, hash)| (service.to_owned(), hash.to_owned()))
                .collect();
            let ours: BTreeMap<String, String> = StackSpec::new(&settings, &folder.facts)
                .services
                .iter()
                .map(|spec| (spec.service.name().to_owned(), service_config_hash(spec)))
                .collect();
            assert_eq!(ours, theirs, "{case} in {}", folder.facts.directory);
        }
    }
}

#[test]
#[ignore = "needs Docker Compose; run by cargo xtask test"]
fn compose_reads_the_file_without_warnings_as_the_same_stack() {
    let compose = program("MONITOR_TEST_COMPOSE");
    for (case, settings) in every_case() {
        let folder = MonitorFolder::write("Odd $HOME", &settings);
        folder.ask(&compose, &["config", "-q"]);
        let model: serde_json::Value =
            serde_json::from_str(&folder.ask(&compose, &["config", "--format", "json"])).expect("Compose writes JSON");
        let stack = StackSpec::new(&settings, &folder.facts);
        assert_eq!(model["name"], PROJECT, "{case}");
        assert_eq!(model["networks"]["clawker-net"]["external"], true, "{case}");
        for volume in &stack.volumes {
            assert_eq!(model["volumes"][&volume.key]["name"], volume.name, "{case}");
        }
        for spec in &stack.services {
            let service = &model["services"][spec.service.name()];
            let dependencies: Vec<&str> = service["depends_on"]
                .as_object()
                .map(|map| map.keys().map(String::as_str).collect())
                .unwrap_or_default();
            let mut expected: Vec<&str> = spec.depends_on.iter().map(|service| service.name()).collect();
            expected.sort_unstable();
            assert_eq!(dependencies, expected, "{case}: {}", spec.service);
        }
    }
}
