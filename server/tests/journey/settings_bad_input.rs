//! Errors with settings on a real machine: each has a message and a hint, and nothing is lost.

use std::os::unix::fs::PermissionsExt;

use crate::{
    bad_input::words,
    disk::Disk,
    installation::{Installation, Said},
};

const OLD: &str = "# mine\nmonitoring: {}\n";

/// Sets Grafana's port in a settings file with that text, which must stay unchanged.
fn set(it: &Installation, text: impl AsRef<[u8]>) -> Said {
    std::fs::write(it.settings_file(), text.as_ref()).unwrap();
    let said = it.run(&["settings", "set", "grafana_port", "3001"]);
    assert_eq!(std::fs::read(it.settings_file()).unwrap(), text.as_ref(), "nothing was written");
    said
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn an_unknown_setting_and_invalid_values() {
    let it = Installation::new();
    std::fs::write(it.settings_file(), OLD).unwrap();
    insta::assert_snapshot!(words(&it, &it.run(&["settings", "get", "grafanaport"])), @r"
    error: unknown setting `grafanaport`
    hint: did you mean `grafana_port`? `clawker-monitor settings get` lists all settings
    ");
    insta::assert_snapshot!(words(&it, &it.run(&["settings", "set", "grafana_port", "-1"])), @r"
    error: `monitoring.grafana_port`: `-1` is not a valid port; enter a number from 1 to 65535
    hint: fix the value and try again; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &it.run(&["settings", "set", "grafana_port", "3100"])), @r"
    error: `monitoring.grafana_port`: 3100 is already used by `monitoring.loki_port`; each port must be unique
    hint: fix the value and try again; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &it.run(&["apply"])), @r"
    error: the monitoring stack is not initialized: `FOLDER/data/monitor` has no `compose.yaml`
    hint: run `clawker-monitor init`, or press Initialize
    ");
    assert_eq!(std::fs::read_to_string(it.settings_file()).unwrap(), OLD);
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn a_file_that_cannot_be_changed_safely() {
    let it = Installation::new();
    insta::assert_snapshot!(words(&it, &set(&it, "monitoring:\n\tloki_port: 3101\n")), @r"
    error: FOLDER/settings.yaml:2: not valid YAML: tabs disallowed within this context (block indentation) (column 2)
    hint: fix the value and try again; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &set(&it, "monitoring: &here {loki_port: 3101}\nother: *here\n")), @r"
    error: FOLDER/settings.yaml:1: `monitoring`: has an anchor (`&…`), so a change could affect other parts of the file; edit the file directly
    hint: fix the value and try again; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &set(&it, "monitoring:\n  grafana_port: 1\n  grafana_port: 2\n")), @r"
    error: FOLDER/settings.yaml:3: not valid YAML: duplicated key in mapping (column 3)
    hint: fix the value and try again; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &set(&it, b"monitoring: \xff\n")), @r"
    error: FOLDER/settings.yaml: not UTF-8 text (byte 12)
    hint: fix the settings file; nothing was changed
    ");
    insta::assert_snapshot!(words(&it, &set(&it, vec![b'#'; 5 << 20])), @r"
    error: FOLDER/settings.yaml: it is too large: 5242880 bytes, and the limit is 1 MiB
    hint: fix the settings file; nothing was changed
    ");
    assert_eq!(set(&it, b"monitoring:\n\tgrafana_port: 1\n").code, Some(1), "what is wrong is not the command line");
    std::fs::remove_file(it.settings_file()).unwrap();
    std::fs::create_dir(it.settings_file()).unwrap();
    insta::assert_snapshot!(words(&it, &it.run(&["settings", "set", "grafana_port", "3001"])), @r"
    error: FOLDER/settings.yaml: expected a file, but it is a folder
    hint: fix the settings file; nothing was changed
    ");
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn files_are_read_as_clawker_reads_them() {
    let it = Installation::new();
    let get = |text: &str, key: &str| {
        std::fs::write(it.settings_file(), text).unwrap();
        let said = it.run(&["settings", "get", key]);
        format!("{}{}", said.out, said.err.replace(it.folder.path().to_str().unwrap(), "FOLDER"))
    };
    assert_eq!(get("monitoring:\n  loki_port:\t3101\n", "loki_port"), "3101\n");
    let merged = "x-ports: &ports\n  grafana_port: 3001\nmonitoring:\n  <<: *ports\n  prometheus_port: 9091\n";
    assert_eq!(get(merged, "grafana_port"), "3001\n");
    insta::assert_snapshot!(get("monitoring:\n  grafana_port: 03000\n", "grafana_port"), @r"
    error: FOLDER/settings.yaml:2: `monitoring.grafana_port`: `03000` has a leading zero, so Clawker reads it as an octal number (1536); write `3000`
    hint: fix the settings file; nothing was changed
    ");
    insta::assert_snapshot!(get("monitoring:\n  grafana_prot: 3001\n", "grafana_port"), @r"
    3000
    warning: FOLDER/settings.yaml:2: `monitoring.grafana_prot`: unknown setting, so it has no effect; did you mean `grafana_port`?
    ");
    // A file that Clawker reads can be changed as well.
    std::fs::write(it.settings_file(), merged).unwrap();
    it.run(&["settings", "set", "grafana_port", "3002"]).done();
    assert_eq!(std::fs::read_to_string(it.settings_file()).unwrap(), format!("{merged}  grafana_port: 3002\n"));
}

#[test]
#[ignore = "needs the Docker Engine; run by cargo xtask test"]
fn a_data_folder_with_a_colon_is_refused_before_anything_starts() {
    let it = Installation::new();
    for arguments in [&["init"][..], &["up"], &["serve", "--listen", "127.0.0.1:0"]] {
        let mut command = it.command(arguments);
        let said = Said::of(command.env("CLAWKER_DATA_DIR", it.folder.path().join("a:b")));
        insta::allow_duplicates! {
            insta::assert_snapshot!(words(&it, &said), @r"
            error: the data folder `FOLDER/a:b` can't be used: Docker reads the `:` in its path as a separator
            hint: set `CLAWKER_DATA_DIR` to a folder without `:` in its path
            ");
        }
    }
    assert!(!it.folder.path().join("a:b").exists());
}

/// A small tmpfs stands for a disk that is full or read-only.
#[test]
#[ignore = "needs root and the Docker Engine; run by cargo xtask test"]
fn a_read_only_file_a_full_and_a_read_only_disk() {
    let it = Installation::new();
    std::fs::write(it.settings_file(), OLD).unwrap();
    std::fs::set_permissions(it.settings_file(), std::fs::Permissions::from_mode(0o444)).unwrap();
    insta::assert_snapshot!(words(&it, &it.run(&["settings", "set", "grafana_port", "3001"])), @r"
    error: `FOLDER/settings.yaml` could not be written: it is read-only
    hint: check the folder's owner, permissions, and free disk space; nothing was lost
    ");

    // Four pages of memory: after the settings and the filler there is no room for a backup.
    let disk = Disk::mount(&it.folder.path().join("config"), "size=16k");
    let settings = disk.path.join("settings.yaml");
    std::fs::write(&settings, OLD).unwrap();
    std::fs::write(disk.path.join("rest"), vec![b'x'; 64 << 10]).expect_err("the disk is full");
    let run = || {
        let mut command = it.command(&["settings", "set", "grafana_port", "3001"]);
        Said::of(command.env("CLAWKER_CONFIG_DIR", &disk.path))
    };
    let full = run();
    let after_full = std::fs::read_to_string(&settings).unwrap();
    let left = std::fs::read_dir(&disk.path).unwrap().count();
    disk.make_read_only();
    let read_only = run();
    let after_read_only = std::fs::read_to_string(&settings).unwrap();
    insta::assert_snapshot!(words(&it, &full), @r"
    error: `FOLDER/config/settings.yaml` could not be backed up: the disk is full
    hint: check the folder's owner, permissions, and free disk space; nothing was lost
    ");
    insta::assert_snapshot!(words(&it, &read_only), @r"
    error: `FOLDER/config/settings.yaml` could not be written: the file system is read-only
    hint: check the folder's owner, permissions, and free disk space; nothing was lost
    ");
    assert_eq!((after_full.as_str(), after_read_only.as_str(), left), (OLD, OLD, 2), "nothing lost, nothing left over");
}
