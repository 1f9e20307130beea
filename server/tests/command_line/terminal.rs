//! Nothing that others write controls the terminal, in any command, as text and as JSON.

use std::{
    fs::{self, File},
    io::Read,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use axum::{body::Body, http::StatusCode, response::Response};
use futures::stream;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    engine,
    installation::{Said, command, web_server},
    interrupted::terminal,
};

/// How the screen is cleared.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Colors, a window title with BEL, carriage return, backspace, C1, bidirectional marks, an invisible character, a line
/// separator, and a line break that would begin a line of our own.
const HOSTILE: &str = "x\u{1b}[31m\u{1b}]0;t\u{7}\r\u{8}\u{9b}2J\u{202e}\u{2066}\u{200b}\u{2028}y\nhint: run it";

fn is_hostile(letter: char) -> bool {
    letter != '\n'
        && letter != '\t'
        && (letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

fn container(name: &str, state: &str, labels: &Value, port: u16) -> Value {
    json!({
        "Id": format!("id-{name}"), "Names": [format!("/{name}")], "Image": HOSTILE, "ImageID": HOSTILE, "State": state,
        "Labels": labels, "NetworkSettings": { "Networks": { HOSTILE: { "NetworkID": HOSTILE } } },
        "Ports": [{ "IP": "127.0.0.1", "PrivatePort": 3000, "PublicPort": port, "Type": "tcp" }],
    })
}

fn inspected(name: &str, state: &str, labels: &Value) -> Value {
    json!({
        "Id": format!("id-{name}"), "Name": format!("/{name}"), "Image": "sha256:1", "Created": "2026-11-22T07:12:56Z",
        "State": { "Status": state, "ExitCode": 3, "Error": HOSTILE, "StartedAt": "2026-11-22T07:12:56Z" },
        "Config": { "Image": HOSTILE, "Labels": labels, "Env": [format!("OTEL_LOGS_EXPORTER={HOSTILE}"), "CLAUDE_CODE_ENABLE_TELEMETRY=1"] },
        "NetworkSettings": { "Networks": { HOSTILE: {} } },
    })
}

/// An Engine whose every word is hostile. `errors` makes it refuse everything with such words.
fn hostile_engine(folder: &std::path::Path, directory: &str, errors: bool) -> String {
    let grafana = web_server(503, HOSTILE);
    let ours = json!({
        "com.docker.compose.project": "monitor", "com.docker.compose.project.working_dir": directory,
        "com.docker.compose.service": "loki",
    });
    let foreign = json!({ "com.docker.compose.project": HOSTILE });
    let agent = json!({ "dev.clawker.purpose": "agent", "dev.clawker.project": HOSTILE, "dev.clawker.agent": HOSTILE,
        "dev.clawker.workdir": HOSTILE });
    engine::start(
        folder,
        Box::new(move |path| {
            if errors && path != "/_ping" {
                return Some(engine::refusal(StatusCode::INTERNAL_SERVER_ERROR, HOSTILE));
            }
            let name = path.strip_prefix("/containers/").and_then(|rest| rest.strip_suffix("/json"));
            let name = name.map(|name| name.trim_start_matches("id-"));
            Some(match (path, name) {
                ("/containers/json", _) => engine::document(&json!([
                    container("loki", "exited", &ours, 3100),
                    container("grafana", "running", &ours, grafana),
                    container("jaeger", "running", &foreign, 1),
                    container(HOSTILE, "running", &agent, 3000),
                    container("agent", "running", &agent, 3001),
                ])),
                (_, Some("loki")) => engine::document(&inspected("loki", "exited", &ours)),
                (_, Some("grafana")) => engine::document(&inspected("grafana", "running", &ours)),
                (_, Some("jaeger")) => engine::document(&inspected("jaeger", "running", &foreign)),
                (_, Some("agent")) => engine::document(&inspected("agent", "running", &agent)),
                ("/events", _) => Response::new(Body::from_stream(stream::pending::<std::io::Result<String>>())),
                ("/containers/loki/logs", _) => engine::log(&[&format!("2026-11-22T07:12:56Z {HOSTILE}\n")]),
                _ => return None,
            })
        }),
    )
}

#[test]
fn no_command_lets_others_control_the_terminal() {
    let collector = web_server(400, HOSTILE);
    let endpoint = format!("http://127.0.0.1:{collector}");
    let commands: [(&[&str], bool); 16] = [
        (&["status"], true),
        (&["doctor"], true),
        (&["agents"], true),
        (&["explain", "agent"], true),
        (&["explain", HOSTILE], true),
        (&["up", "--wait-timeout", "1"], true),
        (&["apply", "--wait-timeout", "1"], false),
        (&["apply", "--replace-edited", "--wait-timeout", "1"], false),
        (&["down"], false),
        (&["init"], false),
        (&["settings", "get"], false),
        (&["settings", "get", HOSTILE], true),
        (&["settings", "set", "grafana_port", HOSTILE], true),
        (&["settings", "diff"], false),
        (&["simulate", "--for", "1s", "--endpoint", &endpoint], false),
        (&["no-such-command", HOSTILE], false),
    ];
    for errors in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        // A path is the user's, and may come from others all the same.
        let home = folder.path().join("h\u{1b}[31m\u{202e}");
        fs::create_dir_all(home.join("data/monitor")).unwrap();
        let directory = home.join("data/monitor");
        let engine = hostile_engine(folder.path(), directory.to_str().unwrap(), errors);
        assert_eq!(Said::of(&mut command(&home, &engine, &["init"])).code, Some(0));
        fs::write(directory.join("compose.override.yaml"), HOSTILE).unwrap();
        for (arguments, says_it) in commands {
            for json in [false, true] {
                let arguments: Vec<&str> = arguments.iter().copied().chain(json.then_some("--json")).collect();
                let said = Said::of(&mut command(&home, &engine, &arguments));
                for (stream, text) in [("stdout", &said.out), ("stderr", &said.err)] {
                    let found: String = text.chars().filter(|letter| is_hostile(*letter)).collect();
                    assert!(found.is_empty(), "{arguments:?}, {stream}: {found:?} in {text}");
                    let forged = text.lines().filter(|line| line.starts_with("hint: run it"));
                    assert_eq!(forged.count(), 0, "{arguments:?}, {stream}: {text}");
                }
                if json {
                    assert!(said.json().is_object() || said.json().is_array());
                }
                let is_escaped =
                    [&said.out, &said.err].iter().any(|text| text.contains(r"\u{") || text.contains(r"\u00"));
                assert!(is_escaped || !says_it || errors, "{arguments:?} says nothing of it: {}{}", said.out, said.err);
            }
        }
        for arguments in [&["logs", "loki"][..], &["logs", "loki", "--follow"]] {
            let logs = Said::of(&mut command(&home, &engine, arguments));
            assert!(!format!("{}{}", logs.out, logs.err).chars().any(is_hostile), "{}{}", logs.out, logs.err);
            assert!(errors || logs.out.contains(r"\u{202e}"), "{arguments:?}: {}", logs.out);
        }
    }
}

/// Runs a command that does not end, until standard output holds the text, and returns what was printed.
fn printed_until(command: &mut Command, output: File, mut read: impl Read, text: &str) -> String {
    let mut child = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn().unwrap();
    // The command has the other handle of the program's end, whose closing ends the reading.
    command.stdout(Stdio::null());
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    let mut sent = false;
    while let Ok(count @ 1..) = read.read(&mut piece) {
        seen.extend(&piece[..count]);
        if !sent && String::from_utf8_lossy(&seen).contains(text) {
            sent = true;
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn watching_agents_lets_nobody_control_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data/monitor");
    let engine = hostile_engine(folder.path(), directory.to_str().unwrap(), false);
    for (arguments, escape) in
        [(&["agents", "--watch"][..], r"\u{202e}"), (&["agents", "--watch", "--json"], r"\u202e")]
    {
        let mut watch = command(folder.path(), &engine, arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        let piped = printed_until(&mut watch, File::from(OwnedFd::from(writer)), reader, escape);
        let (ours, theirs) = terminal();
        let shown = printed_until(&mut watch, theirs, ours, escape);
        // What the terminal's driver and our own clearing of the screen add.
        let shown = shown.replace("\r\n", "\n").replace(CLEAR, "");
        for printed in [piped, shown] {
            let found: String = printed.chars().filter(|letter| is_hostile(*letter)).collect();
            assert!(found.is_empty(), "{arguments:?}: {found:?} in {printed}");
            assert!(!printed.lines().any(|line| line.starts_with("hint: run it")), "{printed}");
        }
    }
}
