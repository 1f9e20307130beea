//! `connect` on every kind of settings file of Claude Code.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::{command, process::Said};

fn connect(home: &Path, arguments: &[&str]) -> Said {
    let mut command = command(home, &["connect"]);
    command.args(arguments).env("HOME", home).env_remove("CLAUDE_CONFIG_DIR");
    Said::of(&mut command)
}

#[test]
fn the_lines_are_a_shells() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("settings.yaml"), "monitoring:\n  otel_collector_port: 1\n").unwrap();
    let said = connect(home.path(), &["--project", "my app"]).done();
    assert!(
        said.err.contains("Nothing is receiving at http://127.0.0.1:1 yet. Start `clawker-monitor`"),
        "{}",
        said.err
    );
    let script = format!("{}env", said.out);
    let shell = Command::new("sh").args(["-c", &script]).env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    let environment = String::from_utf8(shell.stdout).unwrap();
    for line in [
        "CLAUDE_CODE_ENABLE_TELEMETRY=1",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:1/v1/metrics",
        "OTEL_RESOURCE_ATTRIBUTES=project=my%20app,agent=host",
    ] {
        assert!(environment.lines().any(|it| it == line), "{line}: {environment}");
    }
    let document = connect(home.path(), &["--json", "--agent", "a"]).done().json();
    assert_eq!(document["receiving"], "nothing");
    assert_eq!(document["variables"]["OTEL_RESOURCE_ATTRIBUTES"], "agent=a");
    assert!(!home.path().join(".claude").exists(), "nothing is written");
}

#[test]
fn what_is_put_in_is_taken_out_again() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".claude/settings.json");
    let said = connect(home.path(), &["--dry-run"]).done();
    assert!(said.out.contains("+    \"OTEL_LOGS_EXPORTER\": \"otlp\"\n") && !file.exists(), "{}", said.out);
    let said = connect(home.path(), &["--write"]).done();
    assert!(said.out.starts_with("Set 13 variables in `"), "{}", said.out);
    assert!(said.out.contains("Start Claude Code again to use them."), "{}", said.out);
    let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["env"]["OTEL_RESOURCE_ATTRIBUTES"], "agent=host");
    let said = connect(home.path(), &["--write"]).done();
    assert!(said.out.contains("already has these variables"), "{}", said.out);
    let said = connect(home.path(), &["--undo"]).done();
    assert!(said.out.contains("nothing else was in it") && !file.exists(), "{}", said.out);
    assert!(connect(home.path(), &["--undo"]).done().out.starts_with("Nothing to undo"));

    // A file of somebody who has a secret in it, which is not shown.
    let text = "{\n  \"env\": {\"ANTHROPIC_API_KEY\": \"sk-secret\", \"OTEL_EXPORTER_OTLP_PROTOCOL\": \"grpc\"}\n}";
    fs::write(&file, text).unwrap();
    let mut all = String::new();
    for arguments in [&["--dry-run"][..], &["--write"], &["--undo", "--dry-run"], &["--write", "--json"]] {
        let said = connect(home.path(), arguments).done();
        all.push_str(&format!("{}{}", said.out, said.err));
    }
    assert!(all.contains("-    \"OTEL_EXPORTER_OTLP_PROTOCOL\": \"grpc\"\n") && !all.contains("sk-secret"), "{all}");
    let changed = fs::read_to_string(&file).unwrap().replace("\"http/protobuf\"", "\"http/json\"");
    fs::write(&file, changed).unwrap();
    let said = connect(home.path(), &["--undo"]).done();
    assert!(
        said.err.contains("left alone, because it was changed since: `OTEL_EXPORTER_OTLP_PROTOCOL`"),
        "{}",
        said.err
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), text.replace("grpc", "http/json"));
}

#[test]
fn a_file_that_cannot_be_edited_is_refused_and_stays() {
    type Make = fn(&Path);
    let cases: [(&str, Make, &str); 12] = [
        (
            "not JSON",
            |it| fs::write(it, "{\"a\": 1,}").unwrap(),
            "it is not valid JSON (trailing comma at line 1 column 9)",
        ),
        (
            "comments",
            |it| fs::write(it, "{\n// mine\n}").unwrap(),
            "it is not valid JSON (key must be a string at line 2",
        ),
        ("empty", |it| fs::write(it, "").unwrap(), "it is not valid JSON (EOF"),
        ("not text", |it| fs::write(it, b"{\"a\": \"\xff\"}").unwrap(), "it is not UTF-8 text"),
        ("twice", |it| fs::write(it, "{\"env\": {},\n\"env\": {}}").unwrap(), "it has `env` twice (again in line 2)"),
        ("a list", |it| fs::write(it, "{\"env\": []}").unwrap(), "its `env` is not an object"),
        ("a folder", |it| fs::create_dir(it).unwrap(), "it is a folder"),
        (
            "a pipe",
            |it| assert!(Command::new("mkfifo").arg(it).status().unwrap().success()),
            "not a regular file but a pipe",
        ),
        ("a device", |it| symlink("/dev/zero", it).unwrap(), "not a regular file but a device"),
        ("a loop", |it| symlink(it, it).unwrap(), "too many symbolic links"),
        ("10 MB", |it| fs::write(it, format!("{{\"a\": \"{}\"}}", "x".repeat(10_000_000))).unwrap(), "it is too large"),
        (
            "read-only",
            |it| {
                fs::write(it, "{\"a\": 1}").unwrap();
                fs::set_permissions(it, fs::Permissions::from_mode(0o444)).unwrap();
            },
            "it is read-only",
        ),
    ];
    for (what, make, reason) in cases {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".claude")).unwrap();
        let file = home.path().join(".claude/settings.json");
        make(&file);
        let is_file = fs::metadata(&file).is_ok_and(|it| it.is_file());
        let before = if is_file { fs::read(&file).unwrap() } else { Vec::new() };
        let said = connect(home.path(), &["--write", "--json"]);
        assert_eq!(said.code, Some(1), "{what}: {}", said.out);
        let error = &said.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(reason), "{what}: {error}");
        assert!(error["message"].as_str().unwrap().contains("settings.json` "), "{what}: {error}");
        if is_file {
            assert_eq!(fs::read(&file).unwrap(), before, "{what}");
        }
        assert_eq!(fs::read_dir(home.path().join(".claude")).unwrap().count(), 1, "{what}: nothing is left behind");
    }
}

#[test]
fn options_that_contradict_each_other_are_misuse() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["--write", "--undo"][..], &["--undo", "--agent", "a"], &["--agent", "a\nb"]] {
        assert_eq!(connect(home.path(), arguments).code, Some(2), "{arguments:?}");
    }
}
