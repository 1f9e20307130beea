//! Grafana's LogQL grammar, and additional rules for queries.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::machine::program;

/// The problems of queries, given as `[{ "place": …, "expression": … }]`.
pub fn problems(questions: &Value) -> Vec<String> {
    let mut node = Command::new("node")
        .arg(program("MONITOR_TEST_LOGQL"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = node.stdin.take().expect("its stdin");
    stdin.write_all(questions.to_string().as_bytes()).expect("it listens");
    drop(stdin);
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a list of sentences")
}
