//! The settings file on a real disk: what is kept, what is refused, and who wins.

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

/// An installation whose settings file says that; without one where it says nothing.
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

    fn set(&self, key: &str, value: &str) -> Result<Saved, StackError> {
        self.configuration.save_settings(&[Change::set(key, value)], &self.configuration.settings_base())
    }

    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.file().parent().unwrap()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_missing_file_and_its_folder_are_made() {
    let it = home("");
    assert_eq!(it.configuration.settings_base(), "");
    let saved = it.set("grafana_port", "3001").unwrap();
    assert_eq!(
        (saved.outcome.action.clone(), it.text().as_str()),
        (FileAction::Written, "monitoring:\n  grafana_port: 3001\n")
    );
    it.configuration.take_back(&saved).unwrap();
    assert!(!it.file().exists());
}

#[test]
fn mode_owner_comments_and_line_endings_stay_and_the_old_text_is_beside_it() {
    let old = "# mine\r\nlogging: {level: debug}\r\nmonitoring:\r\n  loki_port: 3101 # here\r\n";
    let it = home(old);
    fs::set_permissions(it.file(), fs::Permissions::from_mode(0o640)).unwrap();
    // Only root may give a file away; for others the owner stays because it is theirs.
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
    assert_eq!(it.beside().len(), 2, "nothing else is left behind: {:?}", it.beside());

    it.configuration.take_back(&saved).unwrap();
    assert_eq!((it.text().as_str(), it.beside().len()), (old, 1));
}

#[test]
fn a_save_that_changes_nothing_touches_nothing() {
    let it = home("monitoring: {loki_port: 3101}\n");
    let before = fs::metadata(it.file()).unwrap();
    assert_eq!(it.set("loki_port", "03101").unwrap().outcome.action, FileAction::Unchanged);
    assert_eq!(fs::metadata(it.file()).unwrap().ino(), before.ino());
    assert_eq!(it.beside(), ["settings.yaml"]);
}

#[test]
fn every_save_in_one_second_has_a_backup_of_its_own() {
    let it = home("monitoring: {loki_port: 3101}\n");
    for port in 3102..3112 {
        it.set("loki_port", &port.to_string()).unwrap();
    }
    assert_eq!(it.beside().len(), 11, "{:?}", it.beside());
}

#[test]
fn a_link_is_followed_and_stays_one_even_where_it_leads_to_nothing_yet() {
    let it = home("monitoring: {}\n");
    let dotfiles = it.folder.path().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    fs::rename(it.file(), dotfiles.join("clawker.yaml")).unwrap();
    symlink("../dotfiles/link.yaml", it.file()).unwrap();
    symlink("clawker.yaml", dotfiles.join("link.yaml")).unwrap();
    it.set("loki_port", "3101").unwrap();
    assert!(fs::read_to_string(dotfiles.join("clawker.yaml")).unwrap().contains("3101"));
    assert!(it.beside().iter().any(|name| name.ends_with(".bak")), "{:?}", it.beside());

    fs::remove_file(dotfiles.join("clawker.yaml")).unwrap();
    it.set("loki_port", "3102").unwrap();
    assert!(fs::read_to_string(dotfiles.join("clawker.yaml")).unwrap().contains("3102"));
    for link in [it.file(), dotfiles.join("link.yaml")] {
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }
}

#[test]
fn a_read_only_file_is_not_replaced_behind_its_owners_back() {
    let it = home("monitoring: {}\n");
    fs::set_permissions(it.file(), fs::Permissions::from_mode(0o444)).unwrap();
    let error = it.set("loki_port", "3101").unwrap_err();
    assert!(error.to_string().ends_with("settings.yaml` could not be written: it is read-only"), "{error}");
    assert_eq!((it.text().as_str(), it.beside().len()), ("monitoring: {}\n", 1));
}

#[test]
fn what_is_no_file_is_neither_read_nor_written() {
    let it = home("monitoring: {}\n");
    fs::remove_file(it.file()).unwrap();
    symlink("/dev/null", it.file()).unwrap();
    let error = it.set("loki_port", "3101").unwrap_err();
    assert!(error.to_string().ends_with("it is not a regular file"), "{error}");
    assert!(fs::metadata("/dev/null").unwrap().mode() & 0o170_000 == 0o020_000, "it is a device still");
}

#[test]
fn of_many_who_save_at_once_one_wins_and_the_others_are_told() {
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
    assert_eq!((won.len(), it.beside().len()), (1, 2));
    assert!(lost.iter().all(|it| matches!(it, Err(StackError::SettingsChanged { .. }))), "{lost:?}");
}

#[test]
fn a_save_is_not_taken_back_over_what_somebody_wrote_since() {
    let it = home("monitoring: {}\n");
    let saved = it.set("loki_port", "3101").unwrap();
    fs::write(it.file(), "monitoring: {loki_port: 9999}\n").unwrap();
    assert!(matches!(it.configuration.take_back(&saved), Err(StackError::SettingsChanged { .. })));
    assert_eq!(it.text(), "monitoring: {loki_port: 9999}\n");
}

#[test]
fn a_problem_elsewhere_in_the_file_stops_no_change_and_no_mending() {
    let it = home("monitoring:\n  loki_port: 0\n  grafana_port: 0\n");
    it.set("loki_port", "3101").unwrap();
    assert_eq!(it.text(), "monitoring:\n  loki_port: 3101\n  grafana_port: 0\n");
    it.configuration.mend_settings("monitoring: [\n", &it.configuration.settings_base()).unwrap();
    assert_eq!(it.text(), "monitoring: [\n");
}

#[test]
fn mending_keeps_the_line_endings_that_the_file_has() {
    for (old, sent, new) in
        [("a: [\n", "a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"), ("a: [\r\n", "a: 1\nb: 2\r\n", "a: 1\r\nb: 2\r\n")]
    {
        let it = home(old);
        it.configuration.mend_settings(sent, &it.configuration.settings_base()).unwrap();
        assert_eq!(it.text(), new);
    }
}
