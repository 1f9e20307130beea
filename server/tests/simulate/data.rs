//! The `data` commands, beside a running receiver.

use std::{fs, path::Path};

use serde_json::Value;

use super::receive::{command, receive, settings};

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = command(folder, arguments).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (output.status.code().expect("it ends"), text(output.stdout), text(output.stderr))
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = run(folder, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {err}");
    serde_json::from_str(&out).expect("JSON")
}

fn export(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let (code, out, err) = run(folder, &[&["data", "export"], arguments].concat());
    assert_eq!(code, 0, "{arguments:?}: {err}");
    out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn what_simulated_agents_sent_is_counted_exported_and_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, _) = settings(folder.path());
    let mut receiving = receive(folder.path());
    receiving.next_line();
    receiving.next_line();
    let base = format!("http://127.0.0.1:{http}");
    let simulate = ["simulate", "--for", "3s", "--rate", "600", "--agents", "3", "--endpoint", &base];
    let report = json(folder.path(), &simulate);
    let ledgers = report["agents"].as_array().expect("ledgers");
    let sent = |ledger: &Value| ledger["events"]["records"].as_u64().expect("a number");
    let all: u64 = ledgers.iter().map(sent).sum();

    let stats = json(folder.path(), &["data", "stats"]);
    assert_eq!((stats["events"].as_u64(), stats["agents"].as_u64()), (Some(all), Some(3)), "{stats}");
    assert_eq!(stats["receiver"].as_u64(), Some(u64::from(receiving.id())));
    let tables: u64 = stats["tables"].as_array().expect("tables").iter().filter_map(|it| it["bytes"].as_u64()).sum();
    assert!(tables > 0 && Some(tables) <= stats["used_bytes"].as_u64(), "{stats}");
    // While it is received, most of it is not in the main file yet.
    assert!(stats["used_bytes"].as_u64() <= stats["bytes"].as_u64(), "{stats}");
    let (code, out, _) = run(folder.path(), &["data", "stats"]);
    assert!(code == 0 && out.contains("events are kept for 30 days; the oldest are deleted at 20"), "{out}");

    assert_eq!(export(folder.path(), &[]).len() as u64, all);
    let agent = ledgers[0]["agent"].as_str().expect("a name");
    let project = ledgers[0]["project"].as_str().expect("a name");
    let of_agent = ["--agent", agent, "--project", project];
    let events = export(folder.path(), &of_agent);
    assert_eq!(events.len() as u64, sent(&ledgers[0]));
    assert!(events.iter().all(|event| event["agent"] == agent && event["simulated"] == true));
    assert!(events.is_sorted_by_key(|event| event["time"].as_str().expect("a time").to_owned()));

    // Nothing is deleted without `--yes`, and nothing at all if nothing is selected.
    let (code, out, _) = run(folder.path(), &[&["data", "delete"], &of_agent[..]].concat());
    assert!(code == 0 && out.contains("Nothing was deleted. Add `--yes` to delete it."), "{out}");
    let (code, _, err) = run(folder.path(), &["data", "delete", "--yes"]);
    assert!(code == 2 && err.contains("nothing says what to delete"), "{err}");
    assert_eq!(export(folder.path(), &[]).len() as u64, all);

    let deleted = json(folder.path(), &[&["data", "delete", "--yes"], &of_agent[..]].concat());
    assert_eq!((&deleted["events"], &deleted["deleted"]), (&events.len().into(), &true.into()), "{deleted}");
    assert_eq!(export(folder.path(), &[]).len() as u64, all - sent(&ledgers[0]));
    assert!(export(folder.path(), &of_agent).is_empty());
    let (code, out, _) = run(folder.path(), &["data", "delete", "--all", "--yes", "--until", "2100-01-01"]);
    assert_eq!((code, out.as_str()), (2, ""), "everything and a part of it");
    json(folder.path(), &["data", "delete", "--all", "--yes"]);
    assert_eq!(json(folder.path(), &["data", "stats"])["events"], 0);
}

#[test]
fn a_file_that_is_missing_or_not_ours_is_said_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry/telemetry.db");
    for arguments in [&["data", "stats"][..], &["data", "export"], &["data", "delete", "--all", "--yes"]] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!((code, arguments[1] == "export" || out.is_empty()), (1, true), "{out}");
        assert!(err.contains(&format!("no telemetry has been recorded: `{}` does not exist", file.display())), "{err}");
    }
    fs::create_dir(folder.path().join("telemetry")).expect("a folder");
    fs::write(&file, "not a database".repeat(1000)).expect("a file");
    let (code, _, err) = run(folder.path(), &["data", "delete", "--all", "--yes"]);
    assert!(code == 1 && err.contains("telemetry.db` could not be read: file is not a database"), "{err}");
    fs::remove_file(&file).expect("it is there");
    assert!(std::process::Command::new("mkfifo").arg(&file).status().expect("it runs").success());
    let (code, _, err) = run(folder.path(), &["data", "stats"]);
    assert!(code == 1 && err.contains("not a regular file but a pipe"), "{err}");
    let (code, _, err) = run(folder.path(), &["data", "export", "--since", "yesterday"]);
    assert!(code == 2 && err.contains("expected a time such as"), "{err}");
}
