//! The settings file on a real disk: what is preserved, what is refused, and concurrent saves.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::PathBuf,
};

use monitor_core::{job::FileAction, settings::Change};

use super::*;

struct Home {
    folder: tempfile::TempDir,
    configuration: Configuration,
}

/// An installation with this settings file. An empty text means no file.
fn home(settings: &str) -> Home {
    let folder = tempfile::tempdir().unwrap();
    let settings_file = folder.path().join("config/settings.yaml");
    let paths = Paths { settings_file, directory: folder.path().join("data/monitor") };
    let it = Home { folder, configuration: Configuration::new(paths, "/var/run/docker.sock".into()) };
    if !settings.is_empty() {
        fs::create_dir(it.folder.path().join("config")).unwrap();
        fs::write(it.file(), settings).unwrap();
    }
    it
}

impl Home {
    fn file(&self) -> PathBuf {
        self.folder.path().join("config/settings.yaml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn set(&self, key: &str, value: &str) -> Result<SavedSettings, StackError> {
        self.configuration.save_settings(&[Change::set(key, value)], &self.configuration.settings_base())
    }

    fn folder_contents(&self) -> Vec<String> {
        let entries = fs::read_dir(self.file().parent().unwrap()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_missing_file_and_folder_are_created() {
    let it = home("");
    assert_eq!(it.configuration.settings_base(), "");
    let saved = it.set("grafana_port", "3001").unwrap();
    assert_eq!(
        (saved.outcome.action.clone(), it.text().as_str()),
        (FileAction::Written, "monitoring:\n  grafana_port: 3001\n")
    );
    it.configuration.undo_save(&saved).unwrap();
    assert!(!it.file().exists());
}

#[test]
fn mode_owner_comments_and_line_endings_are_preserved_and_the_old_text_is_backed_up() {
    let old = "# mine\r\nlogging: {level: debug}\r\nmonitoring:\r\n  loki_port: 3101 # here\r\n";
    let it = home(old);
    fs::set_permissions(it.file(), fs::Permissions::from_mode(0o640)).unwrap();
    // Only root can change the owner. For other users it stays the same.
    let _ = chown(it.file(), Some(1234), Some(4321));
    let before = fs::metadata(it.file()).unwrap();
    let saved = it.set("loki_port", "3102").unwrap();
    assert_eq!(it.text(), old.replace("3101", "3102"));
    let FileAction::Replaced { backup } = &saved.outcome.action else { panic!("{saved:?}") };
    let backup = it.file().with_file_name(backup);
    assert_eq!(fs::read_to_string(&backup).unwrap(), old);
    for path in [it.file(), backup] {
        let now = fs::metadata(path).unwrap();
        assert_eq!((now.mode() & 0o7777, now.uid(), now.gid()), (0o640, before.uid(), before.gid()));
    }
    assert_eq!(it.folder_contents().len(), 2, "nothing else is left behind: {:?}", it.folder_contents());

    it.configuration.undo_save(&saved).unwrap();
    assert_eq!((it.text().as_str(), it.folder_contents().len()), (old, 1));
}

#[test]
fn a_save_without_changes_does_not_touch_the_file() {
    let it = home("monitoring: {loki_port: 3101}\n");
    let before = fs::metadata(it.file()).unwrap();
    assert_eq!(it.set("loki_port", "03101").unwrap().outcome.action, FileAction::Unchanged);
    assert_eq!(fs::metadata(it.file()).unwrap().ino(), before.ino());
    assert_eq!(it.folder_contents(), ["settings.yaml"]);
}

#[test]
fn saves_within_a_second_have_separate_backups() {
    let it = home("monitoring: {loki_port: 3101}\n");
    for port in 3102..3112 {
        it.set("loki_port", &port.to_string()).unwrap();
    }
    assert_eq!(it.folder_contents().len(), 11, "{:?}", it.folder_contents());
}

#[test]
fn symbolic_links_are_followed_and_kept_even_if_the_target_is_missing() {
    let it = home("monitoring: {}\n");
    let dotfiles = it.folder.path().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    fs::rename(it.file(), dotfiles.join("clawker.yaml")).unwrap();
    symlink("../dotfiles/link.yaml", it.file()).unwrap();
    symlink("clawker.yaml", dotfiles.join("link.yaml")).unwrap();
    it.set("loki_port", "3101").unwrap();
    assert!(fs::read_to_string(dotfiles.join("clawker.yaml")).unwrap().contains("3101"));
    assert!(it.folder_contents().iter().any(|name| name.ends_with(".bak")), "{:?}", it.folder_contents());

    fs::remove_file(dotfiles.join("clawker.yaml")).unwrap();
    it.set("loki_port", "3102").unwrap();
    assert!(fs::read_to_string(dotfiles.join("clawker.yaml")).unwrap().contains("3102"));
    for link in [it.file(), dotfiles.join("link.yaml")] {
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }
}

#[test]
fn a_read_only_file_is_not_replaced() {
    let it = home("monitoring: {}\n");
    fs::set_permissions(it.file(), fs::Permissions::from_mode(0o444)).unwrap();
    let error = it.set("loki_port", "3101").unwrap_err();
    assert!(error.to_string().ends_with("settings.yaml` could not be written: it is read-only"), "{error}");
    assert_eq!((it.text().as_str(), it.folder_contents().len()), ("monitoring: {}\n", 1));
}

#[test]
fn a_device_is_neither_read_nor_written() {
    let it = home("monitoring: {}\n");
    fs::remove_file(it.file()).unwrap();
    symlink("/dev/null", it.file()).unwrap();
    let error = it.set("loki_port", "3101").unwrap_err();
    assert!(error.to_string().ends_with("it is not a regular file but a device"), "{error}");
    assert!(fs::metadata("/dev/null").unwrap().mode() & 0o170_000 == 0o020_000, "it is still a device");
}

#[test]
fn of_concurrent_saves_one_succeeds_and_the_others_fail() {
    let it = home("monitoring: {}\n");
    let base = it.configuration.settings_base();
    let saved = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..16)
            .map(|number| {
                let (configuration, base) = (it.configuration.clone(), &base);
                let change = Change::set("loki_port", (4000 + number).to_string());
                scope.spawn(move || configuration.save_settings(&[change], base))
            })
            .collect();
        savers.into_iter().map(|saver| saver.join().unwrap()).collect::<Vec<_>>()
    });
    let (won, lost): (Vec<_>, Vec<_>) = saved.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), it.folder_contents().len()), (1, 2));
    assert!(lost.iter().all(|it| matches!(it, Err(StackError::SettingsChanged { .. }))), "{lost:?}");
}

