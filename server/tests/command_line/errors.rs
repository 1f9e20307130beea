//! Errors: as text, as JSON, and the exit code.

use std::fs::File;

use serde_json::Value;

use crate::{
    engine,
    installation::{Said, command, web_server},
};

fn said(engine: &str, arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    Said::of(&mut command(folder.path(), engine, arguments))
}

/// Nothing listens there.
const NOWHERE: &str = "unix:///nowhere/docker.sock";

#[test]
fn with_json_every_refusal_is_on_standard_output_with_code_message_and_hint() {
    let cases: [(&[&str], &str, i32); 17] = [
        (&["status"], "engine_unreachable", 1),
        (&["agents"], "engine_unreachable", 1),
        (&["explain", "dev"], "engine_unreachable", 1),
        (&["up"], "engine_unreachable", 1),
        (&["down"], "engine_unreachable", 1),
        (&["apply"], "not_initialized", 1),
        (&["settings", "get", "nothing"], "unknown_setting", 2),
        (&["settings", "set", "nothing", "1"], "unknown_setting", 2),
        (&["settings", "unset", "nothing"], "unknown_setting", 2),
        (&["settings", "set", "grafana_port", "many"], "change_refused", 2),
        (&["simulate", "--for", "1s", "--endpoint", "http://127.0.0.1:1"], "no_collector", 1),
        (&["explain"], "usage", 2),
        (&["up", "--wait-timeout", "long"], "usage", 2),
        (&["logs", "nothing"], "usage", 2),
        (&["settings"], "usage", 2),
        (&["nothing"], "usage", 2),
        (&["simulate", "--rate", "0"], "usage", 2),
    ];
    for (arguments, code, exit) in cases {
        let text = said(NOWHERE, arguments);
        assert_eq!((text.code, text.out.as_str()), (Some(exit), ""), "{arguments:?}");
        let with_json = [arguments, &["--json"]].concat();
        let said = said(NOWHERE, &with_json);
        let document = said.json();
        let error = &document["error"];
        assert_eq!((error["code"].as_str(), said.code), (Some(code), Some(exit)), "{with_json:?}: {document}");
        let members: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["code", "hint", "message"]);
        let message = error["message"].as_str().unwrap();
        assert!(message.len() > 10 && error["hint"].as_str().unwrap().len() > 10, "{document}");
        // People who look at the terminal read the same sentence.
        assert!(said.err.starts_with(&format!("error: {}", message.lines().next().unwrap())), "{}", said.err);
    }
    let status = said(NOWHERE, &["status", "--json"]).json();
    assert_eq!(status["stack"], "engine_unreachable", "the services are listed all the same");
    assert_eq!(status["services"].as_array().map(Vec::len), Some(6));
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure_and_a_closed_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine::start(folder.path(), Box::new(|_| None));
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["doctor"],
        &["agents"],
        &["settings", "get"],
        &["settings", "get", "--json"],
        &["init"],
        &["--help"],
        &["--version"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = command(folder.path(), &engine, arguments);
        let child = command.stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        let sentence = "error: the output could not be written: No space left on device (os error 28)\nhint: ";
        assert!(told.contains(sentence), "{arguments:?}: {told}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command(folder.path(), &engine, &["status"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_page_of_a_foreign_web_server_is_not_printed() {
    let page: &'static str = Box::leak(format!("<html>first\n{}</html>", "page ".repeat(10_000)).into_boxed_str());
    for status in [200, 404, 500] {
        let engine = format!("tcp://127.0.0.1:{}", web_server(status, page));
        for arguments in [&["status"][..], &["up"], &["doctor"], &["agents", "--json"]] {
            let said = said(&engine, arguments);
            assert!(said.code == Some(1), "{arguments:?}");
            assert!(!said.out.contains("page page") && !said.err.contains("page page"), "{}{}", said.out, said.err);
            let longest = said.out.lines().chain(said.err.lines()).map(str::len).max();
            assert!(longest < Some(600), "{arguments:?}: {longest:?}");
        }
    }
}

#[test]
fn rows_of_status_fit_150_columns() {
    let folder = tempfile::tempdir().unwrap();
    let words: &'static str = Box::leak("not yet ".repeat(60).into_boxed_str());
    let port = web_server(503, words);
    let directory = folder.path().join("data/monitor").display().to_string();
    let engine = engine::start(
        folder.path(),
        Box::new(move |path| {
            let listed = serde_json::json!({
                "Id": "1", "Names": ["/loki"], "Image": "i", "ImageID": "i", "State": "running",
                "Labels": {
                    "com.docker.compose.project": "monitor", "com.docker.compose.project.working_dir": directory,
                    "com.docker.compose.service": "loki",
                },
                "Ports": [{ "IP": "fd00::1", "PrivatePort": 9095, "PublicPort": 1, "Type": "tcp" }, { "IP": "127.0.0.1", "PrivatePort": 3100, "PublicPort": port, "Type": "tcp" }],
            });
            Some(match path {
                "/containers/json" => engine::document(&Value::Array(vec![listed])),
                "/containers/loki/json" => engine::document(&serde_json::json!({
                    "Id": "1", "Name": "/loki", "State": { "Status": "running", "StartedAt": "2026-11-22T07:12:56Z" },
                })),
                _ => return None,
            })
        }),
    );
    let said = Said::of(&mut command(folder.path(), &engine, &["status"]));
    let rows: Vec<&str> = said.out.lines().take(7).collect();
    assert!(rows.iter().all(|row| row.chars().count() <= 150), "{}", said.out);
    assert!(said.out.contains("not yet not yet"), "{}{}", said.out, said.err);
    assert!(said.out.contains(", [fd00::1]:1"), "{}", said.out);
}
