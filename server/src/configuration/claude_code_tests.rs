//! Claude Code's settings file on a real disk: mode, links and backups, and a disk that is full or a process that is killed
//! at each moment.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    write_points::{Fault, fail_at, never_fail, passed},
    *,
};

const OLD: &str = "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"OTEL_LOGS_EXPORTER\": \"console\"\n  }\n}\n";

fn configuration(home: &Path) -> Configuration {
    let paths = Paths { settings_file: home.join("config/settings.yaml"), directory: home.join("data/monitor") };
    Configuration::new(paths, String::new())
}

fn variables() -> Vec<(String, String)> {
    [("CLAUDE_CODE_ENABLE_TELEMETRY", "1"), ("OTEL_LOGS_EXPORTER", "otlp")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn connect(home: &Path, file: &Path) -> Result<ClaudeSettingsChange, StackError> {
    configuration(home).connect_claude_code(file, &variables(), Mode::Write)
}

fn disconnect(home: &Path, file: &Path) -> Result<Option<ClaudeSettingsChange>, StackError> {
    configuration(home).disconnect_claude_code(file, Mode::Write)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn mode_and_link_stay_and_the_old_text_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let (file, real) = (home.path().join("settings.json"), home.path().join("dotfiles/claude.json"));
    fs::create_dir(real.parent().unwrap()).unwrap();
    fs::write(&real, OLD).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("dotfiles/claude.json", &file).unwrap();
    let change = connect(home.path(), &file).unwrap();
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    assert_eq!((mode(&real), change.changes.len()), (0o640, 2));
    let backup = home.path().join(change.backup.unwrap());
    assert_eq!((fs::read_to_string(&backup).unwrap().as_str(), mode(&backup)), (OLD, 0o640));
    let again = connect(home.path(), &file).unwrap();
    assert_eq!((again.changes.len(), again.backup), (0, None));
    disconnect(home.path(), &file).unwrap().unwrap();
    assert_eq!((fs::read_to_string(&real).unwrap().as_str(), mode(&real)), (OLD, 0o640));
    assert_eq!(disconnect(home.path(), &file), Ok(None), "it is forgotten");
}

#[test]
fn a_missing_file_is_private_and_what_is_remembered_too() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("claude/settings.json");
    connect(home.path(), &file).unwrap();
    let records: Vec<PathBuf> =
        fs::read_dir(home.path().join("data/telemetry")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(records.iter().map(|record| mode(record)).collect::<Vec<_>>(), [0o600]);
    assert!(disconnect(home.path(), &file).unwrap().unwrap().is_gone);
    assert!(!file.exists() && !records[0].exists());
}

#[test]
fn nothing_is_written_to_see_what_would_change() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("claude/settings.json");
    let change = configuration(home.path()).connect_claude_code(&file, &variables(), Mode::DryRun).unwrap();
    assert_eq!((change.changes.len(), fs::read_dir(home.path()).unwrap().count()), (2, 0));
    connect(home.path(), &file).unwrap();
    let before = fs::read(&file).unwrap();
    let change = configuration(home.path()).disconnect_claude_code(&file, Mode::DryRun).unwrap().unwrap();
    assert!(change.is_gone && fs::read(&file).unwrap() == before);
    assert!(disconnect(home.path(), &file).unwrap().is_some(), "it is still remembered");
}

/// Whatever happened, the text is one of the two, and undoing leads back to the old one.
fn check(home: &Path, file: &Path, when: &str) {
    let new =
        OLD.replace("console", "otlp").replace("{\n    ", "{\n    \"CLAUDE_CODE_ENABLE_TELEMETRY\": \"1\",\n    ");
    let text = fs::read_to_string(file).unwrap();
    assert!(text == OLD || text == new, "{when}: {text}");
    disconnect(home, file).unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), OLD, "{when}");
    connect(home, file).unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), new, "{when}");
    disconnect(home, file).unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), OLD, "{when}");
}

fn run(undo: bool, home: &Path, file: &Path, fault: Fault, point: u32) -> Result<(), StackError> {
    if undo {
        never_fail();
        connect(home, file)?;
    }
    fail_at(fault, point);
    if undo { disconnect(home, file).map(drop) } else { connect(home, file).map(drop) }
}

const CHILD: &str = "MONITOR_TEST_KILLED_CHILD";

#[test]
fn a_failure_at_any_moment_can_be_undone() {
    const NAME: &str = "configuration::claude_code_tests::a_failure_at_any_moment_can_be_undone";
    if let Ok(words) = env::var(CHILD) {
        let words: Vec<&str> = words.splitn(3, ' ').collect();
        let home = Path::new(words[2]);
        run(words[0] == "true", home, &home.join("settings.json"), Fault::Kill, words[1].parse().unwrap()).unwrap();
        return;
    }
    for fault in [Fault::OneFailure, Fault::FullDisk, Fault::Kill] {
        for undo in [false, true] {
            let mut points = 0;
            for point in 1.. {
                let home = tempfile::tempdir().unwrap();
                let file = home.path().join("settings.json");
                fs::write(&file, OLD).unwrap();
                let happened = if fault == Fault::Kill {
                    let mut child = Command::new(env::current_exe().unwrap());
                    child.args([NAME, "--exact", "--quiet"]);
                    child.env(CHILD, format!("{undo} {point} {}", home.path().display()));
                    !child.output().unwrap().status.success()
                } else {
                    let outcome = run(undo, home.path(), &file, fault, point);
                    let happened = passed() >= point;
                    never_fail();
                    assert!(!happened || outcome.is_err(), "{fault:?} {undo} at {point}");
                    happened
                };
                check(home.path(), &file, &format!("{fault:?} {undo} at {point}"));
                if !happened {
                    break;
                }
                points = point;
            }
            assert!(points >= 3, "{fault:?} {undo}: {points}");
        }
    }
}