#[test]
fn a_save_is_not_undone_if_the_file_has_changed_since() {
    let it = home("monitoring: {}\n");
    let saved = it.set("loki_port", "3101").unwrap();
    fs::write(it.file(), "monitoring: {loki_port: 9999}\n").unwrap();
    assert!(matches!(it.configuration.undo_save(&saved), Err(StackError::SettingsChanged { .. })));
    assert_eq!(it.text(), "monitoring: {loki_port: 9999}\n");
}

#[test]
fn a_file_with_other_problems_can_be_changed_and_replaced() {
    let it = home("monitoring:\n  loki_port: 0\n  grafana_port: 0\n");
    it.set("loki_port", "3101").unwrap();
    assert_eq!(it.text(), "monitoring:\n  loki_port: 3101\n  grafana_port: 0\n");
    it.configuration.replace_settings_text("monitoring: [\n", &it.configuration.settings_base()).unwrap();
    assert_eq!(it.text(), "monitoring: [\n");
}

#[test]
fn replacing_the_text_keeps_the_line_endings() {
    for (old, sent, new) in
        [("a: [\n", "a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"), ("a: [\r\n", "a: 1\nb: 2\r\n", "a: 1\r\nb: 2\r\n")]
    {
        let it = home(old);
        it.configuration.replace_settings_text(sent, &it.configuration.settings_base()).unwrap();
        assert_eq!(it.text(), new);
    }
}
