#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;

use monitor_core::{
    job::{FileAction, FileOutcome},
    service::Service,
};

use super::*;

struct Installation {
    folder: tempfile::TempDir,
    configuration: Configuration,
}

fn installation() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths {
        settings_file: folder.path().join("config/settings.yaml"),
        directory: folder.path().join("data/monitor"),
    };
    fs::create_dir(folder.path().join("config")).unwrap();
    Installation { folder, configuration: Configuration::new(paths, "/var/run/docker.sock".into()) }
}

impl Installation {
    fn init(&self, replace: bool) -> Vec<FileOutcome> {
        let mut outcomes = Vec::new();
        let overwrite = if replace { Overwrite::Everything } else { Overwrite::Nothing };
        self.configuration
            .write_files(overwrite, |outcome| {
                outcomes.push(outcome);
                Ok(())
            })
            .unwrap();
        outcomes
    }

    fn set(&self, settings: &str) {
        fs::write(self.folder.path().join("config/settings.yaml"), settings).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("data/monitor").join(name)
    }

    fn action(&self, outcomes: &[FileOutcome], name: &str) -> FileAction {
        outcomes.iter().find(|outcome| outcome.name == name).unwrap().action.clone()
    }
}

#[test]
fn the_first_init_writes_all_files_and_the_second_none() {
    let it = installation();
    assert!(!it.configuration.is_initialized());
    assert!(it.init(false).iter().all(|outcome| outcome.action == FileAction::Written));
    assert!(it.init(false).iter().all(|outcome| outcome.action == FileAction::Unchanged));
    assert!(it.configuration.stack_to_start().is_ok());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(it.path("otel-config.yaml")).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn an_edited_file_is_kept_and_backed_up_if_forced() {
    let it = installation();
    it.init(false);
    fs::write(it.path("prometheus.yaml"), "mine").unwrap();
    assert_eq!(it.action(&it.init(false), "prometheus.yaml"), FileAction::Kept);
    assert_eq!(fs::read_to_string(it.path("prometheus.yaml")).unwrap(), "mine");

    let replaced = FileAction::Replaced { backup: "prometheus.yaml.bak".into() };
    assert_eq!(it.action(&it.init(true), "prometheus.yaml"), replaced);
    assert_eq!(fs::read_to_string(it.path("prometheus.yaml.bak")).unwrap(), "mine");

    fs::write(it.path("prometheus.yaml"), "mine again").unwrap();
    let replaced = FileAction::Replaced { backup: "prometheus.yaml.bak2".into() };
    assert_eq!(it.action(&it.init(true), "prometheus.yaml"), replaced);
    assert_eq!(fs::read_to_string(it.path("prometheus.yaml.bak")).unwrap(), "mine");
}

#[test]
fn files_are_outdated_if_the_settings_changed_and_edited_if_their_contents_did() {
    let it = installation();
    it.init(false);
    fs::write(it.path("loki-config.yaml"), "mine").unwrap();
    it.set("monitoring:\n  prometheus_port: 9191\n");
    let files = it.configuration.files().unwrap();
    let state = |name: &str| files.iter().find(|file| file.name == name).unwrap().state;
    assert_eq!(state("loki-config.yaml"), FileState::Edited);
    assert_eq!(state("compose.yaml"), FileState::Outdated);
    assert_eq!(state("promtail-config.yaml"), FileState::Current);
}

#[test]
fn starting_uses_edited_service_files_but_not_outdated_ones() {
    let it = installation();
    it.init(false);
    fs::write(it.path("loki-config.yaml"), "mine").unwrap();
    assert!(it.configuration.stack_to_start().is_ok());

    it.set("monitoring:\n  grafana_port: 3001\n");
    let Err(StackError::FilesDiffer { files, .. }) = it.configuration.stack_to_start() else { panic!() };
    assert!(files.contains(&"compose.yaml".to_owned()) && !files.contains(&"loki-config.yaml".to_owned()));
}

#[test]
fn an_edited_compose_file_prevents_a_start() {
    let it = installation();
    it.init(false);
    let compose = fs::read_to_string(it.path("compose.yaml")).unwrap();
    fs::write(it.path("compose.yaml"), format!("{compose}# mine\n")).unwrap();
    assert!(
        matches!(it.configuration.stack_to_start(), Err(StackError::FilesDiffer { files, .. }) if files == ["compose.yaml"])
    );
}

#[test]
fn invalid_settings_files_are_refused_with_the_reason_and_nothing_is_written() {
    let it = installation();
    let settings = it.folder.path().join("config/settings.yaml");
    let sentence = |it: &Installation| it.configuration.settings().expect_err("these are wrong").to_string();

    fs::write(&settings, b"monitoring: \xff\n").unwrap();
    assert!(sentence(&it).ends_with("settings.yaml: not UTF-8 text (byte 12)"), "{}", sentence(&it));
    fs::write(&settings, vec![b'#'; 5 * 1024 * 1024]).unwrap();
    assert!(sentence(&it).ends_with("it is too large: 5242880 bytes, and the limit is 1 MiB"));
    fs::remove_file(&settings).unwrap();
    fs::create_dir(&settings).unwrap();
    assert!(sentence(&it).ends_with("expected a file, but it is a folder"));

    assert!(it.configuration.write_files(Overwrite::Nothing, |_| panic!("nothing is written")).is_err());
    assert!(!it.path("compose.yaml").exists());
    assert!(it.configuration.summary().error.is_some());
}

#[test]
fn a_file_in_place_of_the_folder_is_reported() {
    let it = installation();
    fs::write(it.folder.path().join("data"), "").unwrap();
    let error = it.configuration.write_files(Overwrite::Nothing, |_| Ok(())).expect_err("there is no folder");
    assert!(error.to_string().ends_with("could not be created: part of the path is a file, not a folder"), "{error}");
}

#[test]
fn symbolic_links_are_followed_and_kept() {
    let it = installation();
    it.init(false);
    let elsewhere = it.folder.path().join("elsewhere.yaml");
    fs::rename(it.path("prometheus.yaml"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, it.path("prometheus.yaml")).unwrap();
    fs::write(&elsewhere, "mine").unwrap();
    it.init(true);
    assert!(fs::symlink_metadata(it.path("prometheus.yaml")).unwrap().is_symlink());
    assert_ne!(fs::read_to_string(&elsewhere).unwrap(), "mine");
}

#[test]
fn the_ledger_records_the_settings_that_the_files_were_written_from() {
    let it = installation();
    it.set("monitoring:\n  grafana_port: 3001\n");
    it.init(false);
    let fields = |it: &Installation| it.configuration.field_drift(&it.configuration.settings().unwrap());
    assert_eq!(fields(&it), []);
    it.set("monitoring:\n  grafana_port: 3002\n  telemetry: {log_user_prompts: false}\n");
    let behind = FieldDrift { key: "grafana_port".into(), settings: "3002".into(), files: "3001".into() };
    assert_eq!(fields(&it), std::slice::from_ref(&behind), "the files do not depend on the prompts setting");
    it.init(false);
    assert_eq!(fields(&it), [behind], "kept files were not written from these settings");
    it.configuration.write_files(Overwrite::Outdated, |_| Ok(())).unwrap();
    assert_eq!(fields(&it), []);
    assert_eq!(it.configuration.written_from(), it.configuration.settings().ok());
}

#[test]
fn a_ledger_without_settings_is_read_and_completed() {
    let it = installation();
    it.init(false);
    let ledger: serde_json::Value = serde_json::from_slice(&fs::read(it.path(".generated.json")).unwrap()).unwrap();
    fs::write(it.path(".generated.json"), ledger["files"].to_string()).unwrap();
    it.set("monitoring:\n  grafana_port: 3001\n");
    assert_eq!(it.configuration.written_from(), None);
    assert_eq!(it.configuration.field_drift(&it.configuration.settings().unwrap()), []);
    let files = it.configuration.files().unwrap();
    assert_eq!(files.iter().find(|file| file.name == "compose.yaml").unwrap().state, FileState::Outdated);
    it.configuration.write_files(Overwrite::Outdated, |_| Ok(())).unwrap();
    assert!(it.configuration.written_from().is_some());

    fs::write(it.path(".generated.json"), "{ broken").unwrap();
    assert_eq!(it.configuration.written_from(), None);
    assert!(it.configuration.files().unwrap().iter().all(|file| file.state == FileState::Current));
}

#[test]
fn restoring_brings_back_edited_files_and_removes_files_that_were_missing() {
    let it = installation();
    it.init(false);
    fs::write(it.path("loki-config.yaml"), "mine").unwrap();
    fs::remove_file(it.path("prometheus.yaml")).unwrap();
    let contents = |it: &Installation| -> Vec<_> {
        let entries = fs::read_dir(it.path("")).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        all.retain(|(path, _)| !path.to_string_lossy().contains(".bak"));
        all.sort();
        all
    };
    let before = contents(&it);
    let backup = it.configuration.back_up_files().unwrap();
    it.set("monitoring:\n  grafana_port: 3001\n");
    it.init(true);
    assert_ne!(contents(&it), before);
    it.configuration.restore_files(&backup).unwrap();
    assert_eq!(contents(&it), before);
}

#[test]
fn files_that_were_written_for_another_engine_are_not_blamed_on_the_settings() {
    let it = installation();
    let sockets = [it.folder.path().join("a.sock"), it.folder.path().join("b.sock")];
    sockets.iter().for_each(|socket| fs::write(socket, "").unwrap());
    let [one, two] = sockets.map(|socket| socket.display().to_string());
    let on = |socket: &str| {
        Configuration::new(it.configuration.paths.clone(), socket.into())
            .with_endpoint(Some(format!("unix://{socket}")))
    };
    on(&one).write_files(Overwrite::Nothing, |_| Ok(())).unwrap();
    assert_eq!((on(&one).other_engine(), on(&one).stack_to_start().err()), (None, None));
    // The same socket by another path is the same Engine.
    std::os::unix::fs::symlink(&one, it.folder.path().join("link.sock")).unwrap();
    assert_eq!(on(&it.folder.path().join("link.sock").display().to_string()).other_engine(), None);
    assert_eq!(it.configuration.other_engine(), None, "without an Engine nothing is said about it");

    let (then, now) = (format!("unix://{one}"), format!("unix://{two}"));
    assert_eq!(on(&two).other_engine(), Some(OtherEngine { then: then.clone(), now: now.clone() }));
    assert_eq!(on(&two).stack_to_start(), Err(StackError::OtherEngine { then, now }));
    it.set("monitoring:\n  grafana_port: 3001\n");
    assert!(matches!(on(&two).stack_to_start(), Err(StackError::FilesDiffer { .. })), "the settings changed too");
    on(&two).write_files(Overwrite::Outdated, |_| Ok(())).unwrap();
    assert_eq!((on(&two).other_engine(), on(&two).stack_to_start().err()), (None, None));
}

#[test]
fn the_override_file_that_compose_merges_is_found_whatever_is_in_it() {
    let it = installation();
    it.init(false);
    assert_eq!(it.configuration.compose_override(), None);
    fs::write(it.path("docker-compose.override.yml"), b"services:\n  loki: \xff\n").unwrap();
    let found = it.configuration.compose_override().unwrap();
    assert_eq!((found.file.as_str(), found.services), ("docker-compose.override.yml", vec![Service::Loki]));
    fs::write(it.path("compose.override.yaml"), "services:\n  grafana: {}\n").unwrap();
    assert_eq!(it.configuration.compose_override().unwrap().services, [Service::Grafana], "Compose merges the first");
    assert_eq!(it.configuration.compose_env(), None);
    fs::write(it.path(".env"), b"COMPOSE_PROFILES=\xff\nCOMPOSE_PROFILES=more\n").unwrap();
    assert_eq!(it.configuration.compose_env().unwrap().profiles.as_deref(), Some("more"));
    fs::write(it.path(".env"), "COMPOSE_FILE=more.yaml\n").unwrap();
    assert_eq!(it.configuration.compose_override(), None, "Compose merges none then");
    assert_eq!(it.configuration.compose_env().unwrap().files.as_deref(), Some("more.yaml"));
}
